package main

import (
	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack/xl"
)

// newInfoCommand is xl's info.
func newInfoCommand(a *app) *cobra.Command {
	c := newXLCommand(a, xl.Find(xlCommands(), "info"))
	c.Use = "info [KEY]"
	c.Long = `Describe this host and its hypervisor. The table is xl info's own; with KEY it is
the values of those lines whose names begin so. When the host cannot run HVM and
PVH guests, a note on standard error says why.`
	return c
}
