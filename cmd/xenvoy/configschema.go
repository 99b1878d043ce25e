package main

import (
	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

func newConfigSchemaCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of domain files in YAML",
		Long: `Print the JSON Schema (draft 2020-12) of domain files in YAML, with which editors
complete keys and mark mistakes. It has no other form than JSON: --output does
not change it. What only a whole file shows, "xenvoy config check" finds.`,
		Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			text, err := domcfg.JSONSchema()
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(text)
			return err
		},
	}
}
