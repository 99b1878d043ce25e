package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/migrate"
	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl"
)

type migrateOptions struct {
	ssh     string
	peer    string
	dryRun  bool
	bridges []string
	disks   []string
}

func (o migrateOptions) command() []string { return strings.Fields(o.ssh) }

func newMigrateCommand(a *app) *cobra.Command {
	var o migrateOptions
	c := &cobra.Command{
		Use:   "migrate DOMAIN HOST",
		Short: "Move a running domain to another host",
		Long: `Move a running domain to another Xen host, live, over the system's ssh. The
other host needs xenvoy in its PATH; one that has only xl is spoken to in xl's own
way, which the report says, and which goes without a preflight there, a digest
and a journal. Before anything is sent the other host is asked what stands against
the move; --dry-run stops there. Until the other host is allowed
to start the guest, every failure lets it run on here, and so does Ctrl-C; after
that Ctrl-C changes nothing, for the guest must not run twice. docs/migration.md
has the steps, and what each failure leaves.`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, words []string) error { return a.migrate(c.Context(), words[0], words[1], o) },
	}
	c.Flags().StringVar(&o.ssh, "ssh", "ssh", "ssh program with its options, split at spaces")
	c.Flags().StringVar(&o.peer, "peer", string(migrate.PeerAuto), "program at the other end: xenvoy, xl, or auto for xl where there is no xenvoy")
	c.Flags().StringArrayVar(&o.bridges, "map-bridge", nil, "OLD=NEW: connect there to the bridge NEW what is on OLD here")
	c.Flags().StringArrayVar(&o.disks, "map-disk", nil, "OLD=NEW: take there the path NEW for the disk OLD, a path or the guest's name for it")
	c.Flags().BoolVarP(&o.dryRun, "dry-run", "n", false, "check whether the domain can move, and change nothing")
	c.AddCommand(newMigrateResolveCommand(a), newMigrateReportCommand(a), newMigrateStatusCommand(a), newMigrateCancelCommand(a))
	return c
}

// mapping takes --map-bridge and --map-disk apart.
func (o migrateOptions) mapping() (migrate.Mapping, error) {
	bridges, err := pairs("--map-bridge", o.bridges)
	disks, err2 := pairs("--map-disk", o.disks)
	return migrate.Mapping{Bridges: bridges, Disks: disks}, errors.Join(err, err2)
}

// pairs are the values of an option that are OLD=NEW each.
func pairs(option string, values []string) (map[string]string, error) {
	all := map[string]string{}
	for _, v := range values {
		old, to, ok := strings.Cut(v, "=")
		if !ok || old == "" || to == "" {
			return nil, usageError{fmt.Errorf("%s %q: want OLD=NEW", option, v)}
		}
		if other, twice := all[old]; twice && other != to {
			return nil, usageError{fmt.Errorf("%s: %q is to be both %q and %q", option, old, other, to)}
		}
		all[old] = to
	}
	return all, nil
}

func (a *app) migrate(ctx context.Context, domain, to string, o migrateOptions) error {
	transport := migrate.SSH{Command: o.command(), Host: to}
	if err := transport.Check(); err != nil {
		return usageError{err}
	}
	devices, err := o.mapping()
	if err != nil {
		return err
	}
	peer, err := migrate.ParsePeer(o.peer)
	if err != nil {
		return usageError{fmt.Errorf("--peer: %w", err)}
	}
	defer xl.OutlivePipes()()
	return a.withDomain(ctx, domain, func(h toolstack.Host, d toolstack.DomainInfo) error {
		bar := newBar(a.stderr, a.terminal(), d.Name)
		s := &migrate.Sender{
			Host: h, Transport: transport, SSHCommand: o.command(), StateDir: stateDir(),
			Progress: bar.show, Log: a.logger(), Brake: &migrate.Brake{},
			Map: devices, Peer: peer, At: stopAt(),
		}
		defer a.brakeOnSignals(s.Brake, bar.clear)()
		move := s.Migrate
		if o.dryRun {
			move = s.Check
		}
		report, err := move(ctx, d.ID)
		bar.clear()
		switch {
		case errors.Is(err, migrate.ErrMapping):
			return usageError{err}
		case report == nil:
			return err
		}
		return errors.Join(err, a.printReport(report))
	})
}

// stateDir holds what must survive this process: the migrations' journals.
func stateDir() string {
	if dir := os.Getenv("XENVOY_STATE"); dir != "" {
		return filepath.Join(dir, "migrate")
	}
	return "/var/lib/xenvoy/migrate"
}

func newMigrateResolveCommand(a *app) *cobra.Command {
	var assume string
	c := &cobra.Command{
		Use:   "resolve ID",
		Short: "Decide a migration whose end nobody has seen",
		Long: `Ask the destination of a migration what became of it, and let the guest run in
exactly one place: its suspended copy here is destroyed when it runs there, and
resumed when the destination gives it up for good.

Where the destination is lost, or died in the moment of the start and cannot
tell, find out what became of the guest and say so: --assume started when it ran
there, --assume aborted when it never did and never will. A wrong word makes two
running copies of the guest, or none.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, words []string) error {
			fate := migrate.Fate(assume)
			if fate != "" && fate != migrate.FateStarted && fate != migrate.FateAborted {
				return usageError{fmt.Errorf("--assume %q: want started or aborted", assume)}
			}
			h, err := a.host()
			if err != nil {
				return err
			}
			defer h.Close()
			outcome, err := migrate.Resolve(c.Context(), h, stateDir(), words[0], fate)
			if err != nil && !errors.Is(err, migrate.ErrNoAccount) {
				return err
			}
			return errors.Join(err, a.print(map[string]string{"id": words[0], "outcome": string(outcome)}, func(w io.Writer) error {
				says := "is " + string(outcome)
				if outcome == migrate.OutcomeEnded {
					says = "was not moved and has ended here: create it anew from its file"
				}
				_, err := fmt.Fprintf(w, "migration %s: the guest %s\n", words[0], says)
				return err
			}))
		},
	}
	c.Flags().StringVar(&assume, "assume", "", "do not ask the destination: started or aborted")
	return c
}
