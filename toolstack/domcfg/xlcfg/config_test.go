package xlcfg

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// glob is filepath.Glob that fails the test when there is nothing to test.
func glob(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no file matches %s", pattern)
	}
	return files
}

// golden compares with a file, which does not exist when there is nothing to say.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		err := os.Remove(path)
		if got != "" {
			err = os.WriteFile(path, []byte(got), 0o644)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil && (got != "" || !errors.Is(err, os.ErrNotExist)) {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it):\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// plain is JSON for comparison: sorted keys, no random members, and no empty
// texts, which idl does not tell from texts that are not there.
func plain(t *testing.T, text []byte, keepUUID bool) string {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	if top, ok := v.(map[string]any); ok && !keepUUID {
		if info, ok := top["c_info"].(map[string]any); ok {
			delete(info, "uuid")
		}
	}
	strip(v)
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out) + "\n"
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

// counting is a source of "random" bytes that are the same in each run.
type counting byte

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		*c++
		p[i] = byte(*c)
	}
	return len(p), nil
}

// TestGood compares with what xl makes of a file (testdata/good, and numa for a
// larger host), or with what we make of it on purpose (testdata/ours). The host
// is the lab's: one CPU, one node.
func TestGood(t *testing.T) {
	numa := Host{CPUs: 4, Nodes: 2, NodeCPUs: [][]int{{0, 1}, {2, 3}}}
	for folder, host := range map[string]Host{"good": {}, "ours": {}, "numa": numa} {
		for _, path := range glob(t, "testdata/"+folder+"/*.cfg") {
			t.Run(folder+"/"+filepath.Base(path), func(t *testing.T) { compareGood(t, path, host) })
		}
	}
}

func compareGood(t *testing.T, path string, host Host) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := ParseBytes(data, "f.cfg")
	if err != nil {
		t.Fatal(err)
	}
	config, warnings, err := config(file, host, new(counting))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	base := strings.TrimSuffix(path, ".cfg")
	compareJSON(t, base+".json", text, file.Lookup("uuid") != nil)
	said := warnings.String()
	if said != "" {
		said += "\n"
	}
	golden(t, base+".warn", said)
}

func compareJSON(t *testing.T, path string, text []byte, keepUUID bool) {
	t.Helper()
	got := plain(t, text, keepUUID)
	if *update && strings.Contains(path, "/ours/") {
		golden(t, path, got)
		return
	}
	recorded, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := plain(t, recorded, keepUUID); got != want {
		t.Errorf("%s differs:\n%s", path, difference(got, want))
	}
}

// difference is the lines of either text that the other lacks.
func difference(got, want string) string {
	var b strings.Builder
	gots, wants := strings.Split(got, "\n"), strings.Split(want, "\n")
	for _, line := range gots {
		if !slices.Contains(wants, line) {
			b.WriteString("got  " + line + "\n")
		}
	}
	for _, line := range wants {
		if !slices.Contains(gots, line) {
			b.WriteString("want " + line + "\n")
		}
	}
	if b.Len() == 0 {
		return "got:\n" + got + "want:\n" + want
	}
	return b.String()
}

// TestBad reads files with one fault each.
func TestBad(t *testing.T) {
	many := []string{"many", "quote-over-lines"} // each end of the text is a fault of its own
	for _, path := range glob(t, "testdata/bad/*.cfg") {
		name := strings.TrimSuffix(filepath.Base(path), ".cfg")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			file, err := ParseBytes(data, "f.cfg")
			if err == nil {
				_, _, err = Config(file, Host{})
			}
			var errs domcfg.Errors
			if !errors.As(err, &errs) {
				t.Fatalf("got %v", err)
			}
			if len(errs) != 1 && !slices.Contains(many, name) {
				t.Errorf("%d messages for one fault", len(errs))
			}
			golden(t, strings.TrimSuffix(path, ".cfg")+".err", err.Error()+"\n")
		})
	}
}
