package xl

import (
	"slices"
	"strings"
)

// Given is an option on a command line.
type Given struct {
	Name, Value string
}

// helpOption is one that every command has.
func helpOption() Option { return Option{Short: 'h', Long: "help", Help: "Print this help."} }

// parse sorts the words after a command's name as xl does: options come before the operands,
// short ones may be written together, long ones may be cut short, and "--" ends them. (xl asks
// getopt_long, which would look for options behind operands, but it has asked getopt before for
// those of all commands, with POSIX's rules, and these stay.) help says that -h came before
// anything wrong. more are options that xl does not have. The error is a *Failure.
func (c *Command) parse(words []string, more ...Option) (given []Given, operands []string, help bool, err error) {
	if c.Plain {
		return nil, words, false, nil
	}
	operands, words = c.leading(words)
	for len(words) > 0 && strings.HasPrefix(words[0], "-") && words[0] != "-" {
		word := words[0]
		p := parser{options: slices.Concat([]Option{helpOption()}, c.Options, more), rest: words[1:]}
		switch {
		case word == "--":
			return given, append(operands, p.rest...), false, nil
		case strings.HasPrefix(word, "--"):
			err = p.long(word[2:])
		default:
			err = p.short(word[1:])
		}
		for _, g := range p.given {
			if g.Name == helpOption().Name() {
				return nil, nil, true, nil
			}
			given = append(given, g)
		}
		if err != nil {
			return nil, nil, false, err
		}
		words = p.rest
	}
	return given, append(operands, words...), false, nil
}

// leading takes the operands away that may come before the options.
func (c *Command) leading(words []string) (operands, rest []string) {
	n := 0
	for n < min(c.Leading, len(words)) && !strings.HasPrefix(words[n], "-") && !strings.Contains(words[n], "=") {
		n++
	}
	return words[:n:n], words[n:]
}

// A parser reads one word with options.
type parser struct {
	options []Option
	rest    []string // the words after it
	given   []Given
}

// unsupported is what xl says of an option that it cannot take (def_getopt).
func unsupported(option string) error {
	return Failf(StatusUsage, "option `%s' not supported.", option)
}

func (p *parser) long(text string) error {
	name, value, has := strings.Cut(text, "=")
	o := p.byName(name)
	if o == nil {
		return unsupported("--" + name)
	}
	switch {
	case o.Value == "" && has:
		return unsupported("--" + o.Long)
	case o.Value != "" && !has:
		if len(p.rest) == 0 {
			return unsupported("--" + o.Long)
		}
		value, p.rest = p.rest[0], p.rest[1:]
	}
	p.given = append(p.given, Given{o.Name(), value})
	return nil
}

// byName is the option with the long name, or the only one whose name begins so.
func (p *parser) byName(name string) *Option {
	var found *Option
	for i := range p.options {
		o := &p.options[i]
		if o.Long == name && name != "" {
			return o
		}
		if o.Long == "" || !strings.HasPrefix(o.Long, name) {
			continue
		}
		if found != nil {
			return nil
		}
		found = o
	}
	return found
}

func (p *parser) short(letters string) error {
	for letters != "" {
		letter := letters[0]
		letters = letters[1:]
		o := p.byLetter(letter)
		if o == nil {
			return unsupported(string(rune(letter)))
		}
		value := ""
		if o.Value != "" {
			switch {
			case letters != "":
				value, letters = letters, ""
			case len(p.rest) > 0:
				value, p.rest = p.rest[0], p.rest[1:]
			default:
				return unsupported(string(rune(letter)))
			}
		}
		p.given = append(p.given, Given{o.Name(), value})
	}
	return nil
}

func (p *parser) byLetter(letter byte) *Option {
	for i := range p.options {
		if p.options[i].Short == letter {
			return &p.options[i]
		}
	}
	return nil
}
