package life

import (
	"context"

	"github.com/xenvoy/xenvoy/migrate/xlwire"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func migrate() *xl.Command {
	return &xl.Command{
		Name: "migrate", Operands: "[options] <Domain> <host>", Summary: "Move a running domain to another host", MinArgs: 2, Changes: true,
		Options: []xl.Option{
			{Short: 'C', Value: "CONFIG", Help: "Send this configuration file instead of the domain's own."},
			{Short: 's', Value: "SSHCOMMAND", Help: "A command for sh in the place of ssh; empty: <host> is the whole command, up to migrate-receive."},
			{Short: 'e', Help: "Leave no process behind on <host> that carries out the on_... actions."},
			{Short: 'F', Help: "Accepted, and as -e."},
			{Long: "debug", Help: "Compare the memory at the end, and print the configuration there."},
			{Long: "live", Help: "Accepted: all migrations are live."},
			{Short: 'p', Help: "Leave the domain paused there."},
			{Short: 'D', Help: "Have it keep its number."},
		},
		Run: onDomain(runMigrate),
	}
}

func runMigrate(ctx context.Context, c *xl.Call, id idl.DomID) error {
	defer xl.OutlivePipes()()
	override, _ := c.Value("C")
	ssh, given := c.Value("s")
	if !given {
		ssh = "ssh"
	}
	args := frontOptions(c) + " migrate-receive"
	for _, o := range []struct{ has, word string }{{"e", " -e"}, {"debug", " -d"}, {"p", " -p"}} {
		if c.Has(o.has) || o.has == "e" && c.Has("F") {
			args += o.word
		}
	}
	r, err := routeTo(ssh, c.Args[1], args)
	if err != nil {
		return err
	}
	cfg, err := configToSend(ctx, c, id, override)
	if err != nil {
		return err
	}
	name, err := c.Xen.DomIDToName(ctx, id)
	if err != nil {
		name = "" // it goes without
	}
	t, err := preamble(ctx, c, r, cfg)
	if err != nil {
		return err
	}
	m := &move{Call: c, transport: t, id: id, name: name}
	return m.run(ctx)
}

// preamble starts the other xl and sends what stands before the stream. The guest is not
// touched.
func preamble(ctx context.Context, c *xl.Call, r route, cfg *idl.DomainConfig) (*transport, error) {
	t, err := dial(c, r)
	if err != nil {
		return nil, err
	}
	if err := t.expect(ctx, xlwire.Banner, "banner"); err != nil {
		t.end(c)
		return nil, xl.Failf(xl.StatusFailed, "%w\n(command run was: %s )", err, r)
	}
	if err := writeHeader(c, t.send, cfg, "migration stream"); err != nil {
		t.end(c)
		return nil, err
	}
	return t, nil
}
