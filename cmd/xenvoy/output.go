package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"gopkg.in/yaml.v3"
)

// The values of --output.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatYAML  = "yaml"
)

func checkOutput(s string) error {
	if s != formatTable && s != formatJSON && s != formatYAML {
		return usageError{fmt.Errorf("--output %q: want table, json or yaml", s)}
	}
	return nil
}

// print writes v in the format that the user chose, all at once; table writes it for a
// person. JSON and YAML have the same fields in the same order.
func (a *app) print(v any, table func(io.Writer) error) error {
	var b bytes.Buffer
	if err := a.render(&b, v, table); err != nil {
		return err
	}
	_, err := a.stdout.Write(b.Bytes())
	return err
}

func (a *app) render(w io.Writer, v any, table func(io.Writer) error) error {
	if a.output == formatTable {
		return table(w)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	if a.output == formatJSON {
		_, err := w.Write(b.Bytes())
		return err
	}
	return writeYAML(w, b.Bytes())
}

// writeYAML turns JSON, which is YAML in another style, into YAML's own.
func writeYAML(w io.Writer, text []byte) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return err
	}
	plain(&doc)
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(&doc); err != nil {
		return err
	}
	return enc.Close()
}

func plain(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		plain(c)
	}
}
