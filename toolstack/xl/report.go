package xl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Show prints v, or for a person the text.
func (c *Call) Show(v any, text string) error {
	return c.Print(v, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// Partly shows what a command has found before it failed, as xl does, and gives the error
// back. A Strict session shows nothing then.
func (c *Call) Partly(v any, text string, err error) error {
	if c.Strict {
		return err
	}
	return errors.Join(c.Show(v, text), err)
}

// WrongWords is for operands that do not fit: xl prints the help and ends with the status. A
// Strict session is told what is wrong.
func (c *Call) WrongWords(status int, format string, args ...any) error {
	if c.Strict {
		return Failf(StatusUsage, c.Command.Name+": "+format, args...)
	}
	return &Failure{Status: status, Usage: true}
}

// Because is a Failure with xl's text after an error of libxl, which has said what there is to
// say. A Strict session is told both.
func (c *Call) Because(err error, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if c.Strict {
		text = fmt.Sprintf("%s: %v", strings.TrimRight(text, ".\n"), err)
	}
	return &Failure{Status: StatusFailed, Text: text, Err: err}
}

// PassOver says xl's text after an error that xl passes over: it goes on, and ends with 0. A
// Strict session gets the error that Because makes.
func (c *Call) PassOver(err error, format string, args ...any) error {
	if c.Strict {
		return c.Because(err, format, args...)
	}
	c.Warnf(format, args...)
	return nil
}

// DomainName is the name of a domain as xl prints it: "(null)" for one that has none, or
// that is gone.
func (c *Call) DomainName(ctx context.Context, id idl.DomID) (string, error) {
	name, err := c.Xen.DomIDToName(ctx, id)
	if errors.Is(err, libxl.ErrDomainNotFound) {
		return "(null)", nil
	}
	return name, err
}

// PoolName is the name of a CPU pool as xl prints it: see DomainName.
func (c *Call) PoolName(ctx context.Context, pool uint32) (string, error) {
	name, err := c.Xen.CPUPoolIDToName(ctx, pool)
	if errors.Is(err, libxl.ErrNotFound) {
		return "(null)", nil
	}
	return name, err
}

// BitmapText is a set of CPUs or nodes as xl prints it (tools/xl/xl_utils.c, print_bitmap):
// "0-3,6", "all" when it has all numbers below n, or "none". Numbers from n are left out.
func BitmapText(set idl.Bitmap, n int) string {
	var parts []string
	for i := 0; i < len(set) && int(set[i]) < n; {
		first, last := set[i], set[i]
		for i++; i < len(set) && set[i] == last+1 && int(set[i]) < n; i++ {
			last = set[i]
		}
		switch {
		case first == 0 && int(last) == n-1:
			return "all"
		case first == last:
			parts = append(parts, fmt.Sprint(first))
		default:
			parts = append(parts, fmt.Sprintf("%d-%d", first, last))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ",")
}

// Seconds is a time in nanoseconds as xl computes the seconds that it prints: in single
// precision.
func Seconds(ns uint64) float64 { return float64(float32(ns)) / 1e9 }
