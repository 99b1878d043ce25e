package domcfg

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Viridian is the set of Microsoft Hyper-V interfaces that an HVM domain sees.
type Viridian struct {
	Enabled *bool    // viridian: true, the set that libxl calls the defaults
	Groups  []string // or a list: "all", "defaults", a group, or "!" and a group
}

// IsZero reports whether the domain sees none.
func (v Viridian) IsZero() bool { return v.Enabled == nil && len(v.Groups) == 0 }

// value is v as it stands in a file.
func (v Viridian) value() any {
	if len(v.Groups) > 0 {
		return v.Groups
	}
	return v.Enabled != nil && *v.Enabled
}

// MarshalYAML is true, false or the list of groups.
func (v Viridian) MarshalYAML() (any, error) { return v.value(), nil }

// MarshalJSON is true, false or the list of groups.
func (v Viridian) MarshalJSON() ([]byte, error) { return json.Marshal(v.value()) }

// viridianGroups is libxl_viridian_enlightenment (libxl_types.idl): the place
// in this list is the number of the bit.
func viridianGroups() []string {
	return []string{"base", "freq", "time_ref_count", "reference_tsc", "hcall_remote_tlb_flush", "apic_assist",
		"crash_ctl", "synic", "stimer", "hcall_ipi", "ex_processor_masks", "no_vp_limit", "cpu_hotplug"}
}

func (r *reader) viridian(n *yaml.Node, field string) Viridian {
	if n.Kind != yaml.SequenceNode {
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
			r.wrongKind(n, field, "true, false or a list of groups", "write true for libxl's default set")
			return Viridian{}
		}
		return Viridian{Enabled: new(r.boolean(n, field))}
	}
	var v Viridian
	r.readList(n, field, "groups", func(n *yaml.Node, f string) {
		text, ok := r.text(n, f)
		if !ok {
			return
		}
		known := text == "all" || text == "defaults" || slices.Contains(viridianGroups(), strings.TrimPrefix(text, "!"))
		if !known {
			r.fail(n, f, fmt.Sprintf("unknown group %q", clip(text)), "one of all, defaults, "+strings.Join(viridianGroups(), ", ")+", or ! and a group to leave out")
		}
		v.Groups = append(v.Groups, text)
	})
	if len(n.Content) == 0 {
		r.fail(n, field, "is an empty list", "write false for none, true for libxl's default set")
	}
	return v
}

func viridianShape() shape {
	words := []string{"all", "defaults"}
	for _, g := range viridianGroups() {
		words = append(words, g, "!"+g)
	}
	return eitherShape(boolShape(), listShape(wordShape(words...)))
}

// viridianWidth is the groups that "all" turns on: as many as libxl has room
// for (LIBXL_BUILDINFO_HVM_VIRIDIAN_ENABLE_DISABLE_WIDTH).
const viridianWidth = 64

// giveViridian does as xl does, but that "all" takes back what was left out
// before it; xl would give libxl a group both enabled and disabled, an error there.
func giveViridian(c *converter, field string, d *Domain, out *idl.DomainConfig) {
	h := out.BInfo.TypeHVM
	if h == nil {
		return
	}
	if d.Viridian.Enabled != nil {
		h.Viridian = idl.Bool(*d.Viridian.Enabled)
	}
	var on, off [viridianWidth]bool
	for i, group := range d.Viridian.Groups {
		name, not := strings.CutPrefix(group, "!")
		bit := slices.Index(viridianGroups(), name)
		switch {
		case group == "defaults":
			h.Viridian = idl.True
		case group == "all":
			for bit := range on {
				on[bit], off[bit] = true, false
			}
		case bit < 0:
			c.fail(elementOf(field, i), group)
		default:
			on[bit], off[bit] = !not, not
		}
	}
	h.ViridianEnable, h.ViridianDisable = bitmap(on[:]), bitmap(off[:])
}

func takeViridian(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
	h := in.BInfo.TypeHVM
	if h == nil {
		return
	}
	v := &d.Viridian
	if len(h.ViridianEnable)+len(h.ViridianDisable) == 0 {
		if h.Viridian != idl.DefboolUnset {
			v.Enabled = new(h.Viridian > 0)
		}
		return
	}
	if h.Viridian > 0 {
		v.Groups = append(v.Groups, "defaults")
	}
	if len(h.ViridianEnable)+len(h.ViridianDisable) == viridianWidth {
		v.Groups = append(v.Groups, "all")
	} else {
		v.Groups = append(v.Groups, viridianNames(h.ViridianEnable, "")...)
	}
	v.Groups = append(v.Groups, viridianNames(h.ViridianDisable, "!")...)
}

// viridianNames is the groups of a set that have a name.
func viridianNames(set idl.Bitmap, prefix string) []string {
	var names []string
	for _, bit := range set {
		if int(bit) < len(viridianGroups()) {
			names = append(names, prefix+viridianGroups()[bit])
		}
	}
	return names
}
