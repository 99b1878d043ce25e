package xlcfg

import (
	"strconv"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// An element is the parts of a device's text, "key=value" each.
type element []string

// String is the text.
func (e element) String() string { return strings.Join(e, ",") }

func (e *element) add(key, value string) { *e = append(*e, key+"="+value) }

// text adds a text that is not empty.
func (e *element) text(key, value string) {
	if value != "" {
		e.add(key, value)
	}
}

// number adds a number that is not zero.
func (e *element) number(key string, n int64) {
	if n != 0 {
		e.add(key, strconv.FormatInt(n, 10))
	}
}

// flag adds 1 for true.
func (e *element) flag(key string, on bool) {
	if on {
		e.add(key, "1")
	}
}

func (e *element) boolean(key string, b idl.Defbool) {
	if b != idl.DefboolUnset {
		e.add(key, bit(b > 0))
	}
}

// either adds one of two words for a boolean.
func (e *element) either(b idl.Defbool, yes, no string) {
	switch {
	case b > 0:
		*e = append(*e, yes)
	case b < 0:
		*e = append(*e, no)
	}
}
