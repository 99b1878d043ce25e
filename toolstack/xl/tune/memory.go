package tune

import (
	"context"
	"math"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

const memoryOperands = "<Domain> <MemMB['b'[bytes]|'k'[KB]|'m'[MB]|'g'[GB]|'t'[TB]]>"

func memMax() *xl.Command {
	return &xl.Command{
		Name: "mem-max", Operands: memoryOperands, Summary: "Set the most memory that a domain may have", MinArgs: 2, Changes: true,
		Run: withMemory(func(ctx context.Context, c *xl.Call, id idl.DomID, kib int64) error {
			if err := c.Xen.DomainSetMaxMem(ctx, id, idl.MemKB(kib)); err != nil {
				return c.Because(err, "cannot set domid %d static max memory to : %s", id, c.Args[1])
			}
			return nil
		}),
	}
}

func memSet() *xl.Command {
	return &xl.Command{
		Name: "mem-set", Operands: memoryOperands, Summary: "Tell a domain how much memory to have", MinArgs: 2, Changes: true,
		Run: withMemory(func(ctx context.Context, c *xl.Call, id idl.DomID, kib int64) error {
			if err := c.Xen.SetMemoryTarget(ctx, id, kib, false, true); err != nil {
				return c.Because(err, "cannot set domid %d dynamic max memory to : %s", id, c.Args[1])
			}
			return nil
		}),
	}
}

// withMemory does something with the domain and the memory that the operands name.
func withMemory(do func(ctx context.Context, c *xl.Call, id idl.DomID, kib int64) error) func(context.Context, *xl.Call) error {
	return func(ctx context.Context, c *xl.Call) error {
		id, err := c.Domain(ctx, c.Args[0])
		if err != nil {
			return err
		}
		kib, ok := memoryKiB(c.Args[1])
		if !ok {
			return xl.Failf(xl.StatusFailed, "invalid memory size: %s", c.Args[1])
		}
		return do(ctx, c, id, kib)
	}
}

// memoryKiB reads an amount of memory: MiB, or with a letter b, k, m, g or t bytes, KiB and so
// on. xl takes what has no digits for 0 as well, and negative numbers.
func memoryKiB(text string) (int64, bool) {
	n, used := xlcfg.Strtol(text, 10)
	unit := strings.ToLower(text[used:])
	if used == 0 || n < 0 {
		return 0, false
	}
	shift, known := map[string]int{"": 10, "m": 10, "k": 0, "g": 20, "t": 30}[unit]
	switch {
	case unit == "b":
		return n >> 10, true
	case !known || n > math.MaxInt64>>shift:
		return 0, false
	}
	return n << shift, true
}
