package inspect

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/xenvoy/xenvoy/toolstack/xl"
)

// dmesg prints a list of lines in JSON.
func dmesg() *xl.Command {
	return &xl.Command{
		Name: "dmesg", Operands: "[-c]", Summary: "Print the hypervisor's messages",
		Options: []xl.Option{{Short: 'c', Long: "clear", Help: "Empty the buffer of messages, too."}},
		Run: func(ctx context.Context, c *xl.Call) error {
			text, err := c.Xen.XenConsole(ctx, c.Has("clear"))
			lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			if text == "" {
				lines = []string{}
			}
			if err != nil {
				return c.Partly(lines, text, err)
			}
			return c.Show(lines, text)
		},
	}
}

// top runs xentop. xl's status is the lower byte of what the shell's wait gives, which is 0
// however xentop ends by itself.
func top() *xl.Command {
	return &xl.Command{
		Name: "top", Summary: "Watch the host and its domains (xentop)",
		Run: func(ctx context.Context, c *xl.Call) error {
			cmd := exec.CommandContext(ctx, "xentop")
			cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Stdin, c.Stdout, c.Stderr
			cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it gives the terminal back then
			err := cmd.Run()
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled() {
				return &xl.Failure{Status: int(exit.Sys().(syscall.WaitStatus).Signal()), Err: err}
			}
			return c.Lenient(err)
		},
	}
}

func debugKeys() *xl.Command {
	return &xl.Command{
		Name: "debug-keys", Operands: "<Keys>", Summary: "Have the hypervisor print what debug keys stand for to its messages", MinArgs: 1, Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			if err := c.Xen.SendDebugKeys(ctx, c.Args[0]); err != nil {
				return c.Because(err, "cannot send debug keys: %s", c.Args[0])
			}
			return nil
		},
	}
}

func setParameters() *xl.Command {
	return &xl.Command{
		Name: "set-parameters", Operands: "<Params>", Summary: "Set the hypervisor's runtime parameters", MinArgs: 1, Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			if err := c.Xen.SetParameters(ctx, c.Args[0]); err != nil {
				return c.Because(err, "cannot set parameters: %s", c.Args[0])
			}
			return nil
		},
	}
}
