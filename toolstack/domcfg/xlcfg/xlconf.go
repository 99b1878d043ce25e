package xlcfg

import (
	"errors"
	"io/fs"
	"math"
	"regexp"
)

// ConfPath is where Debian's xl looks for its settings.
const ConfPath = "/etc/xen/xl.conf"

// LockPath is Debian's lock file, which xl holds while it frees memory for a domain and builds it.
const LockPath = "/var/lock/xl"

// A Conf is xl.conf (parse_global_config of tools/xl/xl.c). The zero Conf is what an empty file
// says.
type Conf struct {
	Autoballoon  Switch // autoballoon: memory for a new domain comes from dom0
	Lockfile     string // lockfile; "": LockPath
	SXP          bool   // output_format="sxp"
	RandomDomIDs bool   // domid_policy="random"
	NetbufScript string // remus.default.netbufscript
	ColoProxy    string // colo.default.proxyscript

	Defaults
}

// A Switch is on, off, or left to what else is known.
type Switch int

// The positions of a Switch.
const (
	Auto Switch = iota
	On
	Off
)

// LoadConf reads the file at path; one that does not exist says nothing. The error is that of
// ReadConf, or the file system's.
func LoadConf(path string) (*Conf, Warnings, error) {
	f, err := Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Conf{}, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return ReadConf(f)
}

// ReadConf takes the settings out of a file. As in xl, a word that a key does not know leaves its
// default, with a warning, and keys that nobody knows are passed over. The error is
// domcfg.Errors.
func ReadConf(f *File) (*Conf, Warnings, error) {
	r := &reader{file: f, asked: map[string]bool{}, warned: map[Warning]bool{}}
	c := &Conf{}
	c.behaviour(r)
	c.defaults(r)
	c.limits(r)
	r.leftInConf()
	r.warnings.sort(f.Name)
	if len(r.errs) > 0 {
		r.errs.Sort()
		return nil, r.warnings, r.errs
	}
	return c, r.warnings, nil
}

// behaviour is what xl itself does.
func (c *Conf) behaviour(r *reader) {
	if word := r.oneOf("autoballoon", "on", "1", "off", "0", "auto"); word != "" {
		c.Autoballoon = map[string]Switch{"on": On, "1": On, "off": Off, "0": Off}[word]
	}
	c.SXP = r.oneOf("output_format", "json", "sxp") == "sxp"
	c.RandomDomIDs = r.oneOf("domid_policy", "xen", "random") == "random"
	r.text("lockfile", &c.Lockfile)
	r.text("remus.default.netbufscript", &c.NetbufScript)
	r.text("colo.default.proxyscript", &c.ColoProxy)
}

// oneOf is the value of a key when it is one of the words, else "".
func (r *reader) oneOf(key string, words ...string) string {
	v := r.value(key)
	if v == nil {
		return ""
	}
	hint := ""
	for _, word := range words {
		if v.Text == word {
			return word
		}
		hint += ", " + word
	}
	r.warn(v.Pos, key, "unknown value \""+v.Text+"\"", "it is ignored; xl knows"+hint[1:])
	return ""
}

// defaults is what domain files leave out.
func (c *Conf) defaults(r *reader) {
	if n, v := r.number("run_hotplug_scripts"); v != nil {
		c.NoHotplug = n == 0
	}
	if n, v := r.number("claim_mode"); v != nil {
		c.NoClaim = n == 0
	}
	for _, old := range []struct {
		key, now string
		into     *string
	}{
		{"vifscript", "vif.default.script", &c.VifScript},
		{"defaultbridge", "vif.default.bridge", &c.VifBridge},
	} {
		if r.text(old.key, old.into) {
			r.warn(r.find(old.key).Pos, old.key, "is deprecated", "write "+old.now)
		}
		r.text(old.now, old.into)
	}
	r.text("vif.default.gatewaydev", &c.VifGatewayDev)
	r.text("vif.default.backend", &c.VifBackend)
	r.text("blkdev_start", &c.BlkdevStart)
}

// limits is what domains may have.
func (c *Conf) limits(r *reader) {
	for key, into := range map[string]**int32{
		"max_grant_frames": &c.MaxGrantFrames, "max_maptrack_frames": &c.MaxMaptrackFrames, "max_grant_version": &c.MaxGrantVersion,
	} {
		n := int32(-1)
		if r.integer(key, 0, math.MaxInt32, &n); n >= 0 {
			*into = &n
		}
	}
	r.text("vm.cpumask", &c.CPUMask)
	r.text("vm.hvm.cpumask", &c.HVMCPUMask)
	r.text("vm.pv.cpumask", &c.PVCPUMask)
}

// leftInConf warns of what nobody asked for.
func (r *reader) leftInConf() {
	for _, s := range r.file.Settings {
		if r.asked[s.Name] {
			continue
		}
		hint := "it is ignored"
		if release := newerKeys()[s.Name]; release != "" {
			hint += "; xl knows it from Xen " + release + " on"
		}
		r.warn(s.Pos, s.Name, "is an unknown key", hint)
	}
}

// Balloons says whether dom0 gives memory away for new domains, on a hypervisor with this
// command line. Unless it is written down it does when dom0's own memory was not chosen there
// (auto_autoballoon of tools/xl/xl.c).
func (c *Conf) Balloons(commandLine string) bool {
	const size = `-?[0-9]+[bBkKmMgGtT]?`
	chosen := regexp.MustCompile(`(^| )dom0_mem=((|min:|max:)(` + size + `|(` + size + `\+)?[0-9]{1,2}%),?)+($| )`)
	switch c.Autoballoon {
	case On:
		return true
	case Off:
		return false
	}
	return !chosen.MatchString(commandLine)
}

// LockFile is the path of the lock.
func (c *Conf) LockFile() string {
	if c.Lockfile == "" {
		return LockPath
	}
	return c.Lockfile
}

// LoadConf is the function LoadConf, of which the host takes what is about domains.
func (h *Host) LoadConf(path string) (Warnings, error) {
	c, warnings, err := LoadConf(path)
	if err == nil {
		h.Defaults = c.Defaults
	}
	return warnings, err
}
