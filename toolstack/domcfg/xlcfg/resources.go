package xlcfg

import (
	"fmt"
	"math"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// maxVCPUs is far above what Xen gives a guest (8192), and bounds what a file
// can make us allocate.
const maxVCPUs = 1 << 15

func (c *converter) scheduling() {
	s := &c.out.BInfo.SchedParams
	c.optional("cpu_weight", &s.Weight)
	c.optional("cap", &s.Cap)
	c.optional("period", &s.Period)
	c.optional("slice", &s.Slice)
	c.optional("latency", &s.Latency)
	c.optional("extratime", &s.Extratime)
	for _, key := range []string{"slice", "latency"} {
		if v := c.value(key); v != nil {
			c.warn(v.Pos, key, "has no effect", "it belonged to the SEDF scheduler, which Xen no longer has")
		}
	}
}

func (c *converter) memory() {
	b := &c.out.BInfo
	c.mib("memory", &b.TargetMemKB)
	c.mib("maxmem", &b.MaxMemKB)
	c.mib("shadow_memory", &b.ShadowMemKB)
	c.mib("videoram", &b.VideoMemKB)
	if b.MaxMemKB != nil && b.TargetMemKB != nil && *b.TargetMemKB > *b.MaxMemKB {
		v := c.value("maxmem")
		c.warn(v.Pos, "maxmem", fmt.Sprintf("%s is less than memory", v.Text), "libxl refuses it")
	}
	var kib int32
	if n, v := c.quietNumber("vmtrace_buf_kb"); v != nil && c.inRange(n, v, "vmtrace_buf_kb", 0, math.MaxInt32) {
		kib = int32(n)
	}
	b.VMTraceBufKB = kib
	var channels int32
	if c.integer("max_event_channels", 0, math.MaxInt32, &channels) {
		b.EventChannels = uint32(channels)
	}
}

// vcpus is the CPUs that are online at the start.
func (c *converter) vcpus() {
	b := &c.out.BInfo
	var n int32
	if c.integer("vcpus", 0, maxVCPUs, &n) {
		for i := range n {
			b.AvailVCPUs = append(b.AvailVCPUs, uint32(i))
		}
	}
	c.integer("maxvcpus", 0, maxVCPUs, &b.MaxVCPUs)
}

// cpuLimits are set to what is online at the start, where neither the file nor
// vnuma sets them.
func (c *converter) cpuLimits() {
	b := &c.out.BInfo
	if b.MaxMemKB == nil {
		b.MaxMemKB = b.TargetMemKB
	}
	if b.MaxVCPUs == 0 {
		b.MaxVCPUs = int32(len(b.AvailVCPUs))
	}
	if int(b.MaxVCPUs) < len(b.AvailVCPUs) {
		c.fail(c.value("vcpus").Pos, "vcpus", fmt.Sprintf("%d is more than the %d that the guest can have", len(b.AvailVCPUs), b.MaxVCPUs), "raise maxvcpus")
	}
}

// grants die without a word in xl when they are not good.
func (c *converter) grants() {
	b := &c.out.BInfo
	frames := func(key string, fromHost *int32, into **uint32) {
		if n := c.bounded(key, fromHost); n != nil {
			*into = new(uint32(*n))
		}
	}
	frames("max_grant_frames", c.host.MaxGrantFrames, &b.MaxGrantFrames)
	frames("max_maptrack_frames", c.host.MaxMaptrackFrames, &b.MaxMaptrackFrames)
	b.MaxGrantVersion = c.bounded("max_grant_version", c.host.MaxGrantVersion)
	b.ClaimMode = idl.Bool(!c.host.NoClaim)
	b.BlkDevStart = c.host.BlkdevStart
}

func (c *converter) bounded(key string, fromHost *int32) *int32 {
	s := c.find(key)
	if s == nil {
		return fromHost
	}
	n, problem := parseLong(s.Value.Text)
	switch {
	case s.Value.IsList:
		problem = "is a list"
	case s.Added:
		problem = "is written with +="
	case problem == "" && (n < 0 || n > math.MaxInt32):
		problem = "is out of range"
	}
	if problem != "" {
		what := fmt.Sprintf("%q ", s.Value.Text)
		if s.Value.IsList {
			what = ""
		}
		c.fail(s.Value.Pos, key, what+problem, fmt.Sprintf("a number, 0 to %d", math.MaxInt32))
		return nil
	}
	c.octal(s.Value, key)
	return new(int32(n))
}

// quietNumber is number for a key that may also hold a word, so that a text is
// nothing to warn of.
func (c *converter) quietNumber(key string) (int64, *Value) {
	s := c.find(key)
	if s == nil || s.Value.IsList || s.Added {
		return 0, nil
	}
	n, problem := parseLong(s.Value.Text)
	if problem != "" {
		return 0, nil
	}
	c.octal(s.Value, key)
	return n, s.Value
}
