package libvirtcfg

import (
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Parse is what the domain of a libvirt XML file gives libxl. file is its name in messages.
//
// A file without uuid gets a new random one at each call. The error is domcfg.Errors: all
// errors of meaning, in the order of the file, or the first that makes the file no XML. The
// warnings are complete whether or not there is one.
func Parse(data []byte, file string) (*idl.DomainConfig, xlcfg.Warnings, error) {
	return parse(data, file, rand.Reader)
}

func parse(data []byte, file string, random io.Reader) (*idl.DomainConfig, xlcfg.Warnings, error) {
	root, err := parseElements(data, file)
	if err != nil {
		return nil, nil, err
	}
	c := &converter{root: root, random: random, out: &idl.DomainConfig{}}
	c.domain()
	c.leftOver(root)
	slices.SortStableFunc(c.warnings, func(a, b xlcfg.Warning) int {
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Column - b.Pos.Column
	})
	if len(c.errs) > 0 {
		c.errs.Sort()
		return nil, c.warnings, c.errs
	}
	return c.out, c.warnings, nil
}

// converter builds the configuration.
type converter struct {
	reader
	root   *element
	random io.Reader
	out    *idl.DomainConfig
}

func (c *converter) domain() {
	c.root.asked = true
	if c.root.name != "domain" {
		c.fail(c.root, fmt.Sprintf("the file has <%s>", c.root.name), "want libvirt's <domain>")
		return
	}
	if kind := c.root.attr("type"); kind != "xen" {
		c.fail(c.root, fmt.Sprintf("the domain is of type %q", kind), "libxl runs only type='xen'")
		return
	}
	c.root.attr("id") // of a running domain
	c.identity()
	if c.out.CInfo.Type == 0 {
		c.root.done = true // what the rest means is not known
		return
	}
	c.memory()
	c.vcpus()
	c.cpu()
	c.boot()
	c.features()
	c.clock()
	c.lifecycle()
	c.devices(c.root.child("devices"))
	c.commandline()
}

func (c *converter) hvm() *idl.DomainBuildInfoHVM { return c.out.BInfo.TypeHVM }

// sorted is words for a hint.
func sorted(words []string) string {
	slices.Sort(words)
	return strings.Join(words, ", ")
}
