package xlcfg

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

// A File is an xl.cfg file whose grammar is right; what its keys mean is not
// looked at. The same grammar serves xl.conf and the files of cpupools.
type File struct {
	Name     string
	Settings []*Setting // as written, in the order of the file

	keys     map[string]*merged
	last     map[string]*Setting // what xl sees of each key
	warnings Warnings
}

// Add reads more settings, as if they stood at the end of the file. xl does so
// with the key=value arguments of its command line. name is for positions. The
// errors are those of Parse; after one the file is as it was.
func (f *File) Add(data []byte, name string) error {
	more, err := ParseBytes(data, name)
	if err != nil {
		return err
	}
	for _, s := range more.Settings {
		if m := f.keys[s.Name]; m != nil && s.Added && m.last.Value.IsList != s.Value.IsList {
			return domcfg.Errors{mixed(s)}
		}
	}
	for _, s := range more.Settings {
		f.store(s)
	}
	f.Settings = append(f.Settings, more.Settings...)
	f.warnings = append(f.warnings, more.warnings...)
	f.merge()
	return nil
}

func mixed(s *Setting) *domcfg.Error {
	return &domcfg.Error{Pos: s.Pos, Field: s.Name, Msg: "+= joins a list and a text", Hint: "both must be lists, or both texts"}
}

// store adds to what is known of a key. It fails when a list and a text would
// be joined.
func (f *File) store(s *Setting) *domcfg.Error {
	m := f.keys[s.Name]
	switch {
	case m == nil:
		m = &merged{}
		f.keys[s.Name] = m
	case s.Added && m.last.Value.IsList != s.Value.IsList:
		return mixed(s)
	case !s.Added && m.last.Pos.File == s.Pos.File:
		f.warnings = f.warnings.add(Warning{
			Pos: m.last.Pos, Key: s.Name, Msg: "is set again", Hint: fmt.Sprintf("line %d counts", s.Pos.Line),
		})
	}
	m.add(s)
	return nil
}

// merge makes what Lookup finds.
func (f *File) merge() {
	for name, m := range f.keys {
		f.last[name] = m.setting()
	}
}

// A Setting is one assignment.
type Setting struct {
	Pos   domcfg.Position // of the key
	Name  string
	Value *Value
	Added bool // written with +=
}

// A Value is a text or a list. Numbers are texts: xl reads them when it wants one.
type Value struct {
	Pos    domcfg.Position
	IsList bool
	Text   string   // unless it is a list
	Items  []*Value // of a list

	plain bool // the text stands in the file as it is here, after one quote
}

// Lookup is what xl sees of a key: its last assignment, together with what
// stood before it when that was written with +=. It is nil when there is none.
func (f *File) Lookup(name string) *Setting { return f.last[name] }

// Warnings is what is odd in the grammar of the file, without being an error.
func (f *File) Warnings() Warnings { return f.warnings }

// at is the place of a byte of the text.
func (v *Value) at(offset int) domcfg.Position {
	pos := v.Pos
	if v.plain && offset >= 0 && offset <= len(v.Text) {
		pos.Column += 1 + utf8.RuneCountInString(v.Text[:offset])
	}
	return pos
}

// merged gathers the assignments of one key without copying at each +=.
type merged struct {
	last  *Setting
	texts []string
	items []*Value
}

func (m *merged) add(s *Setting) {
	if !s.Added {
		m.texts, m.items = nil, nil
	}
	m.last = s
	if s.Value.IsList {
		m.items = append(m.items, s.Value.Items...)
	} else {
		m.texts = append(m.texts, s.Value.Text)
	}
}

func (m *merged) setting() *Setting {
	if len(m.texts) < 2 && len(m.items) == len(m.last.Value.Items) {
		return m.last
	}
	s, v := *m.last, *m.last.Value
	v.Text, v.Items, v.plain = strings.Join(m.texts, ""), m.items, false
	s.Value = &v
	return &s
}
