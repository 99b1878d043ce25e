package domcfg

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// maxCPU is the highest number of a CPU in a range; Xen's own limit is 4095
// (NR_CPUS in xen/arch/Kconfig).
const maxCPU = 4095

var rangeForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\^?)(0|[1-9][0-9]{0,3})(?:-(0|[1-9][0-9]{0,3}))?$`)
})

// parseRanges reads "0-3,^1,8" from left to right, as xl does, but for the
// words that mean something else on each host: all and node.
func parseRanges(text string) (idl.Bitmap, error) {
	var set [maxCPU + 1]bool
	for piece := range strings.SplitSeq(text, ",") {
		m := rangeForm().FindStringSubmatch(strings.TrimSpace(piece))
		if m == nil {
			return nil, fmt.Errorf("%q is not a range of CPUs", clip(piece))
		}
		first, _ := strconv.Atoi(m[2]) // at most four digits
		last := first
		if m[3] != "" {
			last, _ = strconv.Atoi(m[3])
		}
		if last < first || last > maxCPU {
			return nil, fmt.Errorf("%q is not a range of CPUs, of which %d is the last", clip(piece), maxCPU)
		}
		for cpu := first; cpu <= last; cpu++ {
			set[cpu] = m[1] == ""
		}
	}
	return bitmap(set[:]), nil
}

// rangesText is the set as parseRanges reads it.
func rangesText(set idl.Bitmap) string {
	var pieces []string
	for i := 0; i < len(set); {
		last := i
		for last+1 < len(set) && set[last+1] == set[last]+1 {
			last++
		}
		piece := strconv.FormatUint(uint64(set[i]), 10)
		if last > i {
			piece += "-" + strconv.FormatUint(uint64(set[last]), 10)
		}
		pieces = append(pieces, piece)
		i = last + 1
	}
	return strings.Join(pieces, ",")
}

// ranges reads a text that parseRanges takes; a single CPU may be a number.
func (r *reader) ranges(n *yaml.Node, field string) string {
	text := n.Value
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" {
		var ok bool
		if text, ok = r.text(n, field); !ok {
			return ""
		}
	}
	set, err := parseRanges(text)
	switch {
	case err != nil:
		r.fail(n, field, err.Error(), "as 2, 0-3 or 0-7,^3")
	case len(set) == 0:
		r.fail(n, field, "has no CPU left", "leave it out for all")
	}
	return text
}

func rangesShape() shape {
	return eitherShape(patternShape(`^[0-9^, -]+$`), numberShape(0, maxCPU))
}

// rangesKey is a set of CPUs.
func rangesKey[T, L any](k key[T], of func(*T) *string, member func(*L) *idl.Bitmap) link[T, L] {
	return link[T, L]{
		key: spec(k, "CPUs, as 0-3,8", rangesShape(), func(r *reader, n *yaml.Node, f string, v *T) { *of(v) = r.ranges(n, f) }),
		give: func(c *converter, field string, v *T, out *L) {
			if *of(v) != "" {
				*member(out) = c.ranges(field, *of(v))
			}
		},
		take: func(_ *taker, _ string, in *L, v *T) { *of(v) = rangesText(*member(in)) },
	}
}

func (c *converter) ranges(field, text string) idl.Bitmap {
	set, err := parseRanges(text)
	if err != nil {
		c.errs = append(c.errs, &Error{Pos: c.d.Pos(field), Field: field, Msg: err.Error()})
	}
	return set
}

// cpusKey is the CPUs that the virtual ones may run on. As in xl, a list turns
// libxl's own placement off, and places does so in any case.
func cpusKey(k key[Domain], of func(*Domain) *OneOrMore, member func(*idl.DomainBuildInfo) *[]idl.Bitmap, places bool) link[Domain, idl.DomainConfig] {
	return link[Domain, idl.DomainConfig]{
		key: spec(k, "CPUs, as 0-3,^1, or a list with one for each vcpu", eitherShape(rangesShape(), listShape(rangesShape())),
			func(r *reader, n *yaml.Node, f string, d *Domain) { *of(d) = r.oneOrMore(n, f, "CPUs", r.ranges) }),
		give: func(c *converter, field string, d *Domain, out *idl.DomainConfig) {
			b, cpus := &out.BInfo, *of(d)
			*member(b) = c.cpuMaps(field, cpus)
			if len(cpus.More) > 0 || places && cpus.One != "" {
				b.NUMAPlacement = idl.False
			}
		},
		take: func(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
			maps := *member(&in.BInfo)
			same := !slices.ContainsFunc(maps, func(m idl.Bitmap) bool { return !slices.Equal(m, maps[0]) })
			if same && len(maps) == max(int(in.BInfo.MaxVCPUs), 1) && (places || in.BInfo.NUMAPlacement == idl.DefboolUnset) {
				of(d).One = rangesText(maps[0])
				return
			}
			for _, m := range maps {
				of(d).More = append(of(d).More, rangesText(m))
			}
		},
	}
}

// maxPinned bounds what a short text with many virtual CPUs can make of itself.
const maxPinned = 1 << 21

// cpuMaps is the CPUs for each virtual one.
func (c *converter) cpuMaps(field string, cpus OneOrMore) []idl.Bitmap {
	var maps []idl.Bitmap
	if cpus.One != "" {
		maps = slices.Repeat([]idl.Bitmap{c.ranges(field, cpus.One)}, c.d.LimitVCPUs())
	}
	pinned := 0
	for i, text := range cpus.More {
		maps = append(maps, c.ranges(elementOf(field, i), text))
		if pinned += len(maps[i]); pinned > maxPinned {
			break
		}
	}
	if pinned > maxPinned || len(maps) > 0 && len(maps[0]) > maxPinned/len(maps) && cpus.One != "" {
		msg := fmt.Sprintf("has more than %d pairs of a virtual and a physical CPU", maxPinned)
		c.errs = append(c.errs, &Error{Pos: c.d.Pos(field), Field: field, Msg: msg, Hint: "leave it out for all CPUs"})
		return nil
	}
	return maps
}

// numaPlacementKey wins over what cpus and cpus_soft have set before it.
func numaPlacementKey() link[Domain, idl.DomainConfig] {
	l := flagKey(key[Domain]{name: "numa_placement", def: "true without a list of cpus (libxl)", xl: "none: false with vnuma"},
		func(d *Domain) **bool { return &d.NUMAPlacement }, func(c *idl.DomainConfig) *idl.Defbool { return &c.BInfo.NUMAPlacement })
	plain := l.take
	l.take = func(t *taker, field string, in *idl.DomainConfig, d *Domain) {
		if in.BInfo.NUMAPlacement != idl.False || len(d.CPUs.More) == 0 && d.CPUsSoft.IsZero() {
			plain(t, field, in, d)
		}
	}
	return l
}

// numbersKey is a list of numbers.
func numbersKey[T, L any](k key[T], of func(*T) *[]int, member func(*L) *[]uint32) link[T, L] {
	return link[T, L]{
		key: spec(k, "list of numbers", listShape(numberShape(0, math.MaxInt32)), func(r *reader, n *yaml.Node, f string, v *T) {
			r.readList(n, f, "numbers", func(n *yaml.Node, f string) { *of(v) = append(*of(v), r.integer(n, f, 0, math.MaxInt32)) })
		}),
		give: func(_ *converter, _ string, v *T, out *L) {
			for _, n := range *of(v) {
				*member(out) = append(*member(out), uint32(n))
			}
		},
		take: func(_ *taker, _ string, in *L, v *T) {
			for _, n := range *member(in) {
				*of(v) = append(*of(v), int(n))
			}
		},
	}
}
