package domcfg_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// maxWithOverlay is how many of xl's files need words of libxl in YAML. It goes
// down as keys are added.
const maxWithOverlay = 38

// xlFiles is xl's files of which it is known what real xl makes of them, and
// the hosts that they are for.
func xlFiles(t testing.TB) map[string]xlcfg.Host {
	t.Helper()
	numa := xlcfg.Host{CPUs: 4, Nodes: 2, NodeCPUs: [][]int{{0, 1}, {2, 3}}}
	files := map[string]xlcfg.Host{}
	for folder, host := range map[string]xlcfg.Host{"good": {}, "ours": {}, "numa": numa} {
		found, err := filepath.Glob("xlcfg/testdata/" + folder + "/*.cfg")
		if err != nil || len(found) == 0 {
			t.Fatalf("no files of xl's in %s (%v)", folder, err)
		}
		for _, path := range found {
			files[path] = host
		}
	}
	return files
}

func configOf(t testing.TB, path string, host xlcfg.Host) *idl.DomainConfig {
	t.Helper()
	file, err := xlcfg.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	config, _, err := xlcfg.Config(file, host)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// inYAML is a configuration as a domain file, which is proved to give it back.
func inYAML(t testing.TB, config *idl.DomainConfig) []byte {
	t.Helper()
	d, err := domcfg.FromLibxl(config)
	if err != nil {
		t.Fatal(err)
	}
	data, err := domcfg.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	back, err := domcfg.Parse("back.yaml", data)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, data)
	}
	got, err := back.LibxlConfig()
	if err != nil {
		t.Fatal(err)
	}
	if a, b := jsonOf(t, got), jsonOf(t, config); !reflect.DeepEqual(a, b) {
		t.Errorf("%v\nbecomes\n%v\nby way of\n%s", b, a, data)
	}
	return data
}

// jsonOf is libxl's JSON without the difference between an empty list and none.
func jsonOf(t testing.TB, config *idl.DomainConfig) map[string]any {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	d := json.NewDecoder(strings.NewReader(strings.ReplaceAll(string(text), "null", "[]")))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEveryXLFileInYAML(t *testing.T) {
	files, overlaid := xlFiles(t), 0
	for path, host := range files {
		name := strings.TrimPrefix(path, "xlcfg/testdata/")
		t.Run(name, func(t *testing.T) {
			data := string(inYAML(t, configOf(t, path, host)))
			if i := strings.Index(data, "libxl:"); i >= 0 {
				overlaid++
				t.Logf("needs words of libxl:\n%s", data[i:])
			}
		})
	}
	t.Logf("%d of %d files of xl's need words of libxl", overlaid, len(files))
	if overlaid > maxWithOverlay {
		t.Errorf("%d files of xl's need words of libxl, more than the %d that did", overlaid, maxWithOverlay)
	}
}

// xl's file in YAML, and that in xl's words again, gives libxl the same.
func TestEveryXLFileThereAndBack(t *testing.T) {
	for path, host := range xlFiles(t) {
		t.Run(strings.TrimPrefix(path, "xlcfg/testdata/"), func(t *testing.T) {
			config := configOf(t, path, host)
			d, err := domcfg.Parse("there.yaml", inYAML(t, config))
			if err != nil {
				t.Fatal(err)
			}
			there, err := d.LibxlConfig()
			if err != nil {
				t.Fatal(err)
			}
			text, err := xlcfg.Write(there, host)
			if err != nil {
				t.Fatal(err)
			}
			file, err := xlcfg.ParseBytes(text, "back.cfg")
			if err != nil {
				t.Fatal(err)
			}
			back, _, err := xlcfg.Config(file, host)
			if err != nil {
				t.Fatal(err)
			}
			if h := config.BInfo.TypeHVM; h != nil && h.MsVMGenID != (idl.VMGenID{}) {
				back.BInfo.TypeHVM.MsVMGenID = h.MsVMGenID // xl makes a new one each time
			}
			if a, b := jsonOf(t, back), jsonOf(t, config); !reflect.DeepEqual(a, b) {
				t.Errorf("%v\nbecomes\n%v\nby way of\n%s", b, a, text)
			}
		})
	}
}

// A recorded uuid and the like must not hide that a domain file is not exact.
func TestEveryDomainFileFromLibxl(t *testing.T) {
	for _, pattern := range []string{"testdata/*.yaml", "../../configs/domains/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no file matches %s (%v)", pattern, err)
		}
		for _, path := range files {
			t.Run(filepath.Base(path), func(t *testing.T) {
				d, err := domcfg.Load(path)
				if err != nil {
					t.Fatal(err)
				}
				config, err := d.LibxlConfig()
				if err != nil {
					t.Fatal(err)
				}
				before, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if after := inYAML(t, config); strings.Contains(string(after), "libxl:") && !strings.Contains(string(before), "libxl:") {
					t.Errorf("needs words of libxl:\n%s", after)
				}
			})
		}
	}
}

// What libxl itself prints can be read back, too.
func FuzzFromLibxl(f *testing.F) {
	seeds := 0
	for path := range xlFiles(f) {
		data, err := os.ReadFile(strings.TrimSuffix(path, ".cfg") + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		seeds++
	}
	if seeds < 300 {
		f.Fatalf("only %d files to start from", seeds)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var config idl.DomainConfig
		if len(data) > domcfg.MaxFileBytes || json.Unmarshal(data, &config) != nil {
			return
		}
		d, err := domcfg.FromLibxl(&config)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\x00\r") {
				t.Errorf("%q", err)
			}
			return
		}
		got, err := d.LibxlConfig()
		if err != nil {
			t.Fatal(err)
		}
		if config.CInfo.UUID == (idl.UUID{}) {
			got.CInfo.UUID = idl.UUID{} // a new one each time
		}
		if a, b := jsonOf(t, got), jsonOf(t, &config); !reflect.DeepEqual(a, b) {
			t.Errorf("%v\nbecomes\n%v", b, a)
		}
	})
}
