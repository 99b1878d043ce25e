package xlcfg

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

func TestLookup(t *testing.T) {
	f, err := ParseBytes([]byte("a = 1\nb = 'x'; b += \"y\"\nc = ['p']\nc += [2, ['q']]\n# end\na = 'z'"), "f")
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Lookup("a"); got.Value.Text != "z" || got.Pos != (domcfg.Position{File: "f", Line: 6, Column: 1}) || got.Added {
		t.Errorf("a is %+v", got)
	}
	if got := f.Lookup("b"); got.Value.Text != "xy" || !got.Added {
		t.Errorf("b is %+v", got)
	}
	items := f.Lookup("c").Value.Items
	if len(items) != 3 || items[0].Text != "p" || items[1].Text != "2" || !items[2].IsList || items[2].Items[0].Text != "q" {
		t.Errorf("c is %+v", items)
	}
	if f.Lookup("d") != nil || len(f.Settings) != 6 {
		t.Errorf("%d settings", len(f.Settings))
	}
}

// xl's command line adds settings behind the file.
func TestAdd(t *testing.T) {
	f, err := ParseBytes([]byte("memory = 64\nextra = 'a'\ndisk = []\n"), "f")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Add([]byte("memory=128\nextra+='b'"), "the command line"); err != nil {
		t.Fatal(err)
	}
	if m, e := f.Lookup("memory").Value.Text, f.Lookup("extra").Value.Text; m != "128" || e != "ab" {
		t.Errorf("memory is %s, extra is %s", m, e)
	}
	if len(f.Warnings()) != 0 {
		t.Errorf("an override is warned of: %v", f.Warnings())
	}
	if err := f.Add([]byte("nme='x'"), "the command line"); err != nil {
		t.Fatal(err)
	}
	_, warnings, _ := Config(f, Host{})
	if len(warnings) != 1 || warnings[0].Pos.File != "the command line" {
		t.Errorf("warnings: %v", warnings)
	}
	for _, wrong := range []string{"memory=", "disk += 'x'"} {
		var one *domcfg.Error
		if err := f.Add([]byte(wrong), "the command line"); !errors.As(err, &one) || one.Pos.File != "the command line" {
			t.Errorf("%s: got %v", wrong, err)
		}
	}
	if f.Lookup("disk") == nil || len(f.Settings) != 6 {
		t.Errorf("%d settings after errors", len(f.Settings))
	}
}

func TestColumnsCountCharacters(t *testing.T) {
	f, err := ParseBytes([]byte("a = 'größe', x"), "f")
	var errs domcfg.Errors
	if !errors.As(err, &errs) || errs[0].Pos.Column != 12 {
		t.Errorf("%v, %v", f, err)
	}
	f, err = ParseBytes([]byte("disk = ['/ä,raw,xvda,q']\nname='a'; kernel='k'"), "f")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = Config(f, Host{}); err == nil || !strings.HasPrefix(err.Error(), "f:1:22: disk: ") {
		t.Errorf("got %v", err)
	}
}

func TestLoadMissing(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "none.cfg")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("no disk") }

func TestReadFails(t *testing.T) {
	if _, err := Parse(failing{}, "f"); err == nil || !strings.Contains(err.Error(), "no disk") {
		t.Errorf("got %v", err)
	}
}

// What a file of the largest size makes us take is bounded, whatever is in it.
func TestMemoryIsBounded(t *testing.T) {
	const most = 1 << 30 // bytes, over the whole time
	for name, unit := range map[string]string{
		"brackets": "[", "lists": "a=[[],[]]\n", "commas": "a=[,]\n", "numbers": "1,", "added texts": "a+='x'\n", "added lists": "a+=[1]\n",
		"unknown keys": "", "quotes": "'", "escapes": "a='\\101'\n", "semicolons": ";", "comments": "#\n", "vnuma nodes": "vnuma+=[[]]\n",
		"leaves": "cpuid+=['1:']\n", "vif words": "vif+=['x=']\n", "cpus": "cpus+=['0']\n", "zeros": "\x00", "high bytes": "\xff",
		"disk flags": "discard,", "disks": "disk+=['/a,raw,xvda']\n",
	} {
		t.Run(name, func(t *testing.T) {
			text := "name='g'\nkernel='k'\nvcpus=30000\n"
			switch name {
			case "unknown keys":
				text += manyKeys()
			case "disk flags":
				text += "disk=['" + strings.Repeat(unit, MaxFileBytes/len(unit)-20) + "']"
			default:
				text += strings.Repeat(unit, (MaxFileBytes-len(text))/len(unit))
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f, err := ParseBytes([]byte(text), "f")
			if err == nil {
				_, _, err = Config(f, Host{})
			}
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > most {
				t.Errorf("%d bytes taken (%v)", got, err)
			}
			var errs domcfg.Errors
			if errors.As(err, &errs) && len(errs) > maxErrors+1 {
				t.Errorf("%d errors", len(errs))
			}
		})
	}
}

func manyKeys() string {
	var b strings.Builder
	for i := 0; b.Len() < MaxFileBytes-100; i++ {
		b.WriteString("key" + strings.Repeat("x", i%7) + "_" + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676%26)) + "=1\n")
	}
	return b.String()
}

func TestTooLarge(t *testing.T) {
	_, err := Parse(strings.NewReader(strings.Repeat("#", MaxFileBytes+1)), "f")
	if err == nil || !strings.Contains(err.Error(), "larger than 1048576 bytes") {
		t.Errorf("got %v", err)
	}
}

func TestScanNumber(t *testing.T) {
	for _, c := range []struct {
		text string
		base int
		want int64
		used int
		ok   bool
	}{
		{"12", 0, 12, 2, true}, {" +12x", 0, 12, 4, true}, {"-5", 0, -5, 2, true}, {"010", 0, 8, 3, true}, {"08", 0, 0, 1, true},
		{"0x1f", 0, 31, 4, true}, {"0x", 0, 0, 1, true}, {"0xg", 0, 0, 1, true}, {"0x1f", 16, 31, 4, true}, {"1f", 10, 1, 1, true},
		{"", 0, 0, 0, true}, {"-", 0, 0, 0, true}, {"x", 16, 0, 0, true},
		{"9223372036854775807", 10, 1<<63 - 1, 19, true}, {"9223372036854775808", 10, 0, 19, false},
		{"-9223372036854775808", 10, -1 << 63, 20, true}, {"-9223372036854775809", 10, 0, 20, false},
		{"99999999999999999999", 10, 0, 20, false},
	} {
		n, used := scanNumber(c.text, c.base)
		got, ok := n.long()
		if got != c.want || used != c.used || ok != c.ok {
			t.Errorf("scanNumber(%q, %d) = %d, %v, %d bytes", c.text, c.base, got, ok, used)
		}
	}
	if n, _ := scanNumber("-1", 10); n.ulong() != 1<<64-1 {
		t.Errorf("-1 wraps to %d", n.ulong())
	}
}

// accepted-by-xl.txt says of which bad files xl makes something after all.
func TestStricterThanXl(t *testing.T) {
	text, err := os.ReadFile("testdata/bad/accepted-by-xl.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines {
		name, why, _ := strings.Cut(line, ": ")
		if _, err := os.Stat("testdata/bad/" + name + ".cfg"); err != nil || why == "" {
			t.Errorf("%q: %v", line, err)
		}
	}
	if len(lines) < 10 {
		t.Errorf("only %d lines", len(lines))
	}
}

func TestKeys(t *testing.T) {
	keys := Keys()
	if len(keys) != 158 {
		t.Errorf("%d keys", len(keys))
	}
	var unseen []string
	set := map[string]bool{}
	for _, path := range append(glob(t, "testdata/good/*.cfg"), glob(t, "testdata/ours/*.cfg")...) {
		f, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range f.Settings {
			set[s.Name] = true
		}
	}
	for _, key := range keys {
		if !set[key] {
			unseen = append(unseen, key)
		}
	}
	if !reflect.DeepEqual(unseen, []string(nil)) {
		t.Errorf("no file in testdata has the keys %v", unseen)
	}
}
