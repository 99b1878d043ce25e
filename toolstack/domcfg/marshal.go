package domcfg

import (
	"bytes"
	"fmt"

	"gopkg.in/yaml.v3"
)

// Marshal writes d as a domain file that Parse reads back to the same Domain.
// It does not check d; comments of the file d came from are not kept. The
// error is what yaml.v3 returns.
func Marshal(d *Domain) ([]byte, error) {
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(d); err != nil {
		return nil, fmt.Errorf("write domain %s: %w", d.Name, err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("write domain %s: %w", d.Name, err)
	}
	return out.Bytes(), nil
}
