package xlcfg

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// quoted reads a text in quotes. It must end on its line.
func (s *scanner) quoted(t *token) {
	quote, end := s.rest[0], 1
	for end < len(s.rest) && s.rest[end] != quote && s.rest[end] != '\n' {
		if s.rest[end] == '\\' && end+1 < len(s.rest) && s.rest[end+1] != '\n' {
			end++
		}
		end++
	}
	if end >= len(s.rest) || s.rest[end] == '\n' {
		s.take(min(end, len(s.rest)))
		t.kind, t.text, t.hint = bad, "the text does not end on its line", "close the quotes; for a line feed write \\n"
		return
	}
	raw := s.take(end + 1)
	raw = raw[1:end]
	switch {
	case !utf8.ValidString(raw):
		t.kind, t.text = bad, "the text is not UTF-8"
		return
	case strings.Contains(raw, "\x00"):
		t.kind, t.text = bad, "the text has a byte zero"
		return
	}
	t.kind, t.text, t.plain = text, raw, !strings.Contains(raw, "\\")
	if !t.plain {
		s.unescape(t, raw)
	}
}

// unescape does what xlu__cfgl_dequote of tools/libs/util/libxlu_cfg.c does.
func (s *scanner) unescape(t *token, raw string) {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			b.WriteByte(raw[i])
			continue
		}
		i++
		c := raw[i]
		simple := strings.IndexByte("\"'\\abfnrtv", c)
		switch {
		case simple >= 0:
			b.WriteByte("\"'\\\a\b\f\n\r\t\v"[simple])
		case c >= '0' && c <= '7':
			n := digits(raw[i+1:])
			if n < 2 {
				t.kind, t.text = bad, fmt.Sprintf("\\%c is not an escape", c)
				t.hint = "write the character itself"
				return
			}
			s.warnings = s.warnings.add(Warning{Pos: t.pos, Msg: "\\" + raw[i:i+1+n] + " stands for nothing", Hint: "xl drops it; write the character itself"})
			i += n
		case c == 'x':
			t.kind, t.text, t.hint = bad, "\\x is not an escape", "write the character itself"
			return
		default:
			t.kind, t.text, t.hint = bad, fmt.Sprintf("\\%c is not an escape", c), `for a backslash write \\`
			return
		}
	}
	t.text = b.String()
}

// digits is how many of the next three bytes strtoul would take as a decimal number.
func digits(s string) int {
	if len(s) > 3 {
		s = s[:3]
	}
	_, n := scanNumber(s, 10)
	return n
}

// quote writes a text as quoted reads it. The quotes are those that the text does
// not have in it, if there are such.
func quote(text string) string {
	mark := byte('"')
	if strings.Contains(text, `"`) && !strings.Contains(text, "'") {
		mark = '\''
	}
	var b strings.Builder
	b.WriteByte(mark)
	for i := range len(text) {
		switch simple := strings.IndexByte("\a\b\f\n\r\t\v", text[i]); {
		case simple >= 0:
			b.WriteString(`\` + "abfnrtv"[simple:simple+1])
		case text[i] == mark || text[i] == '\\':
			b.WriteString(`\` + text[i:i+1])
		default:
			b.WriteByte(text[i])
		}
	}
	b.WriteByte(mark)
	return b.String()
}

// quotable reports whether the grammar has a way to write the text.
func quotable(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }
