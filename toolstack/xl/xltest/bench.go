// Package xltest runs xl's commands in tests, on a libxl that the test makes:
//
//	type fake struct{ xl.Xen } // a method that the test does not have panics
//
//	func (fake) FindDomain(context.Context, string) (idl.DomID, error) { return 5, nil }
//
//	b := xltest.Bench{Commands: Commands(), Xen: fake{}}
//	got := b.XL(t, "pause", "guest")
package xltest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A Bench is what commands run on.
type Bench struct {
	Commands []*xl.Command
	Xen      xl.Xen
	Conf     string // the text of xl.conf
	Hooks    xl.Hooks
	OpenList func() (toolstack.Lister, error) // nil: what is quick asks Xen, too
}

// A Result is what a command has printed, and how it has ended.
type Result struct {
	Stdout, Stderr string
	Status         int   // of XL
	Err            error // of Xenvoy
}

// conf is an xl.conf that keeps its hands off this machine's lock.
func (b Bench) conf(t *testing.T) string {
	t.Helper()
	return File(t, "xl.conf", "lockfile='"+filepath.Join(t.TempDir(), "lock")+"'\n"+b.Conf)
}

// XL runs a command line of xl, whose words follow the program's name.
func (b Bench) XL(t *testing.T, words ...string) Result {
	t.Helper()
	var out, errs bytes.Buffer
	p := &xl.Program{
		Commands: b.Commands, Stdin: noInput(t), Stdout: &out, Stderr: &errs, ConfPath: b.conf(t), Hooks: b.Hooks, OpenList: b.OpenList,
		Open: func(context.Context, func(libxl.Record), libxl.Level) (xl.Xen, io.Closer, error) {
			return b.Xen, io.NopCloser(nil), nil
		},
		Printer: func(format string) (func(any, func(io.Writer) error) error, error) {
			return printer(&out, format), nil
		},
	}
	status := p.Run(t.Context(), words)
	return Result{Stdout: out.String(), Stderr: errs.String(), Status: status}
}

// Xenvoy runs a command as the program does under its own name: strictly, and printing
// lists in a format: "table" or "json". -N in front is its dry run.
func (b Bench) Xenvoy(t *testing.T, format string, words ...string) Result {
	t.Helper()
	var out, errs bytes.Buffer
	s := &xl.Session{
		Xen: b.Xen, Stdin: noInput(t), Stdout: &out, Stderr: &errs, ConfPath: b.conf(t), Hooks: b.Hooks,
		Strict: true, Print: printer(&out, format), OpenList: b.OpenList,
	}
	if words[0] == "-N" {
		s.DryRun, words = true, words[1:]
	}
	c := xl.Find(b.Commands, words[0])
	if c == nil {
		t.Fatalf("there is no command %s", words[0])
	}
	call, err := c.NewCall(s, words[1:])
	if err == nil {
		err = s.LoadConf()
	}
	done := false
	if err == nil && c.Quick != nil {
		done, err = c.Quick(t.Context(), call)
	}
	if err == nil && !done {
		err = c.Run(t.Context(), call)
	}
	return Result{Stdout: out.String(), Stderr: errs.String(), Err: err}
}

// printer prints as the program does: all at once.
func printer(w io.Writer, format string) func(any, func(io.Writer) error) error {
	return func(v any, text func(io.Writer) error) error {
		var b bytes.Buffer
		if format == "table" {
			if err := text(&b); err != nil {
				return err
			}
		} else {
			enc := json.NewEncoder(&b)
			enc.SetIndent("", "  ")
			enc.SetEscapeHTML(false)
			if err := enc.Encode(v); err != nil {
				return err
			}
		}
		_, err := w.Write(b.Bytes())
		return err
	}
}

func noInput(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Fault is an error of libxl with a code, about which libxl has logged nothing.
func Fault(op string, code libxl.Code) error {
	return &libxl.Error{Op: op, Domain: idl.InvalidDomID, Code: code}
}

// File makes a file with a text, and gives its path.
func File(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
