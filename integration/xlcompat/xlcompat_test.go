package xlcompat

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

// cases reads one file of cases.
func cases(t *testing.T, text string) []*File {
	t.Helper()
	files, err := Read(fstest.MapFS{"one.txt": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestRead reads the cases of the lab: all 92 commands of xl 4.17 are there, with their
// traits once, and a reason where there is no positive case.
func TestRead(t *testing.T) {
	files, err := Read(os.DirFS("../testdata/xl"))
	if err != nil {
		t.Fatal(err)
	}
	traits, positive, absent, failing := map[string]int{}, map[string]int{}, map[string]bool{}, map[string]int{}
	for _, f := range files {
		for _, s := range f.Sections {
			traits[s.Command] += 0
			if s.Traits != nil {
				traits[s.Command]++
			}
			absent[s.Command] = absent[s.Command] || s.Absent != ""
			for _, c := range s.Cases {
				if c.Path == Positive {
					positive[c.Command]++
				} else {
					failing[c.Command]++
				}
			}
		}
	}
	delete(traits, "help")
	if len(traits) != 92 {
		t.Errorf("%d commands, xl 4.17 has 92", len(traits))
	}
	for name, n := range traits {
		if n != 1 {
			t.Errorf("%s: its traits stand at %d places", name, n)
		}
		if (positive[name] > 0) == absent[name] {
			t.Errorf("%s: %d positive cases, and absent is %v", name, positive[name], absent[name])
		}
		if failing[name] < 2 {
			t.Errorf("%s: %d cases beside the positive path", name, failing[name])
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"+ xl list":                      "one.txt:1: \"+\": neither",
		"    before x":                   "one.txt:1: an indented line belongs to a case",
		"[list":                          "want [COMMAND]",
		"[list] operands x":              "no number",
		"[list] quick":                   "want operands N",
		"[list]\n+ xl list":              "one.txt:2: a positive case says",
		"[list]\n= xl list\n  shows x":   "shows without then",
		"[list]\n= xl list\n  out (":     "missing closing",
		"[list]\n= xl list\n  status x":  "invalid syntax",
		"[list]\n= xl list\n  blank x":   "no such blank",
		"[list]\n= xl list\n  differs x": "differs wants PARTS",
		"[list]\n= x\n  differs a: b":    "the parts are",
		"[list]\n= xl list\n  else x":    "no such line",
		"[list]\n= xl list\nsetup x":     "does not belong here",
		"absent x":                       "does not belong here",
		"setup":                          "setup what?",
	} {
		if _, err := Read(fstest.MapFS{"one.txt": {Data: []byte(text)}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := Read(fstest.MapFS{}); err == nil {
		t.Error("no cases are no error")
	}
}

func TestStandard(t *testing.T) {
	var lines []string
	for _, c := range Standard("x", &Traits{Operands: 2}) {
		lines = append(lines, c.Line)
	}
	want := []string{"xl x -h", "xl x --no-such-option", "xl x x"}
	if !reflect.DeepEqual(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
	if all := Standard("x", &Traits{Plain: true}); len(all) != 0 {
		t.Errorf("%d cases for a command without anything in common", len(all))
	}
}

func TestClasses(t *testing.T) {
	for text, want := range map[string]string{
		"":   "",
		"\n": "",
		"'xl pause' requires at least 1 argument.\n\n":      "too few operands",
		"option `z' not supported.\n":                       "unknown option",
		"x is an invalid domain identifier (rc=-6)":         "unknown domain",
		"libxl: error: a.c:1:f: b\nUnable\nlibxl: error: c": "libxl, message",
		"guest.cfg:3: syntax error\nParsing config from x":  "fault of a configuration, progress",
	} {
		if got := strings.Join(Classes(text), ", "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestBlank(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"seconds", "Domain-0   0   640     1     r-----      12.5\n", "Domain-0   0   640     1     r-----<seconds>\n"},
		{"cpu", "pv  1   0    1   -b-    0.1  all / all\n", "pv  1   0    <cpu>    0.1  all / all\n"},
		{"clock", "Domain-0   0  1:02:03\n", "Domain-0   0  <clock>\n"},
		{"count", "boot\ntiny 7\r\ntiny 8\r\n", "<count>"},
		{"", "x\nUsage: xl [-vtT] list [options]\n\nwords\n", "x\nUsage: xl [-vtT] list<help>"},
	} {
		var names []string
		if c.name != "" {
			names = []string{c.name}
		}
		if got := blank(c.text, names); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

const someCases = `setup echo begin >log
teardown echo end >>log
[pause]
setup echo section >>log
+ xl pause 'a  b' "$HOME"
    before echo before >>log
    then cat state
    shows paused
    after rm state
    out ^real|^ours
    differs stdout: each gives its name
= xl both; exit 3
    status 3
- xl same
    differs status: it is mended
`

// TestScript runs cases with two scripts in the place of xl.
func TestScript(t *testing.T) {
	dir := t.TempDir()
	for path, text := range map[string]string{
		"helpers.sh": "HOME='a $x'\n",
		"real/xl":    "#!/bin/sh\ncase $1 in pause) echo real $#; echo paused >state; [ \"$3\" = 'a $x' ];; same) exit 1;; esac\n",
		"ours/xl":    "#!/bin/sh\ncase $1 in pause) echo ours $#; echo paused >state;; same) echo x >&2; exit 1;; esac\n",
	} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	files := cases(t, someCases)
	script := filepath.Join(dir, "cases.sh")
	if err := os.WriteFile(script, []byte(Script(files, "real", "ours")), 0o644); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "bash", script, dir)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	all, err := Parse(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if faults := Around(files, all); len(faults) != 0 {
		t.Errorf("around: %q", faults)
	}
	log, err := os.ReadFile(filepath.Join(dir, "log"))
	if want := "begin\nsection\nbefore\nbefore\nend\n"; err != nil || string(log) != want {
		t.Errorf("the log has %q, %v; want %q", log, err, want)
	}
	want := [][]string{nil, nil, {"status does", "stderr differs:"}}
	for i, c := range files[0].Sections[0].Cases {
		v := Judge(c, all)
		for j, fault := range v.Faults {
			if j >= len(want[i]) || !strings.Contains(strings.Join(want[i], "|"), strings.Join(strings.Fields(fault)[:2], " ")) {
				t.Errorf("%s: %s", c.Line, fault)
			}
		}
		if len(v.Faults) != len(want[i]) {
			t.Errorf("%s: %q, want %q", c.Line, v.Faults, want[i])
		}
	}
}

// TestJudge has xl do what the case does not expect, and the other program something else.
func TestJudge(t *testing.T) {
	c := cases(t, "[pause]\n+ xl pause a\n  out ^x$\n  before setup\n")[0].Sections[0].Cases[0]
	all := Results{
		"1.real.before": {Status: 1}, "1.ours.before": {},
		"1.real.run": {Status: 1, Stdout: "y", Stderr: "z"}, "1.ours.run": {Stdout: "x", Hung: true},
	}
	text := strings.Join(Judge(c, all).Faults, "\n")
	for _, want := range []string{
		"exit status 1 on the positive path: z", `prints "y", want`, "real, before: exit status 1", "ours, run: hangs",
		`status differs: xl "1", ours "0"`, `stdout differs: xl "y", ours "x"`, `stderr differs: xl "message", ours ""`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if faults := Judge(c, Results{}).Faults; len(faults) == 0 {
		t.Error("a case that was not run is right")
	}
}

func TestPage(t *testing.T) {
	files := cases(t, "[pause]\n+ xl pause a\n  out\n  differs stderr: ours says why\n[flask]\nabsent no module\n- xl flask\n")
	same := map[Part]bool{Status: true, Stdout: true, Effect: true}
	var verdicts []Verdict
	for _, s := range files[0].Sections {
		verdicts = append(verdicts, Verdict{Case: s.Cases[0], Same: same})
	}
	page := Page(files, verdicts, "4.17")
	for _, want := range []string{
		"2 commands; 1 run their positive path, 1 cannot here; 2 cases",
		"| `flask` | no: no module | 1 | 1 | 1 | 0 | 1 |",
		"| `pause` | 1 cases | 1 | 1 | 1 | 0 | 1 |",
		"- `xl pause a`: stderr: ours says why",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "no archive", strings.Repeat("x", 2000)} {
		if all, err := Parse(strings.NewReader(text)); err == nil {
			t.Errorf("%.10q: %v", text, all)
		}
	}
}

func TestPlain(t *testing.T) {
	const text = `{"c_info": {"uuid": "u", "name": "n"}, "b": [{"x": "", "ms_vm_genid": [1]}], "a": 12345678901234567890}`
	for keep, want := range map[bool]string{
		true:  `{"a":12345678901234567890,"b":[{}],"c_info":{"name":"n","uuid":"u"}}`,
		false: `{"a":12345678901234567890,"b":[{}],"c_info":{"name":"n"}}`,
	} {
		got, err := Plain([]byte(text), keep)
		if plain := strings.Join(strings.Fields(got), ""); err != nil || plain != want {
			t.Errorf("%v: %s, %v; want %s", keep, plain, err, want)
		}
	}
	if _, err := Plain([]byte("[]"), true); err == nil {
		t.Error("a list is a configuration")
	}
}
