package xlcfg

import (
	"errors"
	"io/fs"
	"math"
)

// XLConf is where Debian's xl looks for its settings.
const XLConf = "/etc/xen/xl.conf"

// AddXLConf fills in what xl.conf, at path, says of domains (parse_global_config of
// tools/xl/xl.c); a file that does not exist says nothing. What xl would do and Host has
// no place for is warned of. The error is domcfg.Errors, all at once, or that of reading
// the file.
func (h *Host) AddXLConf(path string) (Warnings, error) {
	f, err := Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := &reader{file: f, asked: map[string]bool{}, warnings: f.Warnings()[:len(f.warnings):len(f.warnings)]}
	h.NoHotplugScripts = r.off("run_hotplug_scripts")
	h.NoClaim = r.off("claim_mode")
	r.text("blkdev_start", &h.BlkdevStart)
	r.text("vifscript", &h.VifScript) // the older names come first: the newer win
	r.text("vif.default.script", &h.VifScript)
	r.text("defaultbridge", &h.VifBridge)
	r.text("vif.default.bridge", &h.VifBridge)
	r.text("vif.default.gatewaydev", &h.VifGatewayDev)
	r.text("vif.default.backend", &h.VifBackend)
	r.limit("max_grant_frames", &h.MaxGrantFrames)
	r.limit("max_maptrack_frames", &h.MaxMaptrackFrames)
	r.limit("max_grant_version", &h.MaxGrantVersion)
	if v := r.value("autoballoon"); v != nil && v.Text != "off" && v.Text != "0" {
		r.warn(v.Pos, "autoballoon", "is not carried out by this version", "dom0 keeps its memory, as with off")
	}
	for _, key := range [...]string{"vm.cpumask", "vm.hvm.cpumask", "vm.pv.cpumask", "domid_policy"} {
		if v := r.value(key); v != nil {
			r.warn(v.Pos, key, "is not carried out by this version", "")
		}
	}
	r.warnings.sort()
	if len(r.errs) > 0 {
		r.errs.Sort()
		return r.warnings, r.errs
	}
	return r.warnings, nil
}

// off tells whether a switch that is on by itself is off.
func (r *reader) off(key string) bool {
	n, v := r.number(key)
	return v != nil && n == 0
}

// limit stores a number for which xl has no word when it is not good.
func (r *reader) limit(key string, into **int32) {
	var n int32
	if r.integer(key, 0, math.MaxInt32, &n) {
		*into = new(n)
	}
}
