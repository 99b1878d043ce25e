package reconcile

import (
	"context"
	"fmt"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A Difference is one thing in which a running domain is not what its file says.
type Difference struct {
	Field   string          // its key in a domain file, as "disks[0].path"
	Pos     domcfg.Position // where the file says it; the start of the domain when it does not
	Running string          // in a file's words; "" when the domain has no such thing
	File    string          // likewise
	// Refused is why it cannot change while the domain runs; "" when it can.
	Refused string

	steps []step
}

// Live says that the difference goes away while the domain runs.
func (d *Difference) Live() bool { return d.Refused == "" }

// String is "vcpus: running 1, file says 2".
func (d *Difference) String() string {
	return fmt.Sprintf("%s: running %s, file says %s", d.Field, orNothing(d.Running), orNothing(d.File))
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// rebuild is why most of a domain's configuration cannot change.
const rebuild = "needs destroy and create"

// A comparison collects the differences of one domain.
type comparison struct {
	host toolstack.Host
	dom  toolstack.DomainInfo
	src  toolstack.Source

	file, running *idl.DomainConfig
	vcpus         int  // that the running domain has been told to use
	drivers       bool // whether its guest follows changes
	found         []Difference
}

// Compare finds the differences between a domain file and a running domain, in the order of
// the keys here. The errors are the host's, and domcfg.Errors of a file that cannot be
// converted.
func Compare(ctx context.Context, h toolstack.Host, dom toolstack.DomainInfo, src toolstack.Source) ([]Difference, error) {
	file, err := src.LibxlConfig()
	if err != nil {
		return nil, err
	}
	running, err := h.Config(ctx, dom.ID)
	if err != nil {
		return nil, err
	}
	c := &comparison{host: h, dom: dom, src: src, file: file, running: running}
	if c.vcpus, err = h.VCPUs(ctx, dom.ID); err != nil {
		return nil, err
	}
	if c.drivers, err = h.HasDrivers(ctx, dom.ID); err != nil {
		return nil, err
	}
	c.compareUUID()
	if err := c.compareFixed(); err != nil {
		return nil, err
	}
	c.compareMemory()
	c.compareVCPUs()
	c.compareScheduling()
	if err := c.compareDisks(); err != nil {
		return nil, err
	}
	return c.found, c.compareNetworks()
}

func (c *comparison) add(d Difference) {
	d.Pos = c.src.Pos(d.Field)
	c.found = append(c.found, d)
}

// refuse adds what cannot change.
func (c *comparison) refuse(field, running, file, why string) {
	c.add(Difference{Field: field, Running: running, File: file, Refused: why})
}

// change adds what can change when the guest follows.
func (c *comparison) change(field, running, file string, steps ...step) {
	d := Difference{Field: field, Running: running, File: file, steps: steps}
	if !c.drivers {
		d.Refused, d.steps = "the guest has no drivers for Xen that would follow", nil
	}
	c.add(d)
}

// step is one that changes this domain.
func (c *comparison) step(p phase, what string, do, undo func(context.Context) error) step {
	return step{domain: c.dom.Name, what: what, phase: p, do: do, undo: undo}
}

// compareUUID takes a file without one for any.
func (c *comparison) compareUUID() {
	if c.src.Says("uuid") && c.file.CInfo.UUID != c.running.CInfo.UUID {
		c.refuse("uuid", c.running.CInfo.UUID.String(), c.file.CInfo.UUID.String(), rebuild)
	}
}
