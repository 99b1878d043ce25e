package domcfg

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

var generationForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{32}$`) })

// generationIDKey is the 16 bytes of a Windows guest's generation ID, in their
// order in memory.
func generationIDKey() link[Domain, idl.DomainConfig] {
	k := key[Domain]{name: "generation_id", guests: OnlyHVM, xl: "ms_vm_genid=\"generate\""}
	return link[Domain, idl.DomainConfig]{
		key: spec(k, "32 hexadecimal digits", patternShape("^[0-9a-f]{32}$"), func(r *reader, n *yaml.Node, f string, d *Domain) {
			text, ok := r.text(n, f)
			if ok && !generationForm().MatchString(text) {
				r.fail(n, f, fmt.Sprintf("%q is not a generation ID", clip(text)), "32 hexadecimal digits in lower case, in quotes")
			}
			d.GenerationID = text
		}),
		give: func(c *converter, field string, d *Domain, out *idl.DomainConfig) {
			if d.GenerationID == "" || out.BInfo.TypeHVM == nil {
				return
			}
			if !generationForm().MatchString(d.GenerationID) {
				c.fail(field, d.GenerationID)
				return
			}
			_, _ = hex.Decode(out.BInfo.TypeHVM.MsVMGenID[:], []byte(d.GenerationID)) // the form was checked
		},
		take: func(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
			if h := in.BInfo.TypeHVM; h != nil && h.MsVMGenID != (idl.VMGenID{}) {
				d.GenerationID = hex.EncodeToString(h.MsVMGenID[:])
			}
		},
	}
}

// lmceKey is the one capability of machine checks that a guest can be given
// (XEN_HVM_MCA_CAP_LMCE of xen/include/public/hvm/params.h).
func lmceKey() link[Domain, idl.DomainConfig] {
	const lmce = 1 << 0
	k := key[Domain]{name: "lmce", def: "false", guests: OnlyHVM, xl: "mca_caps=[\"lmce\"]"}
	return link[Domain, idl.DomainConfig]{
		key: spec(k, "true, false", boolShape(), func(r *reader, n *yaml.Node, f string, d *Domain) { d.LMCE = r.boolean(n, f) }),
		give: func(_ *converter, _ string, d *Domain, out *idl.DomainConfig) {
			if d.LMCE && out.BInfo.TypeHVM != nil {
				out.BInfo.TypeHVM.MCACaps = lmce
			}
		},
		take: func(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
			d.LMCE = in.BInfo.TypeHVM != nil && in.BInfo.TypeHVM.MCACaps == lmce
		},
	}
}
