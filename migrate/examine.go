package migrate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// examine finds all that stands against running the offered domain here. Its
// error is for an offer that makes no sense, or a host that cannot be asked.
func examine(ctx context.Context, h toolstack.Host, o *Offer) ([]Finding, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	info, err := h.Info(ctx)
	if err != nil {
		return nil, err
	}
	found := []Finding{}
	for _, look := range []func(context.Context, toolstack.Host, *toolstack.HostInfo, *Offer) ([]Finding, error){
		examineName, examineMemory, examineHost, examineFiles, examineBridges,
	} {
		f, err := look(ctx, h, info, o)
		if err != nil {
			return nil, err
		}
		found = append(found, f...)
	}
	return found, nil
}

func fatal(do, format string, args ...any) Finding {
	return Finding{Fatal: true, What: fmt.Sprintf(format, args...), Do: do}
}

func examineName(ctx context.Context, h toolstack.Host, _ *toolstack.HostInfo, o *Offer) ([]Finding, error) {
	all, err := h.Domains(ctx)
	if err != nil {
		return nil, err
	}
	var found []Finding
	for _, d := range all {
		switch {
		case d.UUID == o.uuid():
			found = append(found, fatal("is the guest here already, or is this the same host?",
				"uuid %s is taken by domain %q (id %d)", d.UUID, d.Name, d.ID))
		case d.Name == o.name() || d.Name == o.name()+toolstack.IncomingSuffix:
			found = append(found, fatal("rename one of the two", "the name %q is taken by domain %d", d.Name, d.ID))
		}
	}
	return found, nil
}

func examineMemory(ctx context.Context, h toolstack.Host, info *toolstack.HostInfo, o *Offer) ([]Finding, error) {
	need, err := h.MemoryNeeded(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	if need <= info.FreeMiB<<10 {
		return nil, nil
	}
	return []Finding{fatal("stop a domain there or give its dom0 less memory",
		"not enough memory: the domain needs %d MiB with overhead, %d MiB are free", (need+1023)>>10, info.FreeMiB)}, nil
}

// examineHost looks at what the hypervisor can do. State saved by a newer Xen
// can hold records that an older one refuses to load.
func examineHost(ctx context.Context, h toolstack.Host, info *toolstack.HostInfo, o *Offer) ([]Finding, error) {
	var found []Finding
	if info.XenMajor < o.XenMajor || info.XenMajor == o.XenMajor && info.XenMinor < o.XenMinor {
		found = append(found, fatal("upgrade Xen there first", "Xen %d.%d there is older than Xen %d.%d here",
			info.XenMajor, info.XenMinor, o.XenMajor, o.XenMinor))
	}
	if t := o.Config.CInfo.Type; t != idl.DomainTypePV && !info.HasCap("hvm") {
		why, err := toolstack.WhyNoHVM(ctx, h, info)
		if err != nil {
			return nil, err
		}
		found = append(found, fatal("", "the host cannot run %s guests: %s", t, why))
	}
	return found, nil
}

func examineFiles(_ context.Context, _ toolstack.Host, _ *toolstack.HostInfo, o *Offer) ([]Finding, error) {
	var found []Finding
	for _, f := range o.Files {
		here := FileFact{What: f.What, Path: f.Path}
		err := here.look()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			found = append(found, fatal("copy it there", "%s %s does not exist there", f.What, f.Path))
		case err != nil:
			found = append(found, fatal("make it readable for root", "%s %s: %v", f.What, f.Path, err))
		case f.Hash != "" && here.Hash != f.Hash:
			found = append(found, Finding{What: fmt.Sprintf("%s %s has another content there", f.What, f.Path),
				Do: "the guest runs on with what it has in memory, and boots with the other one"})
		case !f.boot() && f.Size != 0 && here.Size != 0 && here.Size != f.Size:
			found = append(found, fatal("the disk must be shared or a copy", "%s %s has %d bytes there and %d here",
				f.What, f.Path, here.Size, f.Size))
		}
	}
	return found, nil
}

func examineBridges(_ context.Context, _ toolstack.Host, _ *toolstack.HostInfo, o *Offer) ([]Finding, error) {
	var found []Finding
	seen := map[string]bool{}
	for _, n := range o.Config.NICs {
		if n.Bridge == "" || seen[n.Bridge] || filepath.Base(n.Bridge) != n.Bridge {
			continue
		}
		seen[n.Bridge] = true
		if _, err := os.Stat(filepath.Join("/sys/class/net", n.Bridge)); err != nil {
			found = append(found, fatal("create it", "there is no bridge %q there", n.Bridge))
		}
	}
	return found, nil
}
