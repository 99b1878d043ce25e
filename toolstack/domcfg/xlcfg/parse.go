package xlcfg

import (
	"fmt"
	"io"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

// The bounds of a file. xl has none.
const (
	MaxFileBytes = 1 << 20
	MaxDepth     = 16 // lists within lists; xl.cfg needs 2
	maxErrors    = 50
	maxWarnings  = 200
)

// Load reads a file. Its errors are those of Parse and those of the file system.
func Load(path string) (*File, error) {
	f, err := domcfg.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Parse(f, path)
}

// Parse reads the grammar of xl.cfg (tools/libs/util/libxlu_cfg_l.l and
// libxlu_cfg_y.y): it accepts what xl accepts, but not a byte zero or what is
// not UTF-8. filename is only used in positions. All faults of the file are
// reported at once, as domcfg.Errors. It reads at most MaxFileBytes.
func Parse(r io.Reader, filename string) (*File, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filename, err)
	}
	return ParseBytes(data, filename)
}

// ParseBytes is Parse for a file in memory.
func ParseBytes(data []byte, filename string) (*File, error) {
	p := &parser{scanner: scanner{file: filename, rest: string(data), line: 1, column: 1}}
	if len(data) > MaxFileBytes {
		p.rest = ""
		p.fail(p.pos(), fmt.Sprintf("the file is larger than %d bytes", MaxFileBytes), "")
	}
	p.file = &File{Name: filename, keys: map[string]*merged{}, last: map[string]*Setting{}}
	p.scan()
	for p.tok.kind != endOfFile && len(p.errs) <= maxErrors {
		p.statement()
	}
	if len(p.errs) > 0 {
		return nil, p.errs
	}
	p.file.warnings = append(p.file.warnings, p.warnings...)
	p.file.warnings.sort(filename)
	p.file.merge()
	return p.file, nil
}

type parser struct {
	scanner
	file  *File
	tok   token
	depth int
	errs  domcfg.Errors
}

func (p *parser) scan() { p.tok = p.next() }

func (p *parser) fail(pos domcfg.Position, msg, hint string) {
	p.failed(&domcfg.Error{Pos: pos, Msg: msg, Hint: hint})
}

func (p *parser) failed(err *domcfg.Error) {
	if len(p.errs) == maxErrors {
		err = &domcfg.Error{Pos: err.Pos, Msg: "more errors are not shown"}
	}
	err.Msg, err.Hint = oneLine(err.Msg), oneLine(err.Hint)
	p.errs = append(p.errs, err)
}

// expected reports that the token is not what should stand there.
func (p *parser) expected(what, hint string) {
	switch {
	case p.tok.kind == bad && p.tok.text == "":
		p.fail(p.tok.pos, fmt.Sprintf("unexpected %q", p.tok.odd), p.tok.hint)
		return
	case p.tok.kind == bad:
		p.fail(p.tok.pos, p.tok.text, p.tok.hint)
		return
	}
	p.fail(p.tok.pos, fmt.Sprintf("%s instead of %s", p.tok.name(), what), hint)
}

// statement is a line, or a part of one before a semicolon. After an error it
// goes on behind the next line end.
func (p *parser) statement() {
	switch p.tok.kind {
	case newline, semicolon:
		p.scan()
		return
	case word:
	default:
		p.expected("a key", "")
		p.recover()
		return
	}
	s := &Setting{Pos: p.tok.pos, Name: p.tok.text}
	p.scan()
	if p.tok.kind != assign && p.tok.kind != add {
		p.expected("= after the key "+s.Name, "")
		p.recover()
		return
	}
	s.Added = p.tok.kind == add
	p.scan()
	if s.Value = p.value(); s.Value == nil {
		p.recover()
		return
	}
	if err := p.file.store(s); err != nil {
		p.failed(err)
	}
	p.file.Settings = append(p.file.Settings, s)
	if k := p.tok.kind; k != newline && k != semicolon && k != endOfFile {
		hint := "two settings on one line need a semicolon between them"
		if k == text {
			hint = "texts are not joined; write one"
		}
		p.expected("the end of the line", hint)
		p.recover()
	}
}

// value returns nil after an error.
func (p *parser) value() *Value {
	v := &Value{Pos: p.tok.pos, Text: p.tok.text, plain: p.tok.kind == text && p.tok.plain}
	switch p.tok.kind {
	case text, number:
		p.scan()
		return v
	case openList:
		v.IsList, v.Text = true, ""
		return p.list(v)
	case word:
		hint := "a value that is not a number needs quotes"
		if w := p.tok.text; w == "true" || w == "yes" || w == "on" || w == "false" || w == "no" || w == "off" {
			hint = "write 1 or 0"
		} else if p.depth > 0 && startsSetting(w+p.rest) {
			hint = "the list before it is not closed with ]"
		}
		p.expected("a value", hint)
	default:
		p.expected("a value", "")
	}
	return nil
}

func (p *parser) list(v *Value) *Value {
	if p.depth == MaxDepth {
		p.fail(p.tok.pos, fmt.Sprintf("lists are nested deeper than %d", MaxDepth), "")
		return nil
	}
	p.depth++
	p.scan()
	for {
		p.newlines()
		if p.tok.kind == closeList {
			break
		}
		item := p.value()
		if item == nil {
			return nil
		}
		v.Items = append(v.Items, item)
		p.newlines()
		if p.tok.kind == closeList {
			break
		}
		if p.tok.kind != comma {
			p.expected("a comma or ] in the list", "")
			return nil
		}
		p.scan()
	}
	p.depth--
	p.scan()
	return v
}

func (p *parser) newlines() {
	for p.tok.kind == newline {
		p.scan()
	}
}

// recover skips the line. In a list it skips to where the list ends, or to a
// line that looks like the next setting, so that one fault is one message.
func (p *parser) recover() {
	for p.tok.kind != endOfFile {
		switch p.tok.kind {
		case openList:
			p.depth++
		case closeList:
			p.depth = max(0, p.depth-1)
		case newline:
			if p.depth == 0 || startsSetting(p.rest) {
				p.depth = 0
				return
			}
		}
		p.scan()
	}
	p.depth = 0
}

// startsSetting reports whether a line is a key and a sign for assignment.
func startsSetting(line string) bool {
	n := span(line, isWordByte)
	after := strings.TrimLeft(line[n:], " \t")
	return n > 0 && line[0] >= 'a' && (strings.HasPrefix(after, "=") || strings.HasPrefix(after, "+="))
}
