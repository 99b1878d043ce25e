package tune

import (
	"context"
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func psrCATShow() *xl.Command {
	return &xl.Command{
		Name: "psr-cat-show", Operands: "[options] <Domain>", Summary: "Show which part of the caches domains may fill", Changes: true,
		Options: []xl.Option{levelOption()},
		Run: func(ctx context.Context, c *xl.Call) error {
			level, err := cacheLevel(c)
			if err != nil {
				return err
			}
			return showValues(ctx, c, idl.PSRFeatTypeCAT, level)
		},
	}
}

func psrMBAShow() *xl.Command {
	return &xl.Command{
		Name: "psr-mba-show", Operands: "<Domain>", Summary: "Show by how much domains' memory accesses are held back", Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error { return showValues(ctx, c, idl.PSRFeatTypeMBA, 0) },
	}
}

// A Socket is what is set on a socket for each domain: masks of its cache, one or one for code
// and one for data, or a throttling.
type Socket struct {
	ID      uint32        `json:"socket"`
	L3KiB   *uint32       `json:"l3_cache_kib,omitempty"`
	Domains []SocketValue `json:"domains"`
}

// A SocketValue is a domain's; null is one that cannot be had.
type SocketValue struct {
	Name   string    `json:"name"`
	ID     uint32    `json:"id"`
	Values []*uint64 `json:"values"`
}

func showValues(ctx context.Context, c *xl.Call, feature idl.PSRFeatType, level uint) error {
	if len(c.Args) > 1 {
		return c.WrongWords(xl.StatusUsage, "one domain at most")
	}
	ids, err := psrDomains(ctx, c, c.Args)
	if err != nil {
		return err
	}
	if feature == idl.PSRFeatTypeCAT && level != 2 && level != 3 {
		return xl.Failf(xl.StatusFailed, "Input lvl %d is wrong", level)
	}
	info, err := c.Xen.PSRHwInfo(ctx, feature, level)
	if err != nil {
		return because(c, err, "Failed to get info")
	}
	r := valueReport{level: level, sockets: []Socket{}}
	for i := range info {
		if err := r.socket(ctx, c, &info[i], ids); err != nil {
			return c.Partly(r.sockets, r.text.String(), err)
		}
	}
	return c.Show(r.sockets, r.text.String())
}

type valueReport struct {
	level   uint
	sockets []Socket
	text    strings.Builder
}

func (r *valueReport) socket(ctx context.Context, c *xl.Call, info *idl.PSRHwInfo, ids []idl.DomID) error {
	s := Socket{ID: info.ID, Domains: []SocketValue{}}
	fmt.Fprintf(&r.text, "%-16s: %d\n", "Socket ID", info.ID)
	if r.level == 3 {
		size, err := c.Xen.PSRCMTL3CacheSize(ctx, info.ID)
		if err != nil {
			f := c.Because(err, "Failed to get l3 cache size for socket:%d", info.ID)
			return &xl.Failure{Status: unsupported, Text: f.Error(), Err: err}
		}
		s.L3KiB = &size
		fmt.Fprintf(&r.text, "%-16s: %dKB\n", "L3 Cache", size)
	}
	kinds := r.header(info)
	ids, err := allDomains(ctx, c, ids, "Failed to get domain list for value display", xl.StatusFailed)
	if err != nil {
		return err
	}
	for _, id := range ids {
		name, err := c.DomainName(ctx, id)
		if err != nil {
			return err
		}
		fmt.Fprintf(&r.text, "%5d%25s", id, name)
		v := SocketValue{Name: name, ID: uint32(id)}
		for _, kind := range kinds {
			value, text, err := r.value(ctx, c, info, kind, id)
			if err != nil {
				return err
			}
			v.Values = append(v.Values, value)
			fmt.Fprintf(&r.text, "%16s", text)
		}
		r.text.WriteByte('\n')
		s.Domains = append(s.Domains, v)
	}
	r.sockets = append(r.sockets, s)
	return nil
}

// header writes what stands above the domains, and says which values they have.
func (r *valueReport) header(info *idl.PSRHwInfo) []idl.PSRCBMType {
	if info.TypeMBA != nil {
		fmt.Fprintf(&r.text, "%-16s: 0\n%5s%25s%16s\n", "Default THRTL", "ID", "NAME", "THRTL")
		return []idl.PSRCBMType{idl.PSRCBMTypeMBAThrtl}
	}
	cat := info.TypeCAT
	if cat == nil {
		cat = &idl.PSRHwInfoCAT{}
	}
	fmt.Fprintf(&r.text, "%-16s: %s\n", "Default CBM", defaultMask(cat.CBMLen))
	switch {
	case cat.CDPEnabled:
		fmt.Fprintf(&r.text, "%5s%25s%16s%16s\n", "ID", "NAME", "CBM (code)", "CBM (data)")
	default:
		fmt.Fprintf(&r.text, "%5s%25s%16s\n", "ID", "NAME", "CBM")
	}
	switch {
	case r.level == 2:
		return []idl.PSRCBMType{idl.PSRCBMTypeL2CBM}
	case cat.CDPEnabled:
		return []idl.PSRCBMType{idl.PSRCBMTypeL3CBMCode, idl.PSRCBMTypeL3CBMData}
	}
	return []idl.PSRCBMType{idl.PSRCBMTypeL3CBM}
}

// value asks for one; xl prints "error" for one that cannot be had.
func (r *valueReport) value(ctx context.Context, c *xl.Call, info *idl.PSRHwInfo, kind idl.PSRCBMType, id idl.DomID) (*uint64, string, error) {
	value, err := c.Xen.PSRGetVal(ctx, id, kind, info.ID)
	if err != nil {
		return nil, "error", c.Lenient(err)
	}
	if info.TypeMBA != nil && info.TypeMBA.Linear || value == 0 { // C's %#x writes 0 alone
		return &value, fmt.Sprint(value), nil
	}
	return &value, fmt.Sprintf("%#x", value), nil
}
