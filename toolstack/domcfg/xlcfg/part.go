package xlcfg

import (
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

// A part is one of the pieces between the commas of a text.
type part struct {
	value *Value
	text  string
	start int // in the text of the value
}

func (p part) pos() domcfg.Position { return p.value.at(p.start) }

// split is cut without the blanks before each piece.
func split(v *Value, separator byte) []part {
	out := cut(v, separator)
	for i, p := range out {
		out[i].text = strings.TrimLeft(p.text, " ")
		out[i].start += len(p.text) - len(out[i].text)
	}
	return out
}

// cut is C's strtok, which knows no empty pieces.
func cut(v *Value, separator byte) []part {
	var out []part
	for start := 0; start <= len(v.Text); {
		end := strings.IndexByte(v.Text[start:], separator)
		if end < 0 {
			end = len(v.Text) - start
		}
		if piece := v.Text[start : start+end]; piece != "" {
			out = append(out, part{v, piece, start})
		}
		start += end + 1
	}
	return out
}

// option is what stands after "name=", when the part begins with that.
func (p part) option(name string) (string, bool) {
	return strings.CutPrefix(p.text, name+"=")
}

// pair is the part as a key and a value, the latter empty when there is no sign between them.
func (p part) pair() pair {
	name, value, _ := strings.Cut(p.text, "=")
	return pair{p, name, value}
}

// pairs is the parts of an element with a key and a value each. xl stops
// reading at one without a sign.
func (r *reader) pairs(key string, v *Value) []pair {
	var out []pair
	for _, p := range split(v, ',') {
		name, value, ok := strings.Cut(p.text, "=")
		if !ok {
			r.warn(p.pos(), key, "no = in \""+p.text+"\"", "it and what follows in this element is ignored")
			break
		}
		out = append(out, pair{p, name, value})
	}
	return out
}

// A pair is a part with its key and value.
type pair struct {
	part
	name, value string
}

// set stores the value under one of the names, and reports whether it did.
func (p pair) set(names map[string]*string) bool {
	into, ok := names[p.name]
	if ok {
		*into = p.value
	}
	return ok
}
