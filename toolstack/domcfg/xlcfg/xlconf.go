package xlcfg

import (
	"errors"
	"io/fs"
	"math"
	"slices"
)

// ConfPath is where Debian's xl looks for its settings.
const ConfPath = "/etc/xen/xl.conf"

// LoadConf is ReadConf for the file at path; one that does not exist says nothing.
func (h *Host) LoadConf(path string) (Warnings, error) {
	f, err := Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return h.ReadConf(f)
}

// ReadConf takes from xl.conf what matters for domain files
// (parse_global_config of tools/xl/xl.c). Keys that do not are passed over; of
// what xl would do with a new domain, and nobody does for Host, a warning tells. The
// error is domcfg.Errors.
func (h *Host) ReadConf(f *File) (Warnings, error) {
	r := &reader{file: f, asked: map[string]bool{}, warned: map[Warning]bool{}}
	if n, v := r.number("run_hotplug_scripts"); v != nil {
		h.NoHotplugScripts = n == 0
	}
	if n, v := r.number("claim_mode"); v != nil {
		h.NoClaim = n == 0
	}
	for _, old := range []struct {
		key, now string
		into     *string
	}{
		{"vifscript", "vif.default.script", &h.VifScript},
		{"defaultbridge", "vif.default.bridge", &h.VifBridge},
	} {
		if r.text(old.key, old.into) {
			r.warn(r.find(old.key).Pos, old.key, "is deprecated", "write "+old.now)
		}
		r.text(old.now, old.into)
	}
	r.text("vif.default.gatewaydev", &h.VifGatewayDev)
	r.text("vif.default.backend", &h.VifBackend)
	r.text("blkdev_start", &h.BlkdevStart)
	r.text("vm.cpumask", &h.CPUMask)
	r.text("vm.hvm.cpumask", &h.HVMCPUMask)
	r.text("vm.pv.cpumask", &h.PVCPUMask)
	for key, into := range map[string]**int32{
		"max_grant_frames": &h.MaxGrantFrames, "max_maptrack_frames": &h.MaxMaptrackFrames, "max_grant_version": &h.MaxGrantVersion,
	} {
		n := int32(-1)
		if r.integer(key, 0, math.MaxInt32, &n); n >= 0 {
			*into = &n
		}
	}
	for key, off := range map[string][]string{"autoballoon": {"off", "0"}, "domid_policy": {"xen"}} {
		if v := r.value(key); v != nil && !slices.Contains(off, v.Text) {
			r.warn(v.Pos, key, "is not carried out by this version", "it is taken for "+off[0])
		}
	}
	r.warnings.sort(f.Name)
	if len(r.errs) > 0 {
		r.errs.Sort()
		return r.warnings, r.errs
	}
	return r.warnings, nil
}
