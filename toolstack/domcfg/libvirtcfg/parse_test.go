package libvirtcfg

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"libvirt.org/go/libvirtxml"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// glob is filepath.Glob that fails when there are fewer files than there were.
func glob(t testing.TB, pattern string, least int) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < least {
		t.Fatalf("%d files match %s, at least %d were there", len(files), pattern, least)
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

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parsed(t *testing.T, data []byte) *idl.DomainConfig {
	t.Helper()
	c, _, err := Parse(data, "f.xml")
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, data)
	}
	return c
}

func lines(text string) string {
	if text == "" {
		return ""
	}
	return text + "\n"
}

// TestGood reads each file, writes it, and reads what was written.
func TestGood(t *testing.T) {
	for _, path := range glob(t, "testdata/good/*.xml", 46) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			base := strings.TrimSuffix(path, ".xml")
			config, warnings, err := Parse(read(t, path), "f.xml")
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.MarshalIndent(config, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, base+".json", lines(string(text)))
			golden(t, base+".warn", lines(warnings.String()))
			again, dropped, err := Format(config)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, base+".formatted", string(again))
			if len(dropped) > 0 {
				t.Errorf("writing drops %v", dropped)
			}
			back, warnings, err := Parse(again, "f.xml")
			if err != nil || len(warnings) > 0 {
				t.Fatalf("%v, %v", warnings, err)
			}
			if !reflect.DeepEqual(config, back) {
				t.Error("comes back otherwise")
			}
		})
	}
}

// TestTypesOfLibvirt: what the types of libvirt's own module make of a file has the same
// meaning as the file. They do not know what is left out here.
func TestTypesOfLibvirt(t *testing.T) {
	for _, path := range glob(t, "testdata/good/*.xml", 46) {
		data := read(t, path)
		var d libvirtxml.Domain
		if err := d.Unmarshal(string(data)); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		text, err := d.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(parsed(t, data), parsed(t, []byte(text))) {
			t.Errorf("%s means something else in\n%s", path, text)
		}
	}
}

// TestBad reads files with faults: one each, but for those that are called many.
func TestBad(t *testing.T) {
	for _, path := range glob(t, "testdata/bad/*.xml", 19) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			_, _, err := Parse(read(t, path), "f.xml")
			var errs domcfg.Errors
			if !errors.As(err, &errs) {
				t.Fatalf("got %v", err)
			}
			golden(t, strings.TrimSuffix(path, ".xml")+".err", lines(err.Error()))
		})
	}
}

func TestTooLarge(t *testing.T) {
	text := "<domain type='xen'>" + strings.Repeat(" ", maxSize) + "</domain>"
	if _, _, err := Parse([]byte(text), "f.xml"); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("got %v", err)
	}
}

func TestRandomUUID(t *testing.T) {
	const text = "<domain type='xen'><name>a</name><memory>4096</memory><os><type>xen</type><kernel>k</kernel></os></domain>"
	a, b := parsed(t, []byte(text)), parsed(t, []byte(text))
	if a.CInfo.UUID == b.CInfo.UUID || a.CInfo.UUID[6]>>4 != 4 {
		t.Errorf("%v, %v", a.CInfo.UUID, b.CInfo.UUID)
	}
	if _, _, err := parse([]byte(text), "f.xml", strings.NewReader("short")); err == nil || !strings.Contains(err.Error(), "random") {
		t.Errorf("no random numbers: %v", err)
	}
}

// TestTooManyFaults: messages are bounded.
func TestTooManyFaults(t *testing.T) {
	text := "<domain type='xen'><name>a</name><memory>4096</memory><os><type>xen</type></os><devices>" +
		strings.Repeat("<disk/><strange/>", 1000) + "</devices></domain>"
	_, warnings, err := Parse([]byte(text), "f.xml")
	var errs domcfg.Errors
	if !errors.As(err, &errs) || len(errs) != maxErrors+1 || len(warnings) != maxWarnings+1 {
		t.Errorf("%d errors, %d warnings", len(errs), len(warnings))
	}
}
