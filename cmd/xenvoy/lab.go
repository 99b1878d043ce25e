package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/integration/lab"
)

// labProgram is where the hosts of a lab have this program.
const labProgram = "/usr/local/bin/xenvoy"

// labOptions are the options that all lab commands share.
type labOptions struct{ name string }

func newLabCommand(a *app) *cobra.Command {
	var o labOptions
	c := &cobra.Command{
		Use:   "lab",
		Short: "Run real Xen hosts inside QEMU, to try things without special hardware",
		Long: `A lab is up to two Xen hosts, a and b, each a virtual machine on this computer,
with a link between them that stands for a WAN. The first "up" downloads Debian's
packages and builds their disk; later ones start from a snapshot in seconds.`,
		RunE: group,
	}
	c.PersistentFlags().StringVar(&o.name, "name", lab.DefaultName, "which lab")
	c.AddCommand(newLabUpCommand(a, &o), newLabDownCommand(&o), newLabStatusCommand(a, &o), newLabSSHCommand(a, &o),
		newLabWANCommand(&o), newLabLogsCommand(a, &o), newLabBuildEnvCommand(a))
	for _, act := range []struct {
		use, short string
		do         func(*lab.Host, context.Context) error
	}{
		{"reset HOST", "Take a host back to how it was after its boot", (*lab.Host).Reset},
		{"cut HOST", "Unplug a host from the link between the sites", (*lab.Host).Cut},
		{"heal HOST", "Undo cut", (*lab.Host).Heal},
		{"kill HOST", "Take a host's power away; \"lab up\" boots it again from its disk", (*lab.Host).Kill},
	} {
		c.AddCommand(&cobra.Command{
			Use: act.use, Short: act.short, Args: args(cobra.ExactArgs(1)),
			RunE: func(c *cobra.Command, words []string) error {
				h, err := o.host(words[0])
				if err != nil {
					return err
				}
				return act.do(h, c.Context())
			},
		})
	}
	return c
}

// host finds one host of the lab; an unknown name is a usage error.
func (o *labOptions) host(name string) (*lab.Host, error) {
	l, err := o.open()
	if err != nil {
		return nil, err
	}
	h, err := l.Host(name)
	return h, labUsage(err)
}

func (o *labOptions) open() (*lab.Lab, error) {
	l, err := lab.Open(o.name)
	return l, labUsage(err)
}

// labUsage turns a lab that cannot be into a usage error.
func labUsage(err error) error {
	if errors.Is(err, lab.ErrConfig) {
		return usageError{err}
	}
	return err
}

func newLabUpCommand(a *app, o *labOptions) *cobra.Command {
	var (
		conf lab.Config
		wan  string
	)
	c := &cobra.Command{
		Use:   "up",
		Short: "Start the lab's hosts, building what is missing",
		Long: `Start the hosts that do not run. With --wan the link gets this rate, round trip
time and loss, for example "100mbit 80ms 0.1%". A running lab is left as it is.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf.Name = o.name
			if conf.Hosts < 1 {
				return usageError{fmt.Errorf("--hosts %d: want 1 or 2", conf.Hosts)}
			}
			if wan != "" {
				w, err := lab.ParseWAN(wan)
				if err != nil {
					return usageError{err}
				}
				conf.WAN = &w
			}
			return a.labUp(c.Context(), conf)
		},
	}
	f := c.Flags()
	f.IntVar(&conf.Hosts, "hosts", 2, "how many hosts, 1 or 2")
	f.StringVar(&wan, "wan", "", "the link between them, such as \"100mbit 80ms 0.1%\", or off")
	f.StringVar(&conf.Xen, "xen", "", "Xen release of the hosts, "+strings.Join(lab.Releases(), " or ")+
		", or one for each, as in 4.17,4.20 (default "+lab.DefaultXen+", or what the lab has)")
	f.StringVar(&conf.CPU, "cpu", "", "QEMU's processor model (default "+lab.DefaultCPU+")")
	f.IntVar(&conf.CPUs, "cpus", 0, "physical CPUs of each host (default 1)")
	f.BoolVar(&conf.Spare, "spare", false, "give each host a PCI function and a USB tablet to pass through")
	f.IntVar(&conf.Memory, "memory", 0, fmt.Sprintf("MiB for each host (default %d)", lab.DefaultMemory))
	f.BoolVar(&conf.Fresh, "fresh", false, "boot anew instead of starting from a snapshot")
	f.StringSliceVar(&conf.Guests, "guests", nil, "guests to bring: "+strings.Join(lab.Guests(), ", "))
	return c
}

// labUp starts the lab and puts this program into the hosts.
func (a *app) labUp(ctx context.Context, conf lab.Config) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	l, err := lab.Up(ctx, conf, func(host, text string) {
		fmt.Fprintln(a.stderr, strings.TrimSpace(host+" "+text))
	})
	if err != nil {
		return labUsage(err)
	}
	for _, h := range l.Hosts() {
		if !h.Running() {
			continue
		}
		if err := a.labInstall(ctx, h, self); err != nil {
			return err
		}
	}
	return a.labStatus(l)
}

// labInstall puts into a host what a user has there: this program, when it runs on the host's Xen, and what else it needs
// or is needed in its place, the build for that Xen, which lies beside it. Without that the host is of use all the same.
func (a *app) labInstall(ctx context.Context, h *lab.Host, self string) error {
	release, err := lab.BuiltFor(self)
	if err != nil {
		return err
	}
	if release == h.Xen() {
		return h.Install(ctx, self, labProgram)
	}
	other, dst := filepath.Join(filepath.Dir(self), "xenvoy-"+h.Xen()), labProgram
	if release == "" { // it runs on any, and hands over to the other
		if err := h.Install(ctx, self, labProgram); err != nil {
			return err
		}
		dst += "-" + h.Xen()
	}
	err = h.Install(ctx, other, dst)
	if errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(a.stderr, "%s lacks the xenvoy for its Xen: there is no %s; \"make build XEN=%s\" builds it\n", h.Name, other, h.Xen())
		return nil
	}
	return err
}

func newLabDownCommand(o *labOptions) *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "End the lab's hosts and forget their disks", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return labUsage(lab.Down(c.Context(), o.name, "")) },
	}
}

func newLabStatusCommand(a *app, o *labOptions) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show the lab's hosts", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			l, err := o.open()
			if err != nil {
				return err
			}
			return a.labStatus(l)
		},
	}
}

func (a *app) labStatus(l *lab.Lab) error {
	s, err := l.Status()
	if err != nil {
		return err
	}
	return a.print(s, func(w io.Writer) error {
		fmt.Fprintf(w, "Lab %s, %s (%s), processor %s\n", s.Name, s.Accel, s.Why, s.CPU)
		t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
		fmt.Fprintln(t, "HOST\tXEN\tSTATE\tADDRESS\tMEMORY\tSSH PORT\tPID\tLINK\tWAN")
		for _, h := range s.Hosts {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", h.Name, h.Xen, h.State, h.Address, h.MemoryMiB, orDash(h.SSHPort), orDash(h.PID), h.Link, h.WAN)
		}
		return t.Flush()
	})
}

func orDash(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func newLabSSHCommand(a *app, o *labOptions) *cobra.Command {
	c := &cobra.Command{
		Use:   "ssh HOST [COMMAND [ARG…]]",
		Short: "Run a command in a host as root, or open a shell there",
		Long: `Run a command in a host; its words arrive as they are, so that pipes and the like
want sh -c '…'. The exit status is the command's own. Without a command, a login shell.`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, words []string) error {
			h, err := o.host(words[0])
			if err != nil {
				return err
			}
			cmd, err := h.Command(c.Context(), words[1:]...)
			if err != nil {
				return err
			}
			cmd.Stdin, cmd.Stdout, cmd.Stderr = a.stdin, a.stdout, a.stderr
			if err = cmd.Run(); cmd.ProcessState != nil && cmd.ProcessState.ExitCode() > 0 {
				return exitError{cmd.ProcessState.ExitCode()}
			}
			return err
		},
	}
	c.Flags().SetInterspersed(false)
	return c
}

func newLabWANCommand(o *labOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "wan HOST|all SPEC…",
		Short: "Shape what a host sends to the other site: \"100mbit 80ms 0.1%\", or off",
		Long: `Shape what a host sends to the other site: rate, loss, and half of the round trip
time, for its own direction. With "all", both directions.`,
		Args: args(cobra.MinimumNArgs(2)),
		RunE: func(c *cobra.Command, words []string) error {
			w, err := lab.ParseWAN(strings.Join(words[1:], " "))
			if err != nil {
				return usageError{err}
			}
			l, err := o.open()
			if err != nil {
				return err
			}
			hosts := l.Hosts()
			if words[0] != "all" {
				h, err := l.Host(words[0])
				if err != nil {
					return labUsage(err)
				}
				hosts = []*lab.Host{h}
			}
			for _, h := range hosts {
				err = errors.Join(err, h.WAN(c.Context(), w))
			}
			return err
		},
	}
}

func newLabLogsCommand(a *app, o *labOptions) *cobra.Command {
	return &cobra.Command{
		Use: "logs HOST", Short: "Print a host's serial console: Xen's messages and dom0's kernel's", Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, words []string) error {
			h, err := o.host(words[0])
			if err != nil {
				return err
			}
			log, err := h.Log()
			if err != nil {
				return err
			}
			defer log.Close()
			_, err = io.Copy(a.stdout, log)
			return err
		},
	}
}

func newLabBuildEnvCommand(a *app) *cobra.Command {
	var xen string
	c := &cobra.Command{
		Use:   "build-env --xen RELEASE",
		Short: "Print the environment that builds programs for hosts of another Xen release",
		Long: `Print what the environment of the go command needs, so that programs are compiled
and linked for hosts of a Xen release other than this machine's:

    env $(xenvoy lab build-env --xen 4.20) go build ./cmd/xenvoy

The release's headers and libraries are fetched once, which needs root.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.labBuildEnv(c.Context(), xen) },
	}
	c.Flags().StringVar(&xen, "xen", "", "Xen release: "+strings.Join(lab.Releases(), ", "))
	return c
}

func (a *app) labBuildEnv(ctx context.Context, xen string) error {
	root, err := lab.BuildRoot(ctx, "", xen, func(_, text string) { fmt.Fprintln(a.stderr, text) })
	if err != nil {
		return labUsage(err)
	}
	v := struct {
		Xen  string   `json:"xen"`
		Root string   `json:"root"` // headers are in usr/include
		Env  []string `json:"env"`
	}{root.Xen, root.Root, root.Env()}
	return a.print(v, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, strings.Join(v.Env, "\n"))
		return err
	})
}
