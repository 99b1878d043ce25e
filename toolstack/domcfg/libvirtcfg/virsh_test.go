package libvirtcfg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A listed difference from virsh's answer, one line of testdata/differences.txt.
type listed struct {
	direction, file, member, reason string
	seen                            bool
}

// matches: "*" is any file; a member's last "*" is the rest of its name.
func (l *listed) matches(direction, file, member string) bool {
	prefix, any := strings.CutSuffix(l.member, "*")
	return l.direction == direction && (l.file == "*" || l.file == file) &&
		(member == l.member || any && strings.HasPrefix(member, prefix))
}

func readListed(t *testing.T) []*listed {
	t.Helper()
	var out []*listed
	for line := range strings.Lines(string(read(t, "testdata/differences.txt"))) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.SplitN(line, "|", 4)
		if len(f) != 4 {
			t.Fatalf("%q is not DIRECTION|FILE|MEMBER|REASON", line)
		}
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		out = append(out, &listed{direction: f[0], file: f[1], member: f[2], reason: f[3]})
	}
	return out
}

// recorder looks up differences in the list.
type recorder struct {
	t    *testing.T
	list []*listed
}

func (r *recorder) check(direction, file, member, text string) {
	member = regexp.MustCompile(`\[\d+\]`).ReplaceAllString(member, "[]")
	found := false
	for _, l := range r.list {
		if l.matches(direction, file, member) {
			l.seen, found = true, true
		}
	}
	if !found {
		r.t.Errorf("not listed: %s | %s | %s | %s", direction, file, member, text)
	}
}

// TestVirsh compares with what libvirt 9.0 said in a dom0 of Xen 4.17 (testdata/record.sh).
func TestVirsh(t *testing.T) {
	r := &recorder{t: t, list: readListed(t)}
	agreed := 0
	for _, path := range glob(t, "testdata/good/*.xml", 46) {
		base := strings.TrimSuffix(path, ".xml")
		agreed += r.toNative(base) + r.written(base)
	}
	for _, path := range glob(t, "testdata/native/*.cfg", 30) {
		agreed += r.fromNative(strings.TrimSuffix(path, ".cfg"))
	}
	for _, l := range r.list {
		if !l.seen {
			t.Errorf("listed, and does not differ: %+v", *l)
		}
	}
	t.Logf("%d members have the same value", agreed)
}

// recorded is virsh's answer; nil when it refused the file.
func (r *recorder) recorded(direction, base, suffix string) []byte {
	file := filepath.Base(base)
	answer, err := os.ReadFile(base + suffix)
	switch refusal, refused := os.ReadFile(base + ".virsh.err"); {
	case err == nil:
		return answer
	case refused == nil:
		r.check(direction, file, "virsh", string(refusal))
	case errors.Is(err, os.ErrNotExist):
		r.t.Errorf("%s: no answer of virsh is recorded", base)
	}
	return nil
}

// toNative compares the configuration of a file with that of the xl.cfg that virsh makes of it.
func (r *recorder) toNative(base string) int {
	answer := r.recorded("to", base, ".virsh.cfg")
	if answer == nil {
		return 0
	}
	theirs, err := ofXL(answer)
	if err != nil {
		r.check("to", filepath.Base(base), "xl", err.Error())
		return 0
	}
	return r.compare("to", base, parsed(r.t, read(r.t, base+".xml")), theirs)
}

// written compares what virsh makes of a file with what it makes of ours.
func (r *recorder) written(base string) int {
	name := filepath.Base(base)
	want, err := os.ReadFile(base + ".virsh.cfg")
	refusal, refused := os.ReadFile(base + ".formatted.err")
	switch {
	case refused == nil:
		r.check("ours", name, "virsh", string(refusal))
		return 0
	case err != nil: // virsh refused the file; toNative has looked
		return 0
	}
	got := read(r.t, base+".formatted.cfg")
	theirs, err := ofXL(want)
	if err != nil {
		if string(got) != string(want) {
			r.check("ours", name, "text", fmt.Sprintf("%s, not %s", got, want))
		}
		return 0
	}
	ours, err := ofXL(got)
	if err != nil {
		r.check("ours", name, "xl", err.Error())
		return 0
	}
	return r.compare("ours", base, ours, theirs)
}

// fromNative compares the configuration of an xl.cfg with that of the XML that virsh makes of it.
func (r *recorder) fromNative(base string) int {
	answer := r.recorded("from", base, ".virsh.xml")
	if answer == nil {
		return 0
	}
	theirs, err := ofXL(read(r.t, base+".cfg"))
	if err != nil {
		r.t.Fatalf("%s: %v", base, err)
	}
	ours, warnings, err := Parse(answer, filepath.Base(base)+".virsh.xml")
	if len(warnings) > 0 {
		r.t.Errorf("warnings of what virsh itself adds:\n%s", warnings)
	}
	if err != nil {
		r.check("from", filepath.Base(base), "xml", err.Error())
		return 0
	}
	return r.compare("from", base, ours, theirs)
}

func (r *recorder) compare(direction, base string, ours, theirs *idl.DomainConfig) int {
	different, err := difference(ours, theirs)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, d := range different {
		r.check(direction, filepath.Base(base), d.Member, fmt.Sprintf("ours %q, virsh's %q", d.Value, d.Result))
	}
	all, _, err := members(ours)
	if err != nil {
		r.t.Fatal(err)
	}
	return len(all) - len(different)
}

func ofXL(text []byte) (*idl.DomainConfig, error) {
	f, err := xlcfg.ParseBytes(text, "f.cfg")
	if err != nil {
		return nil, err
	}
	c, _, err := xlcfg.Config(f, xlcfg.Host{CPUs: 8, Nodes: 2, NodeCPUs: [][]int{{0, 1, 2, 3}, {4, 5, 6, 7}}})
	return c, err
}
