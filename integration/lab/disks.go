package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/xenvoy/xenvoy/integration/lab/qmp"
)

// disk is one of a host's disks.
type disk struct {
	path    string // the host's own, qcow2
	backing string // what is in it at first, raw
	snap    string // it in the cache, with the snapshot
}

// disks lists the host's disks, with the snapshot that is, or would be, in the folder snapDir. The one that holds the
// machine's state comes last.
func (m *machine) disks(snapDir string) []disk {
	var all []disk
	if m.Debian != nil {
		all = append(all, disk{m.GuestDisk, m.Debian.Disk, filepath.Join(snapDir, m.Host+".debian.qcow2")})
	}
	return append(all, disk{m.Disk, m.Image.Disk, filepath.Join(snapDir, m.Host+".qcow2")})
}

// prepareDisks puts the host's disks in place, and settles how a start from a snapshot that may not exist goes.
func (m *machine) prepareDisks(ctx context.Context, how *start, disks []disk) error {
	switch *how {
	case fromDisk:
		return nil
	case fromOwnSnapshot:
		m.Load = bootedTag
		return nil
	case fromSnapshot:
		err := copySnapshot(disks)
		if err == nil {
			m.Load = bootedTag
		}
		if !errors.Is(err, os.ErrNotExist) {
			return err
		}
		*how = fromNothing
	}
	// A new disk begins a new log: the old one's panic is not this boot's.
	if err := os.RemoveAll(m.path(".serial.log")); err != nil {
		return err
	}
	for _, d := range disks {
		out, err := exec.CommandContext(ctx, "qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", d.backing, d.path).CombinedOutput()
		if err != nil {
			return fmt.Errorf("qemu-img: %w: %s", orCause(ctx, err), out)
		}
	}
	return nil
}

// copySnapshot gives the host the disks of the snapshot. It fails with os.ErrNotExist when that is not there as a whole.
func copySnapshot(disks []disk) error {
	for _, d := range disks {
		if err := copyFile(d.snap, d.path); err != nil {
			return err
		}
	}
	return nil
}

// takeSnapshot stores the running machine in its disks and a copy of them in the cache. The machine stands still
// meanwhile, about a second, so that the copy is whole.
func takeSnapshot(ctx context.Context, mon *qmp.Client, disks []disk) error {
	if err := mon.Execute(ctx, "stop", nil, nil); err != nil {
		return err
	}
	if err := mon.HumanQuiet(ctx, "savevm "+bootedTag); err != nil {
		return err
	}
	for _, d := range disks {
		if err := os.MkdirAll(filepath.Dir(d.snap), 0o755); err != nil {
			return err
		}
		if err := copyFile(d.path, d.snap); err != nil {
			return err
		}
	}
	return mon.Execute(ctx, "cont", nil, nil)
}

// copyFile copies a file under a temporary name and renames it, so that dst is whole or not there.
func copyFile(src, dst string) (err error) {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(dst), ".copy-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(out.Name()))
		}
	}()
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), dst)
}
