package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// makeOffer describes the domain to the destination.
func makeOffer(ctx context.Context, h toolstack.Host, r *Report, cfg *idl.DomainConfig) (*Offer, error) {
	info, err := h.Info(ctx)
	if err != nil {
		return nil, err
	}
	if cfg.CInfo.Type == idl.DomainTypePV && !info.HasCap("shadow") {
		r.Findings = append(r.Findings, fatal("boot a Xen with CONFIG_SHADOW_PAGING on the source",
			"the Xen here is built without shadow paging, by which it follows what a running PV guest writes"))
	}
	o := &Offer{ID: r.ID, From: r.From, XenMajor: info.XenMajor, XenMinor: info.XenMinor, Config: cfg, Files: []FileFact{}}
	for _, f := range neededFiles(cfg) {
		if err := f.look(); err != nil {
			r.Findings = append(r.Findings, Finding{What: fmt.Sprintf("%s %s cannot be read here, so it is not compared: %v", f.What, f.Path, err)})
		}
		o.Files = append(o.Files, f)
	}
	return o, nil
}

// neededFiles lists the paths that the toolstack opens to build the domain. A
// direct-boot kernel is among them even for a guest that runs: libxl gives it to
// the device model again.
func neededFiles(cfg *idl.DomainConfig) []FileFact {
	var all []FileFact
	add := func(what, path string) {
		if strings.HasPrefix(path, "/") {
			all = append(all, FileFact{What: what, Path: path})
		}
	}
	add("kernel", cfg.BInfo.Kernel)
	add("ramdisk", cfg.BInfo.Ramdisk)
	for _, d := range cfg.Disks {
		add("disk "+d.VDev, d.PDevPath)
	}
	return all
}

// boot says whether the file is read whole, and so compared by its content.
func (f *FileFact) boot() bool { return f.What == "kernel" || f.What == "ramdisk" }

// look fills in what this host knows of the file. os.PathError when it cannot
// be read.
func (f *FileFact) look() error {
	// Without O_NONBLOCK the opening of a FIFO would wait for its writer.
	file, err := os.OpenFile(f.Path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return err
	}
	f.Size = st.Size()
	if !f.boot() {
		return nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	f.Hash = hex.EncodeToString(sum.Sum(nil))
	return nil
}

func (o *Offer) name() string { return o.Config.CInfo.Name }
func (o *Offer) uuid() string { return o.Config.CInfo.UUID.String() }

// incoming is the configuration to rebuild the domain with: the same guest
// under the name that marks it as not yet here.
func (o *Offer) incoming() *idl.DomainConfig {
	c := *o.Config
	c.CInfo.Name += toolstack.IncomingSuffix
	return &c
}

// check refuses an offer that no honest source makes.
func (o *Offer) check() error {
	name := o.name()
	switch {
	case !validID().MatchString(o.ID):
		return fmt.Errorf("the offer's id %.80q is not one", o.ID)
	case name == "" || len(name) > 100 || strings.ContainsAny(name, "/\x00\n"):
		return fmt.Errorf("the offer's domain name %.120q is not one", name)
	case o.Config.CInfo.UUID == idl.UUID{}:
		return fmt.Errorf("the offer's domain %q has no uuid", name)
	}
	return nil
}
