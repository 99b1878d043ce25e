package domcfg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// archive reads a test's files; open gives them by name.
func archive(t testing.TB, path string) (files map[string]string, open func(string) ([]byte, error)) {
	t.Helper()
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	for _, f := range a.Files {
		files[f.Name] = string(f.Data)
	}
	return files, func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
		}
		return []byte(text), nil
	}
}

func TestParseAll(t *testing.T) {
	for _, path := range glob(t, "testdata/many/*.txtar") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			files, open := archive(t, path)
			all, err := parseAll("main.yaml", []byte(files["main.yaml"]), open)
			if want, bad := files["errors"]; bad {
				if err == nil || err.Error()+"\n" != want {
					t.Errorf("errors:\n%v\nwant:\n%s", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, d := range all {
				fmt.Fprintf(&got, "%s %s %s %q %s\n", d.Name, d.Type, d.Memory, d.Cmdline, d.Pos("memory"))
			}
			if got.String() != files["want"] {
				t.Errorf("domains:\n%swant:\n%s", &got, files["want"])
			}
		})
	}
}

func TestParseAllBounds(t *testing.T) {
	none := func(string) ([]byte, error) { return nil, fs.ErrNotExist }
	itself := func(string) ([]byte, error) { return []byte("include: x/a.yaml\n"), nil }
	const shared = "defaults:\n  type: pvh\n  memory: 1GiB\n  kernel: /k\n"
	var domains, disks strings.Builder
	for i := range maxDomains + 1 {
		fmt.Fprintf(&domains, "---\nname: d%d\n", i)
	}
	disks.WriteString("  disks:\n")
	for i := range 26 * 26 {
		fmt.Fprintf(&disks, "    - {path: /d/%d, target: xvd%c%c}\n", i, 'a'+i/26, 'a'+i%26)
	}
	for name, tc := range map[string]struct {
		text string
		open func(string) ([]byte, error)
		want string
	}{
		"domains":  {shared + domains.String(), none, "has more than 1000 domains"},
		"depth":    {"include: x/a.yaml\n", itself, "is more than 8 files deep"},
		"files":    {"include: [" + strings.Repeat("a.yaml,", maxIncludes+1) + "b.yaml]\n", func(string) ([]byte, error) { return []byte("defaults: {}\n"), nil }, "more than 100 included files"},
		"defaults": {shared + disks.String() + domains.String(), none, "the defaults come to too much"},
		"nothing":  {"# nothing\n---\n---\n", none, "the file is empty"},
	} {
		if _, err := parseAll("main.yaml", []byte(tc.text), tc.open); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %.300v, want %q", name, err, tc.want)
		}
	}
}

// A single domain reads the same, whichever way it is read.
func TestParseAllOfOne(t *testing.T) {
	for _, path := range goodFiles(t) {
		all, err := LoadAll(path)
		if err != nil || len(all) != 1 {
			t.Fatalf("%s: %d domains, %v", path, len(all), err)
		}
		one, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := Marshal(all[0])
		b, _ := Marshal(one)
		if string(a) != string(b) {
			t.Errorf("%s: %s\nand %s", path, a, b)
		}
	}
}

func TestLoadAllFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("base.yaml", "defaults: {type: pvh, memory: 1GiB, kernel: /k}\n")
	main := write("main.yaml", "include: base.yaml\n---\nname: a\n---\nname: b\n")
	if all, err := LoadAll(main); err != nil || len(all) != 2 || all[1].Pos("type").File != filepath.Join(dir, "base.yaml") {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := LoadAll(filepath.Join(dir, "base.yaml")); err != nil || len(all) != 0 {
		t.Errorf("defaults alone: %+v, %v", all, err)
	}
	if _, err := LoadAll(filepath.Join(dir, "none.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := LoadAll(write("dir.yaml", "include: .\n")); err == nil || !strings.Contains(err.Error(), "is not a regular file") {
		t.Errorf("a folder: %v", err)
	}
}

func FuzzParseAll(f *testing.F) {
	for _, path := range glob(f, "testdata/many/*.txtar") {
		files, _ := archive(f, path)
		f.Add([]byte(files["main.yaml"]), []byte(files["base.yaml"]+files["parts/base.yaml"]))
	}
	f.Fuzz(func(t *testing.T, main, other []byte) {
		all, err := parseAll("main.yaml", main, func(string) ([]byte, error) { return other, nil })
		if err == nil {
			for _, d := range all {
				if d.Name == "" || !d.Pos("name").IsValid() {
					t.Errorf("%+v", d)
				}
			}
			return
		}
		var errs Errors
		if !errors.As(err, &errs) || len(errs) == 0 {
			t.Fatalf("%T: %v", err, err)
		}
		for _, e := range errs {
			if !e.Pos.IsValid() || e.Msg == "" || strings.ContainsAny(e.Error(), "\n\r\x00") {
				t.Errorf("%q", e.Error())
			}
		}
	})
}
