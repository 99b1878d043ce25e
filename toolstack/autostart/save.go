package autostart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/xenvoy/xenvoy/migrate/stream"
	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/durable"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A saved guest is a file of its own, in the form that xl has: a configuration, and the
// guest's state. It is taken up once: run again from an old state, a guest would find disks
// that are not as it left them.

// savePath is the file of a domain. Its name has no slash (domcfg).
func savePath(dir, name string) string { return filepath.Join(dir, filepath.Base(name)+".save") }

// save writes the running domain to its file, which is complete or not there. It leaves the
// domain suspended; after an error it runs on.
func save(ctx context.Context, h toolstack.Host, d toolstack.DomainInfo, path string) error {
	err := writeSaved(ctx, h, d, path)
	if err == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	now, look := h.Domain(ctx, d.ID)
	if look == nil && now.Suspended() {
		look = h.Resume(ctx, d.ID)
	}
	return errors.Join(err, look)
}

func writeSaved(ctx context.Context, h toolstack.Host, d toolstack.DomainInfo, path string) error {
	cfg, err := h.Config(ctx, d.ID)
	if err != nil {
		return err
	}
	text, err := json.Marshal(cfg)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := durable.Create(path, 0o600) // it has all that the guest knows
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := stream.WriteXLHeader(f, text); err != nil {
		return err
	}
	if err := h.Suspend(ctx, d.ID, f.File, toolstack.SuspendOptions{}); err != nil {
		return err
	}
	return f.Commit()
}

// restore takes up a saved guest; ok is false when there is none. The file is there no more
// once the guest runs, and again after an error.
func restore(ctx context.Context, h toolstack.Host, path string) (id toolstack.DomID, ok bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, true, err
	}
	defer f.Close() // only read from
	cfg, err := readConfig(f)
	if err != nil {
		return 0, true, fmt.Errorf("%s: %w", path, err)
	}
	id, err = h.Restore(ctx, cfg, f)
	if err != nil {
		return 0, true, err
	}
	if err := release(ctx, h, id, path); err != nil {
		return 0, true, errors.Join(err, h.Destroy(context.WithoutCancel(ctx), id))
	}
	return id, true, nil
}

func readConfig(f *os.File) (*idl.DomainConfig, error) {
	header, err := stream.ReadXLHeader(f)
	if err != nil {
		return nil, err
	}
	if len(header.Config) == 0 {
		return nil, errors.New("has no configuration")
	}
	cfg := &idl.DomainConfig{}
	return cfg, json.Unmarshal(header.Config, cfg)
}

// release lets a restored guest run. Before it does, its file has another name, so that
// nothing takes it up again.
func release(ctx context.Context, h toolstack.Host, id toolstack.DomID, path string) error {
	used := path + ".used"
	if err := os.Rename(path, used); err != nil {
		return err
	}
	if err := durable.SyncFolder(filepath.Dir(path)); err != nil {
		return errors.Join(err, os.Rename(used, path))
	}
	if err := h.Unpause(ctx, id); err != nil {
		return errors.Join(err, os.Rename(used, path))
	}
	os.Remove(used) // the guest runs: a file that stays only takes room
	return nil
}

// setAside renames the file of a domain that runs without it.
func setAside(path string) (note string, err error) {
	err = os.Rename(path, path+".old")
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	return fmt.Sprintf("it was not started from %s, which is %s.old now", path, filepath.Base(path)), err
}
