package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// makeOffer describes the domain to the destination, as it is to be there.
func (m *sending) makeOffer(ctx context.Context) (*Offer, error) {
	info, err := m.Host.Info(ctx)
	if err != nil {
		return nil, err
	}
	r := m.report
	r.Findings = append(r.Findings, portable(m.cfg)...)
	if m.cfg.CInfo.Type == idl.DomainTypePV && !info.HasCap("shadow") {
		r.Findings = append(r.Findings, fatal("boot a Xen with CONFIG_SHADOW_PAGING on the source",
			"the Xen here is built without shadow paging, by which it follows what a running PV guest writes"))
	}
	o := &Offer{ID: r.ID, From: r.From, XenMajor: info.XenMajor, XenMinor: info.XenMinor, Config: m.there, Files: []FileFact{}}
	for _, n := range neededFiles(m.cfg, m.there) {
		f, err := n.fact(ctx)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			r.decide("not compared", "%s %s cannot be read here: %v", f.What, n.here, err)
		}
		o.Files = append(o.Files, f)
	}
	if m.CPUs != nil {
		if o.CPU, err = m.CPUs.Describe(ctx, m.Host, m.there); err != nil {
			return nil, fmt.Errorf("describe the CPUs: %w", err)
		}
	}
	return o, nil
}

// A neededFile is one that the toolstack opens to build the domain.
type neededFile struct {
	what        string
	here, there string // its path at the source and at the destination
	opaque      bool   // its size says nothing of what the guest sees
}

// fact is what the source knows of it, under its name at the destination.
func (n neededFile) fact(ctx context.Context) (FileFact, error) {
	f := FileFact{What: n.what, Path: n.here}
	err := f.look(ctx)
	f.Path = n.there
	if n.opaque {
		f.Size = 0
	}
	return f, err
}

// neededFiles lists the paths that are opened to build the domain. A direct-boot kernel is among them
// even for a guest that runs: libxl gives it to the device model again. What a driver domain serves
// lies in that domain.
func neededFiles(here, there *idl.DomainConfig) []neededFile {
	var all []neededFile
	add := func(n neededFile) {
		if strings.HasPrefix(n.there, "/") {
			all = append(all, n)
		}
	}
	b := &here.BInfo
	boot := []neededFile{{what: "kernel", here: b.Kernel}, {what: "ramdisk", here: b.Ramdisk},
		{what: "device tree", here: b.DeviceTree}, {what: "device model", here: b.DeviceModel}}
	if hvm := b.TypeHVM; hvm != nil {
		boot = append(boot, neededFile{what: "firmware", here: hvm.SystemFirmware}, neededFile{what: "firmware", here: hvm.Firmware},
			neededFile{what: "SMBIOS firmware", here: hvm.SMBIOSFirmware}, neededFile{what: "ACPI firmware", here: hvm.ACPIFirmware})
	}
	for _, n := range boot {
		n.there = n.here
		add(n)
	}
	for i, d := range there.Disks {
		if !driven(d.BackendDomID, d.BackendDomName) {
			add(neededFile{diskFile + d.VDev, here.Disks[i].PDevPath, d.PDevPath, d.Format != idl.DiskFormatRaw})
		}
	}
	return all
}

// diskFile begins what a disk's file is called.
const diskFile = "disk "

func (f *FileFact) disk() bool { return strings.HasPrefix(f.What, diskFile) }

// boot says whether the file is read whole, and so compared by its content.
func (f *FileFact) boot() bool { return !f.disk() && f.What != "device model" }

// errNoFile says that a path leads to what no domain is built from. Opening it could do anything: a
// tape rewinds, a FIFO wakes its writer.
var errNoFile = errors.New("is neither a file nor a block device")

// look fills in what this host knows of the file. os.PathError when it cannot
// be read, errNoFile when it is not to be.
func (f *FileFact) look(ctx context.Context) error {
	st, err := os.Stat(f.Path)
	if err == nil && !fileOrBlock(st) {
		err = errNoFile
	}
	if err != nil {
		return err
	}
	// Another file may be there by now: without O_NONBLOCK the opening of a FIFO would wait for its writer.
	file, err := os.OpenFile(f.Path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	st, err = file.Stat()
	switch {
	case err != nil:
		return err
	case !fileOrBlock(st):
		return errNoFile
	case !st.Mode().IsRegular():
		f.Size, err = file.Seek(0, io.SeekEnd)
		return err
	}
	f.Size = st.Size()
	if !f.boot() {
		return nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, untilDone{ctx, file}); err != nil {
		return err
	}
	f.Hash = hex.EncodeToString(sum.Sum(nil))
	return nil
}

func fileOrBlock(st os.FileInfo) bool {
	return st.Mode().IsRegular() || st.Mode()&os.ModeDevice != 0 && st.Mode()&os.ModeCharDevice == 0
}

// untilDone reads until ctx ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if u.ctx.Err() != nil {
		return 0, context.Cause(u.ctx)
	}
	return u.r.Read(p)
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
