package life

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// config is a domain file with a uuid, so that it gives the same each time.
const config = "name='web'\ntype='pvh'\nmemory=64\nkernel='/k'\nuuid='6c7f4b62-9d1b-4c0c-8a5d-3f3b4f6c2a11'\n"

func TestCreateBuildsWatchesAndStarts(t *testing.T) {
	file := xltest.File(t, "web.cfg", config)
	for name, c := range map[string]struct {
		words    []string
		running  bool
		monitors []string
	}{
		"plain":           {[]string{file}, true, []string{"1 /var/log/xen/xl-web.log"}},
		"-f":              {[]string{"-f", file}, true, []string{"1 /var/log/xen/xl-web.log"}},
		"paused":          {[]string{"-p", file}, false, []string{"1 /var/log/xen/xl-web.log"}},
		"no monitor":      {[]string{"-e", file}, true, nil},
		"foreground":      {[]string{file, "-F"}, true, []string{"1 "}},
		"nothing on disk": {[]string{"/dev/null", "name='web'", "memory=64", "type='pvh'", "kernel='/k'"}, true, []string{"1 /var/log/xen/xl-web.log"}},
	} {
		x, m := newXen(), &monitors{}
		got := bench(x, m).XL(t, append([]string{"create"}, c.words...)...)
		if got.Status != 0 || got.Stdout != "" || !slices.Equal(m.calls, c.monitors) || (len(x.running()) == 1) != c.running {
			t.Errorf("%s: %+v, monitors %q, running %q", name, got, m.calls, x.running())
		}
		contains(t, name, got.Stderr, "Parsing config from ")
	}
}

// What is on the command line comes last, and so wins.
func TestCreateAppendsWords(t *testing.T) {
	x := newXen()
	got := bench(x, &monitors{}).XL(t, "create", "-q", xltest.File(t, "web.cfg", config), "name=\"db\"", "memory=32")
	if got.Status != 0 || got.Stderr != "" || !slices.Equal(x.names(), []string{"db"}) || *x.domains[1].cfg.BInfo.MaxMemKB != 32<<10 {
		t.Errorf("%+v, %q", got, x.names())
	}
}

// Words are meant to win: nobody is warned of that.
func TestCreateDoesNotWarnOfWords(t *testing.T) {
	file := xltest.File(t, "web.cfg", config)
	if got := bench(newXen(), &monitors{}).XL(t, "create", file, "memory=32"); got.Stderr != "Parsing config from "+file+"\n" {
		t.Errorf("%+v", got)
	}
}

func TestCreateDryRunPrintsWhatLibxlGets(t *testing.T) {
	file := xltest.File(t, "web.cfg", config)
	for _, words := range [][]string{{"create", "-n", file}, {"-N", "create", file}, {"create", "-d", "--dryrun", file}} {
		x := newXen()
		got := bench(x, &monitors{}).XL(t, words...)
		if got.Status != 0 || len(x.calls) != 0 {
			t.Errorf("%q: %+v, %q", words, got, x.calls)
		}
		contains(t, strings.Join(words, " "), got.Stdout, "{\n    \"c_info\": {\n        \"type\": \"pvh\",\n", `"name": "web"`)
	}
	x := newXen()
	got := bench(x, &monitors{}).XL(t, "create", "-d", file)
	if got.Status != 0 || got.Stdout != "" || len(x.names()) != 1 {
		t.Errorf("-d: %+v", got)
	}
	contains(t, "-d", got.Stderr, "{\n    \"c_info\": {\n")
}

func TestCreateRefuses(t *testing.T) {
	good := xltest.File(t, "web.cfg", config)
	for name, c := range map[string]struct {
		words  []string
		status int
		stderr string
	}{
		"no file named":  {nil, 6, "Config file not specified and none in save file"},
		"no such file":   {[]string{"/none/web.cfg"}, 3, "Failed to read config file: /none/web.cfg: No such file or directory"},
		"two files":      {[]string{good, good}, 2, ""},
		"grammar":        {[]string{xltest.File(t, "bad.cfg", "name='web\n")}, 1, "bad.cfg:1:"},
		"meaning":        {[]string{good, "type='xyz'"}, 1, "type"},
		"unknown option": {[]string{"-x", good}, 2, "option `x' not supported."},
		"large file":     {[]string{xltest.File(t, "large.cfg", strings.Repeat("#", 2<<20))}, 1, "larger than"},
	} {
		x := newXen()
		got := bench(x, &monitors{}).XL(t, append([]string{"create"}, c.words...)...)
		if got.Status != c.status || len(x.calls) != 0 {
			t.Errorf("%s: %+v, %q", name, got, x.calls)
		}
		contains(t, name, got.Stderr, c.stderr)
	}
}

func TestCreateThatFailsLeavesNothing(t *testing.T) {
	file := xltest.File(t, "web.cfg", config)
	for name, c := range map[string]struct {
		prepare func(*fakeXen, *monitors)
		words   []string
		status  int
	}{
		"libxl":      {func(x *fakeXen, _ *monitors) { x.fail["create"] = libxl.ErrNoMem }, nil, 5},
		"taken name": {func(x *fakeXen, _ *monitors) { x.domains[7] = newXen("web").domains[1] }, nil, 6},
		"unpause":    {func(x *fakeXen, _ *monitors) { x.fail["unpause"] = libxl.ErrFail }, nil, 3},
		"monitor":    {func(_ *fakeXen, m *monitors) { m.err = errors.New("no descriptors") }, nil, 3},
		"log's name": {func(*fakeXen, *monitors) {}, []string{"name='../web'"}, 3},
	} {
		x, m := newXen(), &monitors{}
		c.prepare(x, m)
		before := len(x.domains)
		got := bench(x, m).XL(t, append([]string{"create", file}, c.words...)...)
		if got.Status != c.status || len(x.domains) != before {
			t.Errorf("%s: %+v, %q", name, got, x.names())
		}
	}
}

// Where dom0 gives memory away, nobody else creates a domain meanwhile.
func TestCreateMakesRoomUnderTheLock(t *testing.T) {
	x := &roomyXen{fakeXen: newXen(), lock: filepath.Join(t.TempDir(), "xl")}
	b := xltest.Bench{Commands: Commands(), Xen: x, Hooks: (&monitors{}).hooks(), Conf: "autoballoon='on'\nlockfile='" + x.lock + "'\n"}
	got := b.XL(t, "create", xltest.File(t, "web.cfg", config))
	if got.Status != 0 || x.asked != -1000 {
		t.Errorf("%+v, asked dom0 for %d", got, x.asked)
	}
	x.stuck = true
	if got = b.XL(t, "create", xltest.File(t, "web.cfg", config), "name='two'"); got.Status != 3 {
		t.Errorf("without room: %+v", got)
	}
	contains(t, "without room", got.Stderr, "failed to free memory for the domain")
}

func TestCreateDrawsANumber(t *testing.T) {
	x := newXen()
	b := bench(x, &monitors{})
	b.Conf = "domid_policy='random'\n"
	if got := b.XL(t, "create", xltest.File(t, "web.cfg", config)); got.Status != 0 || x.domains[1].cfg.CInfo.DomID != idl.RandomDomID {
		t.Errorf("%+v, %d", got, x.domains[1].cfg.CInfo.DomID)
	}
}

func TestCreateIgnoresMasks(t *testing.T) {
	for _, c := range []struct {
		words []string
		maps  int
	}{{nil, 1}, {[]string{"-i"}, 0}} {
		x := newXen()
		b := bench(x, &monitors{})
		b.Conf = "vm.cpumask='0-1'\n"
		got := b.XL(t, append([]string{"create", xltest.File(t, "web.cfg", config+"vcpus=1\n")}, c.words...)...)
		if got.Status != 0 || len(x.domains[1].cfg.BInfo.VCPUHardAffinity) != c.maps {
			t.Errorf("%q: %+v, %v", c.words, got, x.domains[1].cfg.BInfo.VCPUHardAffinity)
		}
	}
}

func TestXenvoyTellsWhatItCreated(t *testing.T) {
	got := bench(newXen(), &monitors{}).Xenvoy(t, "json", "create", xltest.File(t, "web.cfg", config))
	var r Created
	if err := json.Unmarshal([]byte(got.Stdout), &r); err != nil || got.Err != nil {
		t.Fatalf("%+v, %v", got, err)
	}
	if want := (Created{Name: "web", ID: 1, UUID: "6c7f4b62-9d1b-4c0c-8a5d-3f3b4f6c2a11"}); r != want {
		t.Errorf("%+v", r)
	}
}

func TestConfigUpdate(t *testing.T) {
	file := xltest.File(t, "web.cfg", config)
	x := newXen("web")
	got := bench(x, &monitors{}).XL(t, "config-update", "web", file, "memory=32")
	if got.Status != 0 || got.Stdout != "" || x.userdata["xl"] != config+"\nmemory=32\n\n" {
		t.Errorf("%+v, %q", got, x.userdata)
	}
	contains(t, "config-update", got.Stderr, "WARNING: xl now has better capability", "setting dom1 configuration")
	x = newXen("web")
	got = bench(x, &monitors{}).XL(t, "-N", "config-update", "web", file)
	if got.Status != 0 || len(x.userdata) != 0 {
		t.Errorf("dry run: %+v", got)
	}
	contains(t, "dry run", got.Stdout, "{\n    \"domid\": null,\n    \"config\": {\n        \"c_info\": {\n")
	for words, status := range map[string]int{"": 1, "web": 1, "nobody " + file: 1, "web /none": 253, "web " + file + " " + file: 2} {
		if got := bench(newXen("web"), &monitors{}).XL(t, append([]string{"config-update"}, strings.Fields(words)...)...); got.Status != status {
			t.Errorf("%q: %+v", words, got)
		}
	}
	x.fail["userdata"] = libxl.ErrFail
	if got := bench(x, &monitors{}).XL(t, "config-update", "web", file); got.Status != 1 || !strings.Contains(got.Stderr, "failed to update configuration") {
		t.Errorf("libxl fails: %+v", got)
	}
}

// A roomyXen has no free memory until dom0 gives some away.
type roomyXen struct {
	*fakeXen
	lock  string
	asked int64
	stuck bool
}

func (x *roomyXen) DomainNeedMemory(context.Context, *idl.DomainConfig) (idl.MemKB, error) {
	return 1000, nil
}
func (x *roomyXen) FreeMemory(context.Context) (idl.MemKB, error) {
	if x.asked != 0 && !x.stuck {
		return 1000, nil
	}
	return 0, nil
}

func (x *roomyXen) SetMemoryTarget(_ context.Context, _ idl.DomID, kb int64, _, _ bool) error {
	x.asked = kb
	return nil
}

func (x *roomyXen) WaitForMemoryTarget(context.Context, idl.DomID) error {
	if _, err := os.Stat(x.lock); err != nil {
		return err
	}
	if x.stuck {
		return xltest.Fault("libxl_wait_for_memory_target", libxl.ErrFail)
	}
	return nil
}

var _ xl.Xen = (*roomyXen)(nil)
