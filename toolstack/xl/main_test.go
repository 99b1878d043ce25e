package xl

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl"
)

// echo is a command that prints what it was given.
func echo(min int) *Command {
	return &Command{
		Name: "echo", Operands: "[words]", Summary: "Print the words", MinArgs: min,
		Options: []Option{{Short: 'w', Long: "wait", Help: "Wait."}, {Short: 'd', Long: "domain", Value: "DOMAIN", Help: "Which."}, {Long: "water", Help: "Wet."}, {Short: 'x', Help: "A letter."}},
		Run: func(_ context.Context, c *Call) error {
			var b strings.Builder
			for _, g := range c.Given() {
				b.WriteString(g.Name + "=" + g.Value + " ")
			}
			b.WriteString("| " + strings.Join(c.Args, " "))
			return c.Print(b.String(), func(w io.Writer) error {
				_, err := io.WriteString(w, b.String()+"\n")
				return err
			})
		},
	}
}

// lead is echo with operands before its options.
func lead() *Command {
	c := echo(1)
	c.Name, c.Leading = "lead", 2
	return c
}

func failing(name string, err error) *Command {
	return &Command{Name: name, Summary: "Fail", Run: func(context.Context, *Call) error { return err }}
}

type closer struct{ closed int }

func (c *closer) Close() error { c.closed++; return nil }

// run is one command line on a machine with Xen.
func run(t *testing.T, words ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	libxlErr := &libxl.Error{Op: "libxl_x", Code: libxl.ErrFail, Log: []libxl.Record{{Level: libxl.LevelError, Context: "libxl", Text: "no", Errno: -1}}}
	c := &closer{}
	p := &Program{
		Commands: []*Command{echo(1), lead(), failing("fail", libxlErr), failing("fall", errors.New("down")),
			failing("inval", &Failure{Status: 253, Err: libxl.ErrFail}), {Name: "dry", DryRun: true, Changes: true, Summary: "Dry", Run: func(_ context.Context, c *Call) error {
				if !c.DryRun {
					return errors.New("wet")
				}
				return nil
			}}},
		Stdout: &out, Stderr: &errs,
		Open: func(_ context.Context, log func(libxl.Record), _ libxl.Level) (Xen, io.Closer, error) {
			log(libxl.Record{Level: libxl.LevelDebug, Context: "libxl", Text: "opened", Errno: -1})
			return nil, c, nil
		},
		Printer: func(format string) (func(any, func(io.Writer) error) error, error) {
			if format != "table" && format != "json" {
				return nil, errors.New("--output " + format)
			}
			return func(v any, text func(io.Writer) error) error {
				if format == "table" {
					return text(&out)
				}
				_, err := io.WriteString(&out, format+" "+v.(string)+"\n")
				return err
			}, nil
		},
	}
	status = p.Run(t.Context(), words)
	if c.closed > 1 {
		t.Errorf("%q: closed %d times", words, c.closed)
	}
	return status, out.String(), errs.String()
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		words, stdout string
	}{
		{"echo a", "| a\n"},
		{"ec a", "| a\n"},
		{"echo a -w b", "| a -w b\n"},
		{"echo -w a -w", "wait= | a -w\n"},
		{"lead a b -w c", "wait= | a b c\n"},
		{"lead a -w b c -x", "wait= | a b c -x\n"},
		{"lead a k=v -w", "| a k=v -w\n"},
		{"lead -w a b", "wait= | a b\n"},
		{"echo -wxw a", "wait= x= wait= | a\n"},
		{"echo -d dom a", "domain=dom | a\n"},
		{"echo -ddom a", "domain=dom | a\n"},
		{"echo -wdom a", "wait= domain=om | a\n"},
		{"echo --domain=dom a", "domain=dom | a\n"},
		{"echo --domain= a", "domain= | a\n"},
		{"echo --dom dom a", "domain=dom | a\n"},
		{"echo --wait a", "wait= | a\n"},
		{"echo --wat a", "water= | a\n"},
		{"echo --wa a", ""},
		{"echo --wait=1 a", ""},
		{"echo --domain", ""},
		{"echo -d", ""},
		{"echo -- -w", "| -w\n"},
		{"echo - a", "| - a\n"},
		{"-v -- echo a", "| a\n"},
		{"-o json echo a", "json | a\n"},
	} {
		status, stdout, stderr := run(t, strings.Fields(c.words)...)
		if stdout != c.stdout {
			t.Errorf("%s prints %q, want %q", c.words, stdout, c.stdout)
		}
		if c.stdout == "" && (status != StatusUsage || !strings.HasSuffix(stderr, "' not supported.\n")) {
			t.Errorf("%s ends with %d: %q", c.words, status, stderr)
		}
		if c.stdout != "" && (status != StatusOK || strings.Contains(stderr, "supported")) {
			t.Errorf("%s ends with %d: %q", c.words, status, stderr)
		}
	}
}

func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		words          string
		status         int
		stdout, stderr string // what they begin with; "" wants nothing
	}{
		{"", 1, "Usage xl [-vfNtT] <subcommand> [args]\n", ""},
		{"help", 0, "Usage xl", ""},
		{"help echo", 0, "Usage: xl [-vtT] echo [words]\n\nPrint the words.\n", ""},
		{"help dry", 0, "Usage: xl [-vtTfN] dry", ""},
		{"help x", 0, "command \"x\" not implemented\n", ""},
		{"x", 1, "", "command not implemented\n"},
		{"fa", 1, "", "command not implemented\n"},
		{"-z echo", 1, "", "xl: invalid option -- 'z'\nunknown global option\n"},
		{"-o xml echo a", 1, "", "--output xml\n"},
		{"echo", 2, "Usage: xl", "'xl echo' requires at least 1 argument.\n\n"},
		{"echo -h", 0, "Usage: xl", ""},
		{"echo -w --help", 0, "Usage: xl", ""},
		{"echo -z -h", 2, "", "option `z' not supported.\n"},
		{"-N echo a", 1, "", "command does not implement -N (dryrun) option\n"},
		{"-N dry", 0, "", ""},
		{"dry", 1, "", "xl: wet\n"},
		{"fail", 1, "", ""}, // libxl has said it
		{"fall", 1, "", "xl: down\n"},
		{"inval", 253, "", "xl: fail\n"},
		{"-vvv echo a", 0, "| a\n", "libxl: debug: opened\n"},
	} {
		status, stdout, stderr := run(t, strings.Fields(c.words)...)
		if status != c.status || !begins(stdout, c.stdout) || !begins(stderr, c.stderr) {
			t.Errorf("xl %s: status %d, stdout %q, stderr %q", c.words, status, stdout, stderr)
		}
	}
}

func begins(text, with string) bool {
	return strings.HasPrefix(text, with) && (with != "" || text == "")
}

func TestStatusOfLibxlCode(t *testing.T) {
	for _, c := range []struct {
		err          error
		code, status int
	}{
		{nil, 0, 0}, {libxl.ErrFail, -3, 253}, {errors.New("other"), -3, 253}, {&libxl.Error{Code: libxl.ErrInval}, -6, 250},
	} {
		if CodeOf(c.err) != c.code || StatusOf(c.err) != c.status {
			t.Errorf("%v: code %d, status %d", c.err, CodeOf(c.err), StatusOf(c.err))
		}
	}
}
