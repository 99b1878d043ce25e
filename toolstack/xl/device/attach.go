package device

import (
	"context"
	"fmt"
	"io"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// An attachment is a command that gives a domain a device, described by the operands after the domain.
type attachment[T any] struct {
	label  string // of the device in a dry run
	plain  bool   // it says plainDomain's words
	read   func(c *xl.Call, o xlcfg.Operands) (T, xlcfg.Warnings, error)
	faulty func(err error) int // the status for operands that cannot be read
	add    func(x xl.Xen, ctx context.Context, id idl.DomID, dev T) (T, error)
	remedy remedy[T]
	name   string // libxl's name for add
	status int    // when that fails
}

// run prints the device in a dry run as JSON, as libxl would get it, and else, where the
// output is not for people, as it is then.
func (a attachment[T]) run(ctx context.Context, c *xl.Call) error {
	find := findDomain
	if a.plain {
		find = plainDomain
	}
	id, err := find(ctx, c, c.Args[0])
	if err != nil {
		return err
	}
	dev, err := a.device(c)
	if err != nil {
		return err
	}
	if c.DryRun {
		return printDevice(c, a.label, dev)
	}
	made, err := a.remedy.add(ctx, c.Xen, id, func() (T, error) { return a.add(c.Xen, ctx, id, dev) })
	if err != nil {
		return failed(c, a.status, err, "%s failed.", a.name)
	}
	return c.Print(made, func(io.Writer) error { return nil })
}

func (a attachment[T]) device(c *xl.Call) (T, error) {
	dev, warnings, err := a.read(c, xlcfg.Operands{Words: c.Args[1:], First: 2})
	for _, w := range warnings {
		c.Warnf("%s", w)
	}
	if err != nil {
		return dev, xl.Failf(a.faulty(err), "%w", err)
	}
	return dev, nil
}

// printDevice prints a device as libxl's JSON, behind a label where it is for people.
func printDevice[T any](c *xl.Call, label string, dev T) error {
	text, err := xl.LibxlJSON(dev)
	if err != nil {
		return err
	}
	return c.Print(dev, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s: %s\n", label, text)
		return err
	})
}

// always is the same status for all faults.
func always(status int) func(error) int { return func(error) int { return status } }
