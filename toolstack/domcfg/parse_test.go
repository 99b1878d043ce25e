package domcfg

import (
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
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

// goodFiles is every domain file that must parse: tests and shipped examples.
func goodFiles(t testing.TB) []string {
	t.Helper()
	return append(glob(t, "testdata/*.yaml"), glob(t, "../../configs/domains/*.yaml")...)
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it):\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// content is d without the places it was read from.
func content(d *Domain) Domain {
	c := *d
	c.file, c.pos = "", nil
	return c
}

func TestGoodFiles(t *testing.T) {
	for _, path := range goodFiles(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			d, err := Load(path)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.MarshalIndent(d, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			base := strings.TrimSuffix(filepath.Base(path), ".yaml")
			golden(t, filepath.Join("testdata", "golden", base+".json"), string(text)+"\n")
			checkRoundTrip(t, d)
		})
	}
}

// checkRoundTrip fails unless d comes back from YAML and from JSON as it was.
func checkRoundTrip(t *testing.T, d *Domain) {
	t.Helper()
	asYAML, err := Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{asYAML, asJSON} {
		back, err := Parse("back", data)
		if err != nil {
			t.Fatalf("%v\nin\n%s", err, data)
		}
		if !reflect.DeepEqual(content(back), content(d)) {
			t.Fatalf("comes back as\n%+v\ninstead of\n%+v\nthrough\n%s", content(back), content(d), data)
		}
	}
}

func TestBadFiles(t *testing.T) {
	for _, path := range glob(t, "testdata/bad/*.bad.yaml") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".bad.yaml"), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			d, err := Parse("f.yaml", data)
			if err == nil {
				t.Fatalf("accepted as %+v", content(d))
			}
			golden(t, strings.TrimSuffix(path, ".yaml")+".txt", err.Error()+"\n")
		})
	}
}

// One fault, one message: a file named for its fault must not be refused for
// what the fault made of other keys.
func TestOneFaultOneMessage(t *testing.T) {
	many := map[string]bool{"many": true, "many-of-meaning": true, "alias-bomb": true, "alias": true}
	for _, path := range glob(t, "testdata/bad/*.bad.yaml") {
		name := strings.TrimSuffix(filepath.Base(path), ".bad.yaml")
		_, err := Load(path)
		var errs Errors
		if !errors.As(err, &errs) {
			t.Errorf("%s: %T is not Errors", name, err)
		} else if !many[name] && len(errs) != 1 {
			t.Errorf("%s: %d messages for one fault:\n%v", name, len(errs), err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.yaml")
	if err := os.WriteFile(path, []byte(strings.Repeat("#", MaxFileBytes+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	var errs Errors
	if _, err := Load(path); !errors.As(err, &errs) || !strings.Contains(err.Error(), "larger than 1048576 bytes") {
		t.Errorf("got %v", err)
	}
}

func TestManyErrorsAreBounded(t *testing.T) {
	_, err := Parse("f.yaml", []byte(strings.Repeat("x: 1\n", 10000)))
	var errs Errors
	if !errors.As(err, &errs) || len(errs) != maxErrors+1 || !strings.Contains(err.Error(), "more errors are not shown") {
		t.Errorf("%d errors", len(errs))
	}
}

func TestLoadMissing(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestErrorsUnwrap(t *testing.T) {
	_, err := Parse("f.yaml", []byte("name: a\ntype: pv\nmemory: 64\nkernel: k\n"))
	var one *Error
	if !errors.As(err, &one) {
		t.Fatalf("%v holds no *Error", err)
	}
	if one.Field != "kernel" || one.Pos != (Position{"f.yaml", 4, 9}) {
		t.Errorf("got field %q at %v", one.Field, one.Pos)
	}
}

func TestPos(t *testing.T) {
	d, err := Load("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"name":            "testdata/full.yaml:1:7",
		"disks[0].path":   "testdata/full.yaml:12:12",
		"disks[2].path":   "testdata/full.yaml:16:5", // not written: the disk
		"networks[1].mac": "testdata/full.yaml:27:5",
		"boot[1]":         "testdata/full.yaml:9:15",
		"kernel":          "testdata/full.yaml:1:1", // not written: the document
		"disks[99].path":  "testdata/full.yaml:12:3",
	} {
		if got := d.Pos(field).String(); got != want {
			t.Errorf("Pos(%q) = %s, want %s", field, got, want)
		}
	}
	if p := (&Domain{}).Pos("kernel"); p.IsValid() {
		t.Errorf("a domain from no file has the position %v", p)
	}
}

func TestFiles(t *testing.T) {
	d, err := Load("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, ref := range d.Files() {
		got = append(got, ref.Pos.String()+" "+ref.Field+" "+ref.Path)
	}
	want := []string{
		"testdata/full.yaml:12:12 disks[0].path /srv/vm/full.qcow2",
		"testdata/full.yaml:13:11 disks[1].path /dev/vg0/data",
		"testdata/full.yaml:18:11 disks[3].path /srv/iso/debian.iso",
		"testdata/full.yaml:28:13 networks[2].script /opt/scripts/vif-mine",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What is named under libxl is looked for, too, and at its place.
func TestFilesUnderLibxl(t *testing.T) {
	d, err := Parse("f.yaml", []byte(`name: a
type: pv
memory: 64
kernel: /k
disks:
  - {path: /a, target: xvda, libxl: {pdev_path: /b}}
  - {path: /c, target: xvdb, backend: storage}
  - {path: "iqn.x:y", target: xvdc, script: /etc/block-mine}
libxl:
  b_info: {kernel: /l}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, ref := range d.Files() {
		got = append(got, ref.Pos.String()+" "+ref.Field+" "+ref.Path)
	}
	want := []string{
		"f.yaml:10:20 libxl.b_info.kernel /l",
		"f.yaml:6:49 disks[0].libxl.pdev_path /b",
		"f.yaml:8:45 disks[2].script /etc/block-mine",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A key that is read but not written, or the other way round, would be lost.
func TestSchemaCoversTypes(t *testing.T) {
	compare := func(v any, names []string) {
		t.Helper()
		if tags := tagsOf(t, reflect.TypeOf(v)); !reflect.DeepEqual(tags, names) {
			t.Errorf("%T has the fields\n%v\nits schema\n%v", v, tags, names)
		}
	}
	compare(Domain{}, schemaNames(domainSchema()))
	compare(Disk{}, schemaNames(diskSchema()))
	compare(Network{}, schemaNames(networkSchema()))
	compare(Scheduler{}, schemaNames(keysOf(schedulerLinks())))
	compare(VNode{}, schemaNames(keysOf(vnodeLinks())))
	compare(PVShim{}, schemaNames(keysOf(pvShimLinks())))
	compare(VNC{}, schemaNames(keysOf(vncLinks())))
	compare(Spice{}, schemaNames(keysOf(spiceLinks())))
	compare(SDL{}, schemaNames(keysOf(sdlLinks())))
	compare(RDM{}, schemaNames(keysOf(rdmLinks())))
	compare(DeviceModel{}, schemaNames(keysOf(deviceModelLinks())))
	compare(Stubdomain{}, schemaNames(keysOf(stubdomainLinks())))
	compare(Arm{}, schemaNames(keysOf(armLinks())))
	compare(CPUID{}, schemaNames(keysOf(leafLinks())))
	compare(MSR{}, schemaNames(keysOf(msrLinks())))
	compare(PCI{}, schemaNames(keysOf(pciList().all())))
	for v, names := range map[any][]string{
		Framebuffer{}: schemaNames(keysOf(framebufferLinks())), Keyboard{}: schemaNames(keysOf(keyboardLinks())),
		Channel{}: schemaNames(keysOf(channelLinks())), P9{}: schemaNames(keysOf(p9Links())), VTPM{}: schemaNames(keysOf(vtpmLinks())),
		PVCalls{}: schemaNames(keysOf(pvCallsLinks())), USBController{}: schemaNames(keysOf(usbControllerLinks())),
		USBHostDevice{}: schemaNames(keysOf(usbHostDeviceLinks())),
	} {
		compare(v, append(names, "libxl"))
	}
}

// tagsOf is the names of a structure's fields in YAML, and those of the
// structures embedded in it in their place.
func tagsOf(t *testing.T, typ reflect.Type) []string {
	var tags []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		if !f.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if f.Anonymous && options == "inline" {
			tags = append(tags, tagsOf(t, f.Type)...)
			continue
		}
		if j, _, _ := strings.Cut(f.Tag.Get("json"), ","); j != name {
			t.Errorf("%s.%s is %q in YAML and %q in JSON", typ.Name(), f.Name, name, j)
		}
		tags = append(tags, name)
	}
	return tags
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]Size{"1": MiB, "128MiB": 128 * MiB, "2GiB": 2 * GiB, "16TiB": 16 * TiB, "5KiB": 5} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "MiB", "1.5GiB", "1 GiB", "1gib", "-1", "+1", "0x10", "1MB", "18446744073709551616", "99999999999999999TiB"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q) = %v", text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, path := range append(goodFiles(f), glob(f, "testdata/bad/*.bad.yaml")...) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse("f.yaml", data)
		if err == nil {
			checkRoundTrip(t, d)
			config, err := d.LibxlConfig()
			if err != nil {
				t.Fatalf("parses, but %v", err)
			}
			if _, err := FromLibxl(config); err != nil { // proves its result itself
				t.Fatal(err)
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

func FuzzParseSize(f *testing.F) {
	for _, text := range []string{"1", "128MiB", "512MB", "0", "18446744073709551615KiB"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSize(text)
		if err != nil {
			return
		}
		if back, err := ParseSize(s.String()); err != nil || back != s {
			t.Errorf("%q is %d KiB, written %q, read back %d, %v", text, s, s, back, err)
		}
	})
}
