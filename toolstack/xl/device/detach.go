package device

import (
	"context"
	"fmt"
	"strconv"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A detachment is a command that takes a device away from a domain: the operands are the
// domain, and a word that tells which.
type detachment[T any] struct {
	look    func(ctx context.Context, c *xl.Call, id idl.DomID, word string) (T, error)
	unknown string // what xl says of a device that is not there, with a place for the word
	remove  func(x xl.Xen, ctx context.Context, id idl.DomID, dev T) error
	name    string              // what xl calls the function behind remove
	status  int                 // of both
	removal func(err error) int // of a removal that fails, where it is another
}

func (d detachment[T]) run(ctx context.Context, c *xl.Call) error {
	id, err := c.Domain(ctx, c.Args[0])
	if err != nil {
		return err
	}
	dev, err := d.look(ctx, c, id, c.Args[1])
	if err != nil {
		return failed(c, d.status, err, d.unknown, c.Args[1])
	}
	if err := d.remove(c.Xen, ctx, id, dev); err != nil {
		status := d.status
		if d.removal != nil {
			status = d.removal(err)
		}
		return failed(c, status, err, "%s failed.", d.name)
	}
	return nil
}

// byNumber finds a device by the number that a word is. xl takes what is no number for 0,
// and would take away a device that nobody has named.
func byNumber[T any](find func(xl.Xen, context.Context, idl.DomID, idl.DevID) (T, error)) func(context.Context, *xl.Call, idl.DomID, string) (T, error) {
	return func(ctx context.Context, c *xl.Call, id idl.DomID, word string) (T, error) {
		n, err := parseNumber(word)
		if err != nil {
			var none T
			return none, err
		}
		return find(c.Xen, ctx, id, idl.DevID(n))
	}
}

// parseNumber reads the number of a device, a controller or a port.
func parseNumber(word string) (int32, error) {
	n, err := strconv.ParseInt(word, 10, 32)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is not a device's number", word)
	}
	return int32(n), nil
}
