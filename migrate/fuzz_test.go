package migrate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack"
)

// TestCorpora keeps a fuzz target from losing its seeds unseen.
func TestCorpora(t *testing.T) {
	for _, dir := range []string{"testdata/fuzz/FuzzMessage", "testdata/fuzz/FuzzJournal", "testdata/fuzz/FuzzReport", "wan/testdata/fuzz/FuzzReceive"} {
		if files, err := os.ReadDir(dir); err != nil || len(files) < 3 {
			t.Errorf("%s has %d seeds, %v", dir, len(files), err)
		}
	}
}

// FuzzMessage decodes what a peer sends. An offer that passes the check must be
// safe to make a journal's path and a domain's name of.
func FuzzMessage(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decode(b)
		if err != nil || m.Offer == nil || m.Offer.Config == nil || m.Offer.check() != nil {
			return
		}
		path, err := journalPath("dir", SideDestination, m.Offer.ID)
		if err != nil || filepath.Dir(path) != "dir" {
			t.Errorf("id %q makes the path %q, %v", m.Offer.ID, path, err)
		}
		name := m.Offer.incoming().CInfo.Name
		if !strings.HasSuffix(name, toolstack.IncomingSuffix) || strings.ContainsAny(name, "/\x00\n") {
			t.Errorf("the incoming name is %q", name)
		}
	})
}

// FuzzJournal opens what a crash may have left. What is read must be there again
// after the next entry, with that entry behind it.
func FuzzJournal(f *testing.F) {
	const id = "20261123-000000-00000000"
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, id+".source.jsonl"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := OpenJournal(t.Context(), dir, SideSource, id)
		if err != nil {
			return
		}
		n := len(j.entries)
		if err := j.Write(Entry{Mark: MarkKept}); err != nil {
			t.Fatal(err)
		}
		j.Close()
		j, err = OpenJournal(t.Context(), dir, SideSource, id)
		if err != nil || len(j.entries) != n+1 || !j.Has(MarkKept) {
			t.Fatalf("%d entries and one more: %+v, %v", n, j, err)
		}
		j.Close()
	})
}
