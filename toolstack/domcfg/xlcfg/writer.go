package xlcfg

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A writer makes the text of a file. It leaves out what it cannot say, and writes
// without a check what xl might read in another way: readBack finds both.
type writer struct {
	config    *idl.DomainConfig
	host      Host
	out       strings.Builder
	gap       bool // before the next line
	errs      domcfg.Errors
	disksBack []idl.DeviceDisk // what would be read of them, when they are not in the text
}

// group begins a group of keys.
func (w *writer) group() { w.gap = true }

// set writes a key; the value is in the words of the grammar.
func (w *writer) set(key, value string) {
	if w.gap && w.out.Len() > 0 {
		w.out.WriteByte('\n')
	}
	w.gap = false
	w.out.WriteString(key + " = " + value + "\n")
}

// text writes a text that is not empty.
func (w *writer) text(key, value string) {
	if value != "" {
		w.anyText(key, value)
	}
}

// anyText writes a text that may be empty.
func (w *writer) anyText(key, value string) {
	if quotable(value) {
		w.set(key, quote(value))
	}
}

// number writes a number that is not zero.
func (w *writer) number(key string, n int64) {
	if n != 0 {
		w.anyNumber(key, n)
	}
}

func (w *writer) anyNumber(key string, n int64) {
	text := strconv.FormatInt(n, 10)
	if n < 0 {
		text = quote(text) // the grammar has no negative numbers
	}
	w.set(key, text)
}

func (w *writer) optional(key string, n *int32) {
	if n != nil {
		w.anyNumber(key, int64(*n))
	}
}

func (w *writer) boolean(key string, b idl.Defbool) {
	if b != idl.DefboolUnset {
		w.set(key, bit(b > 0))
	}
}

// bit is a boolean in the words of xl.
func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// named writes one of libxl's words, unless it is the first, its default.
func named[E interface {
	~int32
	fmt.Stringer
}](w *writer, key string, value E) {
	if value != 0 {
		w.set(key, quote(value.String()))
	}
}

// mib writes KiB as MiB, unless there is a rest.
func (w *writer) mib(key string, kib *idl.MemKB) {
	if kib != nil && *kib%1024 == 0 {
		w.set(key, strconv.FormatUint(uint64(*kib/1024), 10))
	}
}

// list writes a list of words.
func (w *writer) list(key string, items []string) {
	if len(items) > 0 && !slices.ContainsFunc(items, unquotable) {
		w.set(key, bracketed(quoted(items), ""))
	}
}

// elements writes a list of devices, each on a line of its own.
func (w *writer) elements(key string, items []string) {
	switch {
	case len(items) < 2:
		w.list(key, items)
	case !slices.ContainsFunc(items, unquotable):
		w.set(key, spread(quoted(items), ""))
	}
}

// lists writes a list of lists of texts.
func (w *writer) lists(key string, lists [][]string) {
	var values []string
	for _, list := range lists {
		if slices.ContainsFunc(list, unquotable) {
			return
		}
		values = append(values, bracketed(quoted(list), "    "))
	}
	if len(values) > 0 {
		w.set(key, bracketed(values, ""))
	}
}

func unquotable(text string) bool { return !quotable(text) }

func quoted(items []string) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = quote(item)
	}
	return out
}

// bracketed is a list on one line if that is short, else with a value a line.
func bracketed(values []string, indent string) string {
	const short = 64
	line := "[" + strings.Join(values, ", ") + "]"
	if len(values) < 2 || len(line) <= short {
		return line
	}
	return spread(values, indent)
}

func spread(values []string, indent string) string {
	next := "\n" + indent + "    "
	return "[" + next + strings.Join(values, ","+next) + ",\n" + indent + "]"
}
