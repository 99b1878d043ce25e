package xl

import "strings"

// Given is an option on a command line.
type Given struct {
	Name, Value string
}

// helpOption is one that every command has.
func helpOption() Option { return Option{Short: 'h', Long: "help", Help: "Print this help."} }

// parse sorts the words after a command's name as getopt_long does: options may follow
// operands, short ones may be written together, long ones may be cut short, and "--" ends
// them. help says that -h came before anything wrong. The error is a *Failure.
func (c *Command) parse(words []string) (given []Given, operands []string, help bool, err error) {
	for i := 0; i < len(words); i++ {
		word := words[i]
		if word == "--" {
			operands = append(operands, words[i+1:]...)
			break
		}
		p := parser{options: append([]Option{helpOption()}, c.Options...), rest: words[i+1:]}
		switch {
		case strings.HasPrefix(word, "--"):
			err = p.long(word[2:])
		case strings.HasPrefix(word, "-") && word != "-":
			err = p.short(word[1:])
		default:
			operands = append(operands, word)
			continue
		}
		i = len(words) - 1 - len(p.rest)
		for _, g := range p.given {
			if g.Name == helpOption().Name() {
				return nil, nil, true, nil
			}
			given = append(given, g)
		}
		if err != nil {
			return nil, nil, false, err
		}
	}
	return given, operands, false, nil
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
