package domcfg

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Viridian is the set of Microsoft Hyper-V interfaces that an HVM domain sees.
type Viridian struct {
	Enabled bool     // viridian: true, the set that libxl calls the defaults
	Groups  []string // or a list: "all", "defaults", a group, or "!" and a group
}

// IsZero reports whether the domain sees none.
func (v Viridian) IsZero() bool { return !v.Enabled && len(v.Groups) == 0 }

// value is v as it stands in a file.
func (v Viridian) value() any {
	if len(v.Groups) > 0 {
		return v.Groups
	}
	return v.Enabled
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
		return Viridian{Enabled: r.boolean(n, field)}
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
