package migrate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// files compares the files that the domain needs with what the source knows of its own. It looks at
// nothing that the configuration does not name, and at each no more often than
// that does.
func (x *examination) files(ctx context.Context) error {
	type key struct{ what, path string }
	needed := map[key]int{}
	for _, n := range neededFiles(x.offer.Config, x.offer.Config) {
		needed[key{n.what, n.there}]++
	}
	disks := false
	for _, f := range x.offer.Files {
		if needed[key{f.What, f.Path}] == 0 {
			x.skipped = append(x.skipped, fmt.Sprintf("%s %s: the configuration does not name it", f.What, f.Path))
			continue
		}
		needed[key{f.What, f.Path}]--
		here := FileFact{What: f.What, Path: f.Path}
		err := here.look(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		disks = disks || f.disk()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			x.refuse("copy it there, or say with --map-disk which one it is there", "%s %s does not exist there", f.What, f.Path)
			if !f.disk() {
				x.found[len(x.found)-1].Do = "copy it there"
			}
		case errors.Is(err, errNoFile):
			x.refuse("put a file or a block device there", "%s %s %v", f.What, f.Path, err)
		case err != nil:
			x.refuse("make it readable for root", "%s %s: %v", f.What, f.Path, err)
		case f.Hash != "" && here.Hash != f.Hash:
			x.note("the guest runs on with what it has in memory, and boots with the other one", "%s %s has another content there", f.What, f.Path)
		case f.disk() && f.Size != 0 && here.Size != 0 && here.Size != f.Size:
			x.refuse("the disk must be shared or a copy", "%s %s has %d bytes there and %d here", f.What, f.Path, here.Size, f.Size)
		}
	}
	if disks {
		x.skipped = append(x.skipped, "what is on the disks: they must be shared or copies")
	}
	return nil
}

// sharedDisks looks for other domains here that use one of the disks while somebody writes to it.
func (x *examination) sharedDisks(ctx context.Context) error {
	for _, d := range x.domains {
		if d.ID == 0 || d.UUID == x.offer.uuid() {
			continue
		}
		cfg, err := x.host.Config(ctx, d.ID)
		if errVanished(err) {
			continue
		}
		if err != nil { // one that another program has made, or that is being built
			x.skipped = append(x.skipped, fmt.Sprintf("the disks of domain %d there: %v", d.ID, err))
			continue
		}
		x.sharedWith(d, cfg)
	}
	return nil
}

func (x *examination) sharedWith(d toolstack.DomainInfo, cfg *idl.DomainConfig) {
	for i := range x.offer.Config.Disks {
		ours := &x.offer.Config.Disks[i]
		for k := range cfg.Disks {
			theirs := &cfg.Disks[k]
			if ours.Readwrite == 0 && theirs.Readwrite == 0 || !sameDisk(ours, theirs) {
				continue
			}
			who := "which writes to it"
			if theirs.Readwrite == 0 {
				who = "and this one would write to it"
			}
			x.refuse("two guests on one disk destroy it: detach it from one of them", "disk %s: %s is in use by domain %q there, %s", ours.VDev, ours.PDevPath, d.Name, who)
		}
	}
}

// sameDisk says whether both are one file or device of this host, by whatever names.
func sameDisk(a, b *idl.DeviceDisk) bool {
	if !strings.HasPrefix(a.PDevPath, "/") || a.BackendDomID != b.BackendDomID || a.BackendDomName != b.BackendDomName {
		return false
	}
	if filepath.Clean(a.PDevPath) == filepath.Clean(b.PDevPath) {
		return true
	}
	one, err := os.Stat(a.PDevPath)
	if err != nil {
		return false
	}
	other, err := os.Stat(b.PDevPath)
	return err == nil && os.SameFile(one, other)
}

func lookFor(path string) error {
	_, err := os.Stat(path)
	return err
}
