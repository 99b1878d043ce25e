package main

import (
	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack/xl"
)

// newListCommand is xl's list, for many domains and by their UUIDs, too.
func newListCommand(a *app) *cobra.Command {
	c := newXLCommand(a, xl.Find(xlCommands(), "list"))
	c.Use = "list [DOMAIN…]"
	c.Aliases = []string{"ls"}
	c.Long = `List all domains of this host, or those named. The table is xl list's own.
State is one letter a column: running, blocked, paused, shutdown, the reason of
the shutdown (- poweroff, r reboot, s suspend, c crash, w watchdog, S soft
reset), dying. With -v there are UUID, reason and security label, too.`
	return c
}
