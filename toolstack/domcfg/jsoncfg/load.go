package jsoncfg

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"unicode/utf8"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// The bounds of a file.
const (
	MaxFileBytes = domcfg.MaxFileBytes
	MaxDepth     = 32 // values within values; libxl has 8
	maxErrors    = 50
)

// Load reads the file at path. It returns what os.Open and reading return, or what
// Parse does.
func Load(path string) (*Domain, error) {
	f, err := domcfg.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read from
	data, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return Parse(data, path)
}

// Parse reads one configuration; name is only used in positions. It reads at most
// MaxFileBytes. The error is domcfg.Errors: the first fault of the grammar, or all
// values that are wrong, in the order of the file.
func Parse(data []byte, name string) (*Domain, error) {
	r := &reader{name: name, text: data, places: map[string]int{}}
	config := r.config()
	if len(r.errs) > 0 {
		r.errs.Sort()
		return nil, r.errs
	}
	return &Domain{reader: r, config: config}, nil
}

// IsConfig reports whether the text looks like libxl's JSON, with or without
// faults: it has one of the members that every configuration has.
func IsConfig(data []byte) bool {
	var top map[string]json.RawMessage
	if len(data) > MaxFileBytes || json.Unmarshal(data, &top) != nil {
		return bytes.Contains(data, []byte(`"c_info"`))
	}
	return top["c_info"] != nil || top["b_info"] != nil
}

// reader gathers the places of members and the faults.
type reader struct {
	name   string
	text   []byte
	places map[string]int // by libxl's names: where the value begins
	errs   domcfg.Errors
}

// config is nil after an error.
func (r *reader) config() *idl.DomainConfig {
	switch {
	case len(r.text) > MaxFileBytes:
		r.fail(0, "", fmt.Sprintf("the file is larger than %d bytes", MaxFileBytes), "is this a domain's configuration?")
		return nil
	case !utf8.Valid(r.text):
		r.fail(firstInvalid(r.text), "", "the file is not UTF-8", "")
		return nil
	}
	root := r.tree()
	switch {
	case root == nil:
		return nil
	case root.open == '[':
		r.fail(root.start, "", "a list where an object belongs", "of what \"xl list -l\" prints, take the config of one domain")
		return nil
	}
	r.check("", root, reflect.TypeFor[idl.DomainConfig]())
	if len(r.errs) > 0 {
		return nil
	}
	config := &idl.DomainConfig{}
	if err := json.Unmarshal(r.text, config); err != nil { // two arms of a union
		r.failAt("b_info", err.Error(), "")
		return nil
	}
	r.meaning(config)
	return config
}

// meaning finds what libxl would crash over, or pass over without a word.
func (r *reader) meaning(config *idl.DomainConfig) {
	var number *idl.NumberError
	if errors.As(idl.CheckNumbers(config), &number) {
		r.failAt(number.Path, fmt.Sprintf("%d is out of range", number.Number), fmt.Sprintf("at most %d", uint64(idl.MaxNumber)))
	}
	if config.CInfo.Name == "" {
		r.failAt("c_info.name", "is missing", "every domain needs one")
	}
	arm, ok := config.BInfo.Type()
	switch {
	case config.CInfo.Type == 0:
		r.failAt("c_info.type", "is missing", "hvm, pvh or pv")
	case !ok:
		r.failAt("b_info", fmt.Sprintf("type.%v is missing", config.CInfo.Type), "an object; it may be empty")
	case arm != config.CInfo.Type:
		r.failAt(fmt.Sprintf("b_info.type.%v", arm), fmt.Sprintf("does not go with the type %v", config.CInfo.Type), "")
	}
}

// firstInvalid is where the text is not UTF-8.
func firstInvalid(text []byte) int {
	at := 0
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// failAt is fail for a member, or for the innermost around it that is there.
func (r *reader) failAt(path, msg, hint string) {
	r.fail(r.places[r.nearest(path)], path, msg, hint)
}

func (r *reader) fail(offset int, path, msg, hint string) {
	switch {
	case len(r.errs) > maxErrors:
		return
	case len(r.errs) == maxErrors:
		path, msg, hint = "", "more errors are not shown", ""
	}
	r.errs = append(r.errs, &domcfg.Error{Pos: r.position(offset), Field: path, Msg: msg, Hint: hint})
}

func (r *reader) position(offset int) domcfg.Position {
	pos := domcfg.Position{File: r.name, Line: 1, Column: 1}
	for _, c := range string(r.text[:min(offset, len(r.text))]) {
		pos.Column++
		if c == '\n' {
			pos.Line, pos.Column = pos.Line+1, 1
		}
	}
	return pos
}
