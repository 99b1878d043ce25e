package device

import (
	"context"
	"errors"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// ConsoleType reads the kind of a console.
func ConsoleType(word string) (idl.ConsoleType, error) {
	var t idl.ConsoleType
	if err := t.UnmarshalText([]byte(word)); err != nil || t == idl.ConsoleTypeUnknown || t.String() != word {
		return 0, errors.New("console type supported are: pv, serial, vuart")
	}
	return t, nil
}

func console() *xl.Command {
	return &xl.Command{
		Name: "console", Operands: "[options] <Domain>", Summary: "Attach to a domain's console", MinArgs: 1,
		Options: []xl.Option{
			{Short: 't', Value: "TYPE", Help: "Which kind of console: pv, serial or vuart."},
			{Short: 'n', Value: "NUMBER", Help: "Which one of its kind, from 0."},
		},
		Run: attachConsole,
	}
}

// attachConsole ends only when it fails, because xenconsole takes the place of the program.
func attachConsole(ctx context.Context, c *xl.Call) error {
	var kind idl.ConsoleType
	var n int32
	for _, g := range c.Given() {
		var err error
		if g.Name == "t" {
			kind, err = ConsoleType(g.Value)
		} else {
			n, err = parseNumber(g.Value)
		}
		if err != nil {
			return xl.Failf(xl.StatusFailed, "%w", err)
		}
	}
	id, err := c.Domain(ctx, c.Args[0])
	if err != nil {
		return err
	}
	if kind == idl.ConsoleTypeUnknown {
		err = c.Xen.PrimaryConsoleExec(ctx, id)
	} else {
		err = c.Xen.ConsoleExec(ctx, id, n, kind)
	}
	return &xl.Failure{Status: xl.StatusFailed, Text: "Unable to attach console", Err: err}
}

func vncviewer() *xl.Command {
	return &xl.Command{
		Name: "vncviewer", Operands: "[options] <Domain>", Summary: "Show a domain's screen in a VNC viewer", MinArgs: 1,
		Options: []xl.Option{
			{Short: 'a', Long: "autopass", Help: "Give the viewer the password, as -autopass on its standard input."},
			{Long: "vncviewer-autopass", Help: "The same."},
		},
		Run: func(ctx context.Context, c *xl.Call) error {
			id, err := c.Domain(ctx, c.Args[0])
			if err != nil {
				return err
			}
			err = c.Xen.VNCViewerExec(ctx, id, c.Has("autopass") || c.Has("vncviewer-autopass"))
			return xl.Fail(xl.StatusFailed, err)
		},
	}
}
