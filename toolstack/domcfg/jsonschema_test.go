package domcfg_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := domcfg.JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("domain.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("domain.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// inJSON is a YAML document as a validator takes it.
func inJSON(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestJSONSchemaTakesGoodFiles(t *testing.T) {
	schema := compiledSchema(t)
	for _, pattern := range []string{"testdata/*.yaml", "../../configs/domains/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no file matches %s (%v)", pattern, err)
		}
		for _, path := range files {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(inJSON(t, data)); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	for path, host := range xlFiles(t) {
		data := inYAML(t, configOf(t, path, host))
		if err := schema.Validate(inJSON(t, data)); err != nil {
			t.Errorf("%s: %v\nfor\n%s", path, err, data)
		}
	}
}

// So do the documents of the pages' examples.
func TestJSONSchemaTakesExamples(t *testing.T) {
	schema := compiledSchema(t)
	for _, page := range []string{"domain-file.md", "many-domains.md", "autostart.md"} {
		data, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := strings.Split(string(data), "```yaml\n")[1:]
		if len(blocks) == 0 {
			t.Errorf("%s has no example", page)
		}
		for _, block := range blocks {
			text, _, _ := strings.Cut(block, "```")
			for document := range strings.SplitSeq(text, "\n---\n") {
				if err := schema.Validate(inJSON(t, []byte(document))); err != nil {
					t.Errorf("%s: %v\nfor\n%s", page, err, document)
				}
			}
		}
	}
}

// What an editor can know without the whole file: keys, types and words.
func TestJSONSchemaRefusesBadFiles(t *testing.T) {
	schema := compiledSchema(t)
	files, err := filepath.Glob("testdata/bad/*.bad.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, path := range files {
		said, err := os.ReadFile(strings.TrimSuffix(path, ".yaml") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		text := string(said)
		if !strings.Contains(text, "unknown key") && !strings.Contains(text, " should be") && !strings.Contains(text, "unknown value") &&
			!strings.Contains(text, "is not a whole number") && !strings.Contains(text, "does not apply to type") {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if yaml.Unmarshal(data, &v) != nil || hasOddKeys(v) || strings.Contains(path, "octal") {
			continue // no editor gets as far as the schema
		}
		tried++
		if schema.Validate(inJSON(t, data)) == nil {
			t.Errorf("%s is accepted, in spite of\n%s", path, text)
		}
	}
	if tried < 20 {
		t.Errorf("only %d bad files were tried", tried)
	}
}

func TestJSONSchemaOfHeaders(t *testing.T) {
	schema := compiledSchema(t)
	for text, good := range map[string]bool{
		"include: base.yaml": true,
		"{include: [a.yaml, b.yaml], defaults: {vcpus: 2, libxl: {c_info: {hap: true}}}}": true,
		"defaults: {disks: [{path: /a, target: xvda}]}":                                   true,
		"include: 1":                   false,
		"defaults: {name: web}":        false,
		"defaults: {memory: [1]}":      false,
		"{include: a.yaml, name: web}": false,
	} {
		if err := schema.Validate(inJSON(t, []byte(text))); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// hasOddKeys finds mappings that JSON does not have.
func hasOddKeys(v any) bool {
	switch v := v.(type) {
	case map[any]any:
		return true
	case map[string]any:
		for _, member := range v {
			if hasOddKeys(member) {
				return true
			}
		}
	case []any:
		for _, member := range v {
			if hasOddKeys(member) {
				return true
			}
		}
	}
	return false
}
