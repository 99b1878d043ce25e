package reconcile

import (
	"context"
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func nicWords(n *idl.DeviceNIC) string {
	words := []string{"on " + orDefault(n.Bridge)}
	if n.MAC != (idl.MAC{}) {
		words = append(words, n.MAC.String())
	}
	return strings.Join(words, ", ")
}

func orDefault(bridge string) string {
	if bridge == "" {
		return "the default bridge"
	}
	return bridge
}

// compareNetworks pairs the interfaces of the file with the running ones: by address where
// the file has one, else with the first that is like it. One that has changed is taken away
// and attached anew.
func (c *comparison) compareNetworks() error {
	pairs, err := c.pairNetworks()
	if err != nil {
		return err
	}
	paired := map[int]bool{}
	for i, p := range pairs {
		nic, at := c.file.NICs[i], fmt.Sprintf("networks[%d]", i)
		if p.running < 0 {
			c.change(at, "", nicWords(&nic), c.attachNIC(nic))
			continue
		}
		paired[p.running] = true
		for n, path := range p.differ {
			d := []step{}
			if n == 0 { // once for all that differs
				d = c.replaceNIC(c.running.NICs[p.running], nic)
			}
			c.change(at+"."+nicKey(path), p.runningValue[path], p.fileValue[path], d...)
		}
	}
	for i := range c.running.NICs {
		if nic := c.running.NICs[i]; !paired[i] {
			c.change("networks", nicWords(&nic), "", c.detachNIC(nic))
		}
	}
	return nil
}

// nicKey is a domain file's word for a member of libxl's structure.
func nicKey(member string) string {
	if member == "nictype" {
		return "type"
	}
	return member
}

// A pair is the running interface that belongs to one of the file's; -1 for none.
type pair struct {
	running                 int
	differ                  []string
	fileValue, runningValue map[string]string
}

func (c *comparison) pairNetworks() ([]pair, error) {
	pairs := make([]pair, len(c.file.NICs))
	taken := make([]bool, len(c.running.NICs))
	for _, byAddress := range []bool{true, false} { // first those that can be only one
		for i := range c.file.NICs {
			nic := &c.file.NICs[i]
			if byAddress != (nic.MAC != idl.MAC{}) {
				continue
			}
			pairs[i].running = -1
			for j := range c.running.NICs {
				if taken[j] || byAddress && nic.MAC != c.running.NICs[j].MAC {
					continue
				}
				p, err := compareNIC(nic, &c.running.NICs[j])
				if err != nil {
					return nil, err
				}
				if byAddress || len(p.differ) == 0 {
					p.running = j
					pairs[i], taken[j] = p, true
					break
				}
			}
		}
	}
	return pairs, nil
}

func compareNIC(file, running *idl.DeviceNIC) (p pair, err error) {
	if p.fileValue, err = values(file); err != nil {
		return p, err
	}
	if p.runningValue, err = values(running); err != nil {
		return p, err
	}
	delete(p.fileValue, "devid") // xl numbers them by their place, which changes with those before
	p.differ = differing(p.fileValue, p.runningValue, func(path string) bool {
		return path == "devid" || path == "mac" || path == "nictype" || path == "mtu" || path == "ifname" || path == "trusted"
	})
	return p, nil
}

// anyNIC is an interface without its number, which another may have by now.
func anyNIC(nic idl.DeviceNIC) idl.DeviceNIC {
	nic.DevID = nil
	return nic
}

// number is an interface's; -1 before libxl gives it one.
func number(nic idl.DeviceNIC) idl.DevID {
	if nic.DevID == nil {
		return -1
	}
	return *nic.DevID
}

// attachNIC is the step that attaches an interface; its undoing needs the number that it got.
func (c *comparison) attachNIC(nic idl.DeviceNIC) step {
	var made idl.DeviceNIC
	return c.step(phaseGrow, "attach network "+nicWords(&nic),
		func(ctx context.Context) (err error) {
			made, err = c.host.AttachNetwork(ctx, c.dom.ID, anyNIC(nic))
			return err
		},
		func(ctx context.Context) error { return c.host.DetachNetwork(ctx, c.dom.ID, number(made)) })
}

func (c *comparison) detachNIC(nic idl.DeviceNIC) step {
	return c.step(phaseDetach, "detach network "+nicWords(&nic),
		func(ctx context.Context) error { return c.host.DetachNetwork(ctx, c.dom.ID, number(nic)) },
		func(ctx context.Context) error {
			_, err := c.host.AttachNetwork(ctx, c.dom.ID, nic)
			return err
		})
}

func (c *comparison) replaceNIC(running, file idl.DeviceNIC) []step {
	return []step{c.detachNIC(running), c.attachNIC(file)}
}
