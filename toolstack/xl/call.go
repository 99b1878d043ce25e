package xl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A Session is what commands run with.
type Session struct {
	Xen            Xen
	Stdin          *os.File
	Stdout, Stderr io.Writer
	DryRun         bool   // the global option -N
	ConfPath       string // xl.conf; "": Debian's /etc/xen/xl.conf
	Strict         bool   // an error that xl passes over ends the command
	Conf           *xlcfg.Conf
	Front          Front
	Hooks

	// OpenList opens a list of domains that needs no libxl, for Quick; nil when there is none.
	OpenList func() (toolstack.Lister, error)

	// Print writes rows as the user asked: v as JSON or YAML, or text's own words.
	Print func(v any, text func(io.Writer) error) error

	hidden atomic.Bool // libxl's progress is not shown
}

// Hooks are what commands need of the program that they are part of.
type Hooks struct {
	// Monitor carries out the on_… actions of a domain until it is gone. Its log goes to the file
	// at log, and it returns once a process of its own does so. With log "" it goes to standard
	// error, and the calling process does it.
	Monitor func(ctx context.Context, id idl.DomID, log string) error
	// Self is this program with words of xl's command line.
	Self func(words ...string) (*exec.Cmd, error)
	// Progress shows how far a long step is, until clear is called. nil: nobody wants to know.
	Progress func(what string) (show func(libxl.Progress), clear func())
}

// Front is how xl's words began, for a command that starts another xl.
type Front struct {
	Verbose  int // how many -v
	Progress bool
	Times    bool
}

// HideProgress keeps libxl's progress from standard error, or shows it again.
func (s *Session) HideProgress(hide bool) { s.hidden.Store(hide) }

// A Call is one command with the words that it was given.
type Call struct {
	*Session
	Command *Command
	Args    []string // the operands

	given []Given
}

// Has says whether the option was given, and Count how often.
func (c *Call) Has(option string) bool { return c.Count(option) > 0 }

// Count is how often the option was given.
func (c *Call) Count(option string) int {
	n := 0
	for _, g := range c.given {
		if g.Name == option {
			n++
		}
	}
	return n
}

// Value is the last value of the option; false when it was not given.
func (c *Call) Value(option string) (string, bool) {
	all := c.Values(option)
	if len(all) == 0 {
		return "", false
	}
	return all[len(all)-1], true
}

// Values is all its values, in their order.
func (c *Call) Values(option string) []string {
	var all []string
	for _, g := range c.given {
		if g.Name == option {
			all = append(all, g.Value)
		}
	}
	return all
}

// Given is all options, in their order.
func (c *Call) Given() []Given { return c.given }

// Domain is the domain that a word means, by name, or by a number, which is taken without a
// look (tools/xl/xl_utils.c, find_domain, and libxl_domain_qualifier_to_domid). The error is a *Failure.
func (c *Call) Domain(ctx context.Context, word string) (idl.DomID, error) {
	id, err := c.Xen.FindDomain(ctx, word)
	if err != nil {
		return 0, c.noDomain(word, err)
	}
	return id, nil
}

func (c *Call) noDomain(word string, err error) error {
	code := CodeOf(err)
	if errors.Is(err, libxl.ErrDomainNotFound) { // which libxl itself does not say of a name
		code = int(libxl.ErrInval)
	}
	return &Failure{Status: StatusFailed, Text: fmt.Sprintf("%s is an invalid domain identifier (rc=%d)", word, code), Err: err}
}

// Lenient is for an error of libxl that xl passes over: it ends with 0 all the same. The user
// has libxl's own words, or is told the error. A Strict session gives it back.
func (c *Call) Lenient(err error) error {
	if c.Strict {
		return err
	}
	if err != nil && !told(err) {
		c.Warnf("xl: %v", err)
	}
	return nil
}

// Warnf says something on standard error.
func (c *Call) Warnf(format string, args ...any) {
	fmt.Fprintln(c.Stderr, strings.TrimSuffix(fmt.Sprintf(format, args...), "\n"))
}
