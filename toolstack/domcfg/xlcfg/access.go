package xlcfg

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// reader fetches values as tools/libs/util/libxlu_cfg.c does, gathers the
// faults, and remembers which keys were asked for.
type reader struct {
	file     *File
	asked    map[string]bool
	errs     domcfg.Errors
	warnings Warnings
	warned   map[Warning]bool
}

// full reports whether there are so many warnings that no more are kept.
func (r *reader) full() bool { return len(r.warnings) > maxWarnings }

func (r *reader) fail(pos domcfg.Position, key, msg, hint string) {
	if len(r.errs) == maxErrors {
		msg, hint = "more errors are not shown", ""
	}
	if len(r.errs) <= maxErrors {
		r.errs = append(r.errs, &domcfg.Error{Pos: pos, Field: key, Msg: oneLine(msg), Hint: oneLine(hint)})
	}
}

func (r *reader) warn(pos domcfg.Position, key, msg, hint string) {
	w := Warning{pos, key, msg, hint}
	if r.full() || r.warned[w] {
		return
	}
	r.warned[w] = true
	r.warnings = r.warnings.add(w)
}

// find is a key's setting, or nil.
func (r *reader) find(key string) *Setting {
	r.asked[key] = true
	return r.file.Lookup(key)
}

// value is the text of a key, or nil. A list counts as not set.
func (r *reader) value(key string) *Value {
	s := r.find(key)
	if s == nil {
		return nil
	}
	if s.Value.IsList {
		r.warn(s.Value.Pos, key, "a list where a single value belongs", "it is ignored")
		return nil
	}
	return s.Value
}

// text stores the text of a key, and reports whether there is one.
func (r *reader) text(key string, into *string) bool {
	v := r.value(key)
	if v == nil {
		return false
	}
	*into = v.Text
	return true
}

// list is the elements of a key. A single value counts as not set.
func (r *reader) list(key string) ([]*Value, bool) {
	s := r.find(key)
	if s == nil {
		return nil, false
	}
	if !s.Value.IsList {
		r.warn(s.Value.Pos, key, "a single value where a list belongs", "it is ignored; put it in [ ]")
		return nil, false
	}
	return s.Value.Items, true
}

// isList reports whether a key is set to a list.
func (r *reader) isList(key string) bool {
	s := r.find(key)
	return s != nil && s.Value.IsList
}

// items is the elements of a list of texts. xl stops at one that is a list.
func (r *reader) items(key string) []*Value {
	all, _ := r.list(key)
	for i, v := range all {
		if v.IsList {
			r.warn(v.Pos, key, "a list within the list", "this and what follows is ignored")
			return all[:i]
		}
	}
	return all
}

// strings is a list of texts as a whole.
func (r *reader) strings(key string) idl.StringList {
	var out idl.StringList
	for _, v := range r.items(key) {
		out = append(out, v.Text)
	}
	return out
}

// number reads a key as a C long, in base 0. What is not a number counts as not
// set, with a warning.
func (r *reader) number(key string) (int64, *Value) {
	v := r.value(key)
	if v == nil {
		return 0, nil
	}
	if r.find(key).Added {
		r.warn(v.Pos, key, "a number written with +=", "it is ignored; xl does not add numbers")
		return 0, nil
	}
	n, problem := parseLong(v.Text)
	if problem != "" {
		r.warn(v.Pos, key, fmt.Sprintf("%q %s", v.Text, problem), "it is ignored"+numberHint(v.Text))
		return 0, nil
	}
	r.octal(v, key)
	return n, v
}

// parseLong is how xlu_cfg_get_bounded_long reads; problem is "" or what is wrong.
func parseLong(text string) (n int64, problem string) {
	got, used := scanNumber(text, 0)
	if used == 0 || used != len(text) {
		return 0, "is not a number"
	}
	n, ok := got.long()
	if !ok {
		return 0, "does not fit into 64 bits"
	}
	return n, ""
}

func (r *reader) octal(v *Value, key string) {
	if got, used := scanNumber(v.Text, 0); got.octal && used == len(v.Text) {
		r.warn(v.Pos, key, fmt.Sprintf("%s is octal", v.Text), fmt.Sprintf("it means %d", got.value))
	}
}

// numberHint says how the number that was meant is written.
func numberHint(text string) string {
	switch strings.ToLower(text) {
	case "true", "yes", "on":
		return "; write 1"
	case "false", "no", "off":
		return "; write 0"
	}
	got, used := scanNumber(text, 10)
	if used > 0 && used < len(text) && !got.negative && strings.ContainsRune("kKmMgGtT", rune(text[used])) {
		return "; write the number without a unit, sizes in MiB"
	}
	return ""
}

// boolean stores a number as libxl's boolean, and reports whether there is one.
func (r *reader) boolean(key string, into *idl.Defbool) bool {
	n, v := r.number(key)
	if v == nil {
		return false
	}
	if n != 0 && n != 1 {
		r.warn(v.Pos, key, fmt.Sprintf("%d for a yes or no", n), "it means 1")
	}
	*into = idl.Bool(n != 0)
	return true
}

// inRange fails for a number that is outside of low to high.
func (r *reader) inRange(n int64, v *Value, key string, low, high int64) bool {
	if n < low || n > high {
		r.fail(v.Pos, key, fmt.Sprintf("%d is out of range", n), fmt.Sprintf("%d to %d", low, high))
		return false
	}
	return true
}

// integer stores a number of 32 bits. One outside of low to high is an error.
func (r *reader) integer(key string, low, high int64, into *int32) bool {
	n, v := r.number(key)
	if v == nil || !r.inRange(n, v, key, low, high) {
		return false
	}
	*into = int32(n)
	return true
}

// optional stores a number of 32 bits where libxl's own default is -1.
func (r *reader) optional(key string, into **int32) {
	var n int32
	if r.integer(key, math.MinInt32, math.MaxInt32, &n) && n != -1 {
		*into = &n
	}
}

// mib stores a number of MiB as KiB.
func (r *reader) mib(key string, into **idl.MemKB) {
	n, v := r.number(key)
	if v == nil {
		return
	}
	if n < 0 || n > idl.MaxNumber/1024 {
		r.fail(v.Pos, key, fmt.Sprintf("%d MiB is out of range", n), fmt.Sprintf("0 to %d", int64(idl.MaxNumber/1024)))
		return
	}
	*into = new(idl.MemKB(n * 1024))
}

// word stores one of libxl's words, in upper or lower case. Another is an error.
func (r *reader) word(key string, into encoding.TextUnmarshaler) bool {
	v := r.value(key)
	return v != nil && r.enum(v, key, v.Text, into)
}

// enum is word for a part of a value.
func (r *reader) enum(v *Value, key, text string, into encoding.TextUnmarshaler) bool {
	err := into.UnmarshalText([]byte(text))
	if err == nil {
		return true
	}
	var names *idl.EnumError
	hint := ""
	if errors.As(err, &names) {
		hint = strings.Join(slices.DeleteFunc(names.Names, isPlaceholder), ", ")
	}
	r.fail(v.Pos, key, fmt.Sprintf("unknown value %q", text), hint)
	return false
}

// isPlaceholder tells the words of libxl that stand for "not set".
func isPlaceholder(name string) bool { return name == "unknown" || name == "invalid" }
