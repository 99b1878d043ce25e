package xlcompat

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Plain makes a configuration in libxl's JSON comparable: sorted keys; without the
// uuid, unless it is the file's own, and without the generation id, which xl makes
// at random; and without empty texts, which are the same as none.
func Plain(text []byte, keepUUID bool) (string, error) {
	var v map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return "", fmt.Errorf("configuration: %w", err)
	}
	if info, ok := v["c_info"].(map[string]any); ok && !keepUUID {
		delete(info, "uuid")
	}
	strip(v)
	out, err := json.MarshalIndent(v, "", "  ")
	return string(out), err
}

func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			if member == "" || key == "ms_vm_genid" {
				delete(v, key)
			}
			strip(member)
		}
	case []any:
		for _, member := range v {
			strip(member)
		}
	}
}
