package lab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
)

// Install puts the program at path into the host, as an executable at dst, unless the very same one is there. It fails
// with ErrOtherXen when the program is linked for another release than the host's.
func (h *Host) Install(ctx context.Context, path, dst string) error {
	xen, err := BuiltFor(path)
	if err != nil {
		return fmt.Errorf("host %s: install: %w", h.Name, err)
	}
	if xen != "" && xen != h.Xen() {
		return fmt.Errorf("host %s: install %s: %w: %s, and the host has %s", h.Name, path, ErrOtherXen, xen, h.Xen())
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("host %s: install: %w", h.Name, err)
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return fmt.Errorf("host %s: install: %w", h.Name, err)
	}
	// A missing file gives an exit status and no output, which is a difference like any other.
	res, err := h.Run(ctx, "sha256sum", "--", dst)
	if err != nil {
		return err
	}
	if sum, _, _ := strings.Cut(res.Stdout, " "); sum == hex.EncodeToString(hash.Sum(nil)) {
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("host %s: install: %w", h.Name, err)
	}
	return h.Put(ctx, f, dst, 0o755)
}
