package xlcfg

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

type kind int

const (
	endOfFile kind = iota
	newline
	word
	number
	text
	assign // =
	add    // +=
	comma
	semicolon
	openList
	closeList
	bad // the message is in the token's text
)

// A token is one word of the grammar of tools/libs/util/libxlu_cfg_l.l.
type token struct {
	kind  kind
	pos   domcfg.Position
	text  string // of a word, number or text; the message of a bad one
	hint  string // of a bad one
	odd   rune   // of a bad one without a message: what no token starts with
	plain bool   // a text without escapes
}

// name is what the token is called in a message.
func (t token) name() string {
	switch t.kind {
	case endOfFile:
		return "the end of the file"
	case newline:
		return "the end of the line"
	case assign:
		return "="
	case add:
		return "+="
	case comma:
		return "a comma"
	case semicolon:
		return "a semicolon"
	case openList:
		return "["
	case closeList:
		return "]"
	case text:
		return "a text in quotes"
	}
	return fmt.Sprintf("%q", t.text)
}

// scanner cuts a file into tokens.
type scanner struct {
	file     string
	rest     string
	line     int
	column   int
	returns  bool // a carriage return was reported; once is enough
	before   kind // of the last token, when nothing stands between it and the rest
	warnings Warnings
}

func (s *scanner) pos() domcfg.Position {
	return domcfg.Position{File: s.file, Line: s.line, Column: s.column}
}

// take moves on by n bytes, none of them a line feed, and returns them.
func (s *scanner) take(n int) string {
	got := s.rest[:n]
	s.rest = s.rest[n:]
	s.column += utf8.RuneCountInString(got)
	return got
}

func (s *scanner) next() token {
	blanks := " \t"
	if s.returns {
		blanks = " \t\r"
	}
	if s.take(len(s.rest)-len(strings.TrimLeft(s.rest, blanks))) != "" {
		s.before = newline
	}
	t := token{pos: s.pos()}
	defer func() { s.before = t.kind }()
	if s.rest == "" {
		return t
	}
	switch c := s.rest[0]; {
	case c == '\n':
		t.kind = newline
		s.nextLine()
	case c == '#':
		s.comment(&t)
	case c >= 'a' && c <= 'z':
		t.kind, t.text = word, s.take(span(s.rest, isWordByte))
	case c >= '0' && c <= '9':
		t.kind, t.text = number, s.take(span(s.rest, isNumberByte))
	case c == '\'' || c == '"':
		s.quoted(&t)
	case strings.HasPrefix(s.rest, "+="):
		t.kind = add
		s.take(2)
	default:
		s.sign(&t, c)
	}
	return t
}

func (s *scanner) nextLine() {
	s.rest = s.rest[1:]
	s.line++
	s.column = 1
}

func (s *scanner) sign(t *token, c byte) {
	if i := strings.IndexByte("=,;[]", c); i >= 0 {
		t.kind = []kind{assign, comma, semicolon, openList, closeList}[i]
		s.take(1)
		return
	}
	s.unexpected(t)
}

// comment includes its line feed, as in xl: without one the file is refused.
func (s *scanner) comment(t *token) {
	end := strings.IndexByte(s.rest, '\n')
	if end < 0 {
		if s.take(len(s.rest)) == "#" {
			return // the one comment that xl takes without its line feed
		}
		t.kind, t.text = bad, "the comment on the last line has no line feed after it"
		t.hint = "xl refuses the file; end the line"
		return
	}
	s.take(end)
	t.kind = newline
	s.nextLine()
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '.'
}

func isNumberByte(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c == 'x' }

// span is the length of the leading bytes of s for which f holds.
func span(s string, f func(byte) bool) int {
	for i := range len(s) {
		if !f(s[i]) {
			return i
		}
	}
	return len(s)
}

// unexpected eats one character that no token starts with.
func (s *scanner) unexpected(t *token) {
	r, size := utf8.DecodeRuneInString(s.rest)
	t.kind, t.odd = bad, r
	switch {
	case r == utf8.RuneError && size < 2:
		t.text = "the file is not UTF-8"
	case r == '\r':
		t.text, t.hint = "unexpected carriage return", "the file has Windows line ends; xl takes line feeds only"
	default:
		t.hint = s.hintFor(r)
	}
	s.returns = s.returns || r == '\r'
	s.take(size)
}

// hintFor guesses what was meant by a character that no token starts with.
func (s *scanner) hintFor(r rune) string {
	after := byte(0)
	if len(s.rest) > 1 {
		after = s.rest[1]
	}
	letter := r >= 'A' && r <= 'Z'
	switch {
	case strings.HasPrefix(s.rest, "True") || strings.HasPrefix(s.rest, "False"):
		return "write 1 or 0"
	case strings.ContainsRune("“”„‘’‚«»", r):
		return "only the plain quotes ' and \" count"
	case r == '\ufeff':
		return "a byte order mark; save the file without one"
	case s.before == number && letter && (r <= 'F' || r == 'X'):
		return "hexadecimal numbers are in lower case, as 0x1f"
	case s.before == number && letter:
		return "a number has no unit; sizes are in MiB"
	case s.before == word && r == '-':
		return "keys have _ instead of -"
	case r == '-' && after >= '0' && after <= '9':
		return "write a negative number in quotes"
	case r == ':':
		return "write key = value"
	case letter:
		return "keys are in lower case; a value that is not a number needs quotes"
	case r == '_':
		return "a key begins with a letter"
	case strings.ContainsRune("+-.()", r):
		return "Python expressions are not xl.cfg"
	}
	return ""
}
