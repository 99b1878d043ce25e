package privcmd

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/xenvoy/xenvoy/xen"
)

func TestOpenFirst(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(dir, "none")
	f, err := openFirst(none, there)
	if err != nil || f.Name() != there {
		t.Errorf("%v, %v", f, err)
	} else if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := openFirst(none, filepath.Join(there, "below")); !errors.Is(err, xen.ErrNoHypervisor) {
		t.Errorf("neither: %v", err)
	}
	// What else goes wrong does not mean that there is no Xen.
	if _, err := openFirst(dir, there); !errors.Is(err, syscall.EISDIR) || errors.Is(err, xen.ErrNoHypervisor) {
		t.Errorf("a folder: %v", err)
	}
}
