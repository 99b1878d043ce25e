package inspect

import (
	"context"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func sysrq() *xl.Command {
	return &xl.Command{
		Name: "sysrq", Operands: "<Domain> <letter>", Summary: "Send a Linux guest a system request", MinArgs: 2, Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			id, err := c.Domain(ctx, c.Args[0])
			if err != nil {
				return err
			}
			switch {
			case len(c.Args[1]) != 1 && c.Strict:
				return c.WrongWords(xl.StatusFailed, "%q is not one letter", c.Args[1])
			case len(c.Args[1]) != 1:
				return &xl.Failure{Status: xl.StatusFailed, Usage: true, Text: "Invalid sysrq.\n"}
			}
			return c.Lenient(c.Xen.SendSysRq(ctx, id, c.Args[1][0]))
		},
	}
}

func trigger() *xl.Command {
	return &xl.Command{
		Name: "trigger", Operands: "<Domain> <nmi|reset|init|power|sleep|s3resume> [<VCPU>]",
		Summary: "Press a button of a domain, or interrupt it", MinArgs: 2, Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			id, err := c.Domain(ctx, c.Args[0])
			if err != nil {
				return err
			}
			var t idl.Trigger
			if err := t.UnmarshalText([]byte(c.Args[1])); err != nil {
				return &xl.Failure{Status: xl.StatusFailed, Text: "Invalid trigger \"" + c.Args[1] + "\"", Err: err}
			}
			vcpu := int64(0)
			if len(c.Args) > 2 {
				used := 0
				if vcpu, used = xlcfg.Strtol(c.Args[2], 10); used == 0 {
					if c.Strict {
						return xl.Failf(xl.StatusUsage, "trigger: %q is not the number of a virtual CPU", c.Args[2])
					}
					c.Warnf("Invalid vcpuid, using default vcpuid=0.\n\n")
				}
			}
			return c.Lenient(c.Xen.SendTrigger(ctx, id, t, uint32(vcpu)))
		},
	}
}

func buttonPress() *xl.Command {
	return &xl.Command{
		Name: "button-press", Operands: "<Domain> <Button>", Summary: "Press a domain's button, power or sleep (trigger does so, too)", MinArgs: 2, Changes: true,
		Warning: "WARNING: \"button-press\" is deprecated. Please use \"trigger\"",
		Run: func(ctx context.Context, c *xl.Call) error {
			if c.Strict { // xl's front has said it
				c.Warnf("%s", c.Command.Warning)
			}
			id, err := c.Domain(ctx, c.Args[0])
			if err != nil {
				return err
			}
			t, known := map[string]idl.Trigger{"power": idl.TriggerPower, "sleep": idl.TriggerSleep}[c.Args[1]]
			if !known {
				return xl.Failf(xl.StatusFailed, "%s is an invalid button identifier", c.Args[1])
			}
			return c.Lenient(c.Xen.SendTrigger(ctx, id, t, 0))
		},
	}
}

func dumpCore() *xl.Command {
	return &xl.Command{
		Name: "dump-core", Operands: "<Domain> <filename>", Summary: "Write a domain's memory to a file", MinArgs: 2, Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			id, err := c.Domain(ctx, c.Args[0])
			if err != nil {
				return err
			}
			if err := c.Xen.DomainCoreDump(ctx, id, c.Args[1]); err != nil {
				return c.Because(err, "core dump failed (rc=%d)", xl.CodeOf(err))
			}
			return nil
		},
	}
}

// qemuMonitorCommand prints a text in JSON.
func qemuMonitorCommand() *xl.Command {
	return &xl.Command{
		Name: "qemu-monitor-command", Operands: "<Domain> <Command>", Summary: "Give a domain's device model a command of QEMU's monitor", MinArgs: 2, Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			id, err := c.Domain(ctx, c.Args[0])
			if err != nil {
				return err
			}
			if len(c.Args) > 2 {
				return xl.Failf(xl.StatusFailed, "Invalid arguments.")
			}
			answer, err := c.Xen.QEMUMonitorCommand(ctx, id, c.Args[1])
			if err != nil {
				return err
			}
			return c.Show(answer, answer+"\n")
		},
	}
}
