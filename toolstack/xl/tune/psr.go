package tune

import (
	"context"
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// failed is the failure of a psr command: libxl's code is xl's status.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return xl.Fail(xl.StatusOf(err), err)
}

// because is failed with xl's words.
func because(c *xl.Call, err error, format string, args ...any) error {
	f := c.Because(err, format, args...)
	return &xl.Failure{Status: xl.StatusOf(err), Text: f.Error(), Err: err}
}

func psrCATSet() *xl.Command {
	return &xl.Command{
		Name: "psr-cat-set", Operands: "[options] <Domain> <CBM>", Summary: "Set which part of the sockets' caches a domain may fill", MinArgs: 2, Changes: true,
		Options: []xl.Option{
			socketOption(), levelOption(),
			{Short: 'c', Long: "code", Help: "Set the mask for code, where it has one of its own."},
			{Short: 'd', Long: "data", Help: "Set the mask for data, where it has one of its own."},
		},
		Run: func(ctx context.Context, c *xl.Call) error {
			level, err := cacheLevel(c)
			if err != nil {
				return err
			}
			var kind idl.PSRCBMType
			switch {
			case level == 2:
				kind = idl.PSRCBMTypeL2CBM
			case level != 3:
				return xl.Failf(xl.StatusFailed, "Input lvl %d is wrong", level)
			case c.Has("code") && c.Has("data"):
				return xl.Failf(xl.StatusFailed, "Cannot handle -c and -d at the same time")
			case c.Has("data"):
				kind = idl.PSRCBMTypeL3CBMData
			case c.Has("code"):
				kind = idl.PSRCBMTypeL3CBMCode
			default:
				kind = idl.PSRCBMTypeL3CBM
			}
			return setValue(ctx, c, kind, xl.StatusUsage, c.Xen.PSRCATSetCBM)
		},
	}
}

func psrMBASet() *xl.Command {
	return &xl.Command{
		Name: "psr-mba-set", Operands: "[options] <Domain> <THRTL>", Summary: "Set by how much a domain's memory accesses are held back", Changes: true,
		Options: []xl.Option{socketOption()},
		Run: func(ctx context.Context, c *xl.Call) error {
			return setValue(ctx, c, idl.PSRCBMTypeMBAThrtl, xl.StatusFailed, c.Xen.PSRSetVal)
		},
	}
}

func socketOption() xl.Option {
	return xl.Option{Short: 's', Long: "socket", Value: "SOCKETS", Help: "The sockets, as 0,2-3; otherwise all."}
}

func levelOption() xl.Option {
	return xl.Option{Short: 'l', Long: "level", Value: "LEVEL", Help: "The level of the cache, 2 or 3; otherwise 3."}
}

// setValue sets a value, the second operand, on sockets; a wrong number of operands is xl's status.
func setValue(ctx context.Context, c *xl.Call, kind idl.PSRCBMType, status int,
	set func(ctx context.Context, id idl.DomID, t idl.PSRCBMType, sockets idl.Bitmap, value uint64) error) error {
	sockets, err := chosenSockets(ctx, c)
	if err != nil {
		return err
	}
	if len(c.Args) != 2 {
		return c.WrongWords(status, "want a domain and a value")
	}
	id, err := c.Domain(ctx, c.Args[0])
	if err != nil {
		return err
	}
	value, used := xlcfg.Strtol(c.Args[1], 0)
	if used == 0 { // which xl takes for 0
		return xl.Failf(xl.StatusFailed, "\"%s\" is not a number", c.Args[1])
	}
	return failed(set(ctx, id, kind, sockets, uint64(value)))
}

// chosenSockets are those of the options, or all that are online.
func chosenSockets(ctx context.Context, c *xl.Call) (idl.Bitmap, error) {
	online, err := c.Xen.OnlineSocketMap(ctx)
	if err != nil || !c.Has("socket") {
		return online, err
	}
	chosen := map[uint32]bool{}
	for _, words := range c.Values("socket") {
		for word := range strings.SplitSeq(words, ",") {
			first, last, ok := numbers(strings.TrimSpace(word))
			if !ok || last > idl.MaxBit {
				return nil, xl.Failf(xl.StatusFailed, "\"%s\" is not the number of a socket, or a range of them", word)
			}
			for n := first; n <= last; n++ {
				chosen[uint32(n)] = true
			}
		}
	}
	var out idl.Bitmap
	for n := range uint32(idl.MaxBit + 1) {
		if chosen[n] {
			out = append(out, n)
		}
	}
	return out, nil
}

// cacheLevel is the value of -l; what is no number is 0 as with atoi, which is no level.
func cacheLevel(c *xl.Call) (uint, error) {
	word, given := c.Value("level")
	if !given {
		return 3, nil
	}
	n, _ := xlcfg.Strtol(word, 10)
	if n < 0 || n > idl.MaxBit {
		return 0, xl.Failf(xl.StatusFailed, "Input lvl %d is wrong", n)
	}
	return uint(n), nil
}

// defaultMask is the mask of a cache whose masks have so many bits: all of them.
func defaultMask(bits uint32) string { return fmt.Sprintf("%#x", uint64(1)<<bits-1) }
