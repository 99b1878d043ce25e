package xlcompat

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Read reads all files *.txt of a folder, in the order of their names, and
// numbers the cases with the standard ones among them. All errors at once, each
// with its place.
func Read(folder fs.FS) ([]*File, error) {
	names, err := fs.Glob(folder, "*.txt")
	if err == nil && len(names) == 0 {
		err = errors.New("there are no cases")
	}
	var files []*File
	for _, name := range names {
		text, readErr := fs.ReadFile(folder, name)
		f, parseErr := parse(path.Base(name), string(text))
		err = errors.Join(err, readErr, parseErr)
		files = append(files, f)
	}
	if err != nil {
		return nil, err
	}
	id := 0
	for _, f := range files {
		for _, s := range f.Sections {
			s.Cases = append(Standard(s.Command, s.Traits), s.Cases...)
			for _, c := range s.Cases {
				id++
				c.ID = id
			}
		}
	}
	return files, nil
}

// reader is the state of reading one file.
type reader struct {
	file    *File
	section *Section
	c       *Case
	where   string
}

// parse reads the text of one file.
func parse(name, text string) (*File, error) {
	r := &reader{file: &File{Name: name}}
	var errs []error
	n := 0
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		n++
		r.where = fmt.Sprintf("%s:%d", name, n)
		if err := r.line(lines.Text()); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.where, err))
		}
	}
	for _, s := range r.file.Sections {
		for _, c := range s.Cases {
			if c.Path == Positive && c.Out == nil && c.Shows == nil {
				errs = append(errs, fmt.Errorf("%s: a positive case says what it prints (out) or shows (then, shows)", c.Where))
			}
			if c.Shows != nil && c.Then == "" {
				errs = append(errs, fmt.Errorf("%s: shows without then", c.Where))
			}
		}
	}
	return r.file, errors.Join(errs...)
}

func (r *reader) line(text string) error {
	trimmed := strings.TrimSpace(text)
	indented := strings.HasPrefix(text, " ") || strings.HasPrefix(text, "\t")
	word, rest, _ := strings.Cut(trimmed, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case trimmed == "" || !indented && trimmed[0] == '#':
		return nil
	case indented && r.c == nil:
		return errors.New("an indented line belongs to a case")
	case indented:
		return r.detail(word, rest)
	case word[0] == '[':
		return r.begin(word, strings.Fields(rest))
	case word == "setup" || word == "teardown" || word == "absent":
		return r.around(word, rest)
	case slices.Contains([]string{"+", "-", "="}, word) && rest != "" && r.section != nil:
		r.c = &Case{Command: r.section.Command, Where: r.where, Path: Path(word[0]), Line: rest, Status: -1}
		r.section.Cases = append(r.section.Cases, r.c)
		return nil
	}
	return fmt.Errorf("%q: neither a command in brackets nor a case", word)
}

// begin begins the cases of a command.
func (r *reader) begin(word string, traits []string) error {
	name := strings.Trim(word, "[]")
	if word != "["+name+"]" || name == "" {
		return fmt.Errorf("%q: want [COMMAND]", word)
	}
	r.section, r.c = &Section{Command: name}, nil
	r.file.Sections = append(r.file.Sections, r.section)
	if len(traits) == 0 {
		return nil
	}
	t := &Traits{}
	r.section.Traits = t
	for len(traits) > 0 {
		switch {
		case traits[0] == "plain":
			t.Plain = true
		case traits[0] == "operands" && len(traits) > 1:
			n, err := strconv.Atoi(traits[1])
			if err != nil || n < 0 {
				return fmt.Errorf("operands %q: no number", traits[1])
			}
			t.Operands, traits = n, traits[1:]
		default:
			return fmt.Errorf("%q: want operands N or plain", traits[0])
		}
		traits = traits[1:]
	}
	return nil
}

// around takes what belongs to a section, or to the file before its first one.
func (r *reader) around(word, rest string) error {
	setup, teardown := &r.file.Setup, &r.file.Teardown
	if r.section != nil {
		setup, teardown = &r.section.Setup, &r.section.Teardown
	}
	switch {
	case rest == "":
		return fmt.Errorf("%s what?", word)
	case word == "setup" && (r.section == nil || len(r.section.Cases) == 0):
		*setup = append(*setup, rest)
	case word == "teardown":
		*teardown = append(*teardown, rest)
	case word == "absent" && r.section != nil:
		r.section.Absent = rest
	default:
		return fmt.Errorf("%s does not belong here", word)
	}
	return nil
}

// detail takes an indented line.
func (r *reader) detail(word, rest string) (err error) {
	c := r.c
	text := map[string]*string{"before": &c.Before, "then": &c.Then, "after": &c.After}[word]
	switch {
	case text != nil && *text == "":
		*text = rest
	case text != nil:
		*text += "; " + rest
	case word == "out":
		c.Out, err = matcher(rest)
	case word == "shows":
		c.Shows, err = matcher(rest)
	case word == "status":
		c.Status, err = strconv.Atoi(rest)
	case word == "blank":
		c.Blanks = strings.Fields(rest)
		for _, name := range c.Blanks {
			if _, ok := Blanks()[name]; !ok {
				return fmt.Errorf("blank %q: there is no such blank", name)
			}
		}
	case word == "differs":
		return c.differs(rest)
	default:
		return fmt.Errorf("%q: no such line of a case", word)
	}
	return err
}

// matcher is the regular expression of a line; that of nothing is for an empty text.
func matcher(text string) (*regexp.Regexp, error) {
	if text == "" {
		text = `\A\z`
	}
	return regexp.Compile("(?m)" + text)
}

func (c *Case) differs(text string) error {
	words, reason, ok := strings.Cut(text, ":")
	if reason = strings.TrimSpace(reason); !ok || reason == "" {
		return errors.New("differs wants PARTS: REASON")
	}
	if c.Differs == nil {
		c.Differs = make(map[Part]string)
	}
	for _, w := range strings.Fields(words) {
		if !slices.Contains(parts(), Part(w)) {
			return fmt.Errorf("differs %q: the parts are %v", w, parts())
		}
		c.Differs[Part(w)] = reason
	}
	return nil
}
