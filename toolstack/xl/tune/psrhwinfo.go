package tune

import (
	"context"
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A ResourceReport is what psr-hwinfo knows; what was not asked for, or failed, is not there.
type ResourceReport struct {
	CMT   *MonitorInfo      `json:"cmt,omitempty"`
	CATL3 []idl.PSRCATInfo  `json:"cat_l3,omitempty"`
	CATL2 []idl.PSRCATInfo  `json:"cat_l2,omitempty"`
	MBA   []idl.PSRHwInfo   `json:"mba,omitempty"`
	Cache map[uint32]uint32 `json:"l3_cache_kib,omitempty"` // by socket
	text  strings.Builder
}

// MonitorInfo is what can be monitored.
type MonitorInfo struct {
	Enabled   bool     `json:"enabled"`
	TotalRMID uint32   `json:"total_rmid"` // how many domains at a time
	Types     []string `json:"types"`
}

func psrHwInfo() *xl.Command {
	return &xl.Command{
		Name: "psr-hwinfo", Operands: "[options]", Summary: "Show what the CPUs offer to share caches and memory bandwidth (Intel RDT)", Changes: true,
		Options: []xl.Option{
			{Short: 'm', Long: "cmt", Help: "Show only cache monitoring."},
			{Short: 'a', Long: "cat", Help: "Show only cache allocation."},
			{Short: 'b', Long: "mba", Help: "Show only memory bandwidth allocation."},
		},
		Run: func(ctx context.Context, c *xl.Call) error {
			var r ResourceReport
			if err := r.ask(ctx, c); err != nil {
				return c.Partly(&r, r.text.String(), err)
			}
			return c.Show(&r, r.text.String())
		},
	}
}

// ask goes on after a failure, as xl does; the last part's is the command's.
func (r *ResourceReport) ask(ctx context.Context, c *xl.Call) error {
	all := !given(c, "cmt", "cat", "mba")
	var err error
	for _, part := range []struct {
		wanted bool
		skip   bool // after a failure
		ask    func(context.Context, *xl.Call) error
	}{
		{all || c.Has("cmt"), true, r.monitors}, {all || c.Has("cat"), true, r.caches},
		{all || c.Has("cat"), false, r.level2}, {all || c.Has("mba"), false, r.bandwidth},
	} {
		if !part.wanted || part.skip && err != nil {
			continue
		}
		if err := c.Lenient(err); err != nil { // of the part before, which is not the last word
			return err
		}
		err = part.ask(ctx, c)
	}
	return err
}

// monitorTypes are libxl's and the words for them.
func monitorTypes() []monitorType {
	return []monitorType{
		{idl.PSRCMTTypeCacheOccupancy, "cache-occupancy"}, {idl.PSRCMTTypeTotalMemCount, "total-mem-bandwidth"},
		{idl.PSRCMTTypeLocalMemCount, "local-mem-bandwidth"},
	}
}

type monitorType struct {
	kind idl.PSRCMTType
	name string
}

func (r *ResourceReport) monitors(ctx context.Context, c *xl.Call) error {
	r.text.WriteString("Cache Monitoring Technology (CMT):\n")
	enabled, err := c.Xen.PSRCMTEnabled(ctx)
	if err != nil {
		return failed(err)
	}
	r.CMT = &MonitorInfo{Enabled: enabled, Types: []string{}}
	if !enabled {
		r.line("Enabled", 0)
		return nil
	}
	r.line("Enabled", 1)
	if r.CMT.TotalRMID, err = c.Xen.PSRCMTTotalRMID(ctx); err != nil {
		return because(c, err, "Failed to get max RMID value")
	}
	r.line("Total RMID", r.CMT.TotalRMID)
	r.text.WriteString("Supported monitor types:\n")
	for _, t := range monitorTypes() {
		supported, err := c.Xen.PSRCMTTypeSupported(ctx, t.kind)
		if err != nil {
			return failed(err)
		}
		if supported {
			r.CMT.Types = append(r.CMT.Types, t.name)
			r.text.WriteString(t.name + "\n")
		}
	}
	return nil
}

// caches is those of the third level.
func (r *ResourceReport) caches(ctx context.Context, c *xl.Call) error {
	info, err := c.Xen.PSRCATInfo(ctx, 3)
	if err != nil {
		return failed(err)
	}
	r.CATL3, r.Cache = info, map[uint32]uint32{}
	r.text.WriteString("Cache Allocation Technology (CAT):\n")
	for _, s := range info {
		size, err := c.Xen.PSRCMTL3CacheSize(ctx, s.ID)
		if err != nil {
			return because(c, err, "Failed to get l3 cache size for socket:%d", s.ID)
		}
		r.Cache[s.ID] = size
		status := "Disabled"
		if s.CDPEnabled {
			status = "Enabled"
		}
		r.line("Socket ID", s.ID)
		r.line("L3 Cache", fmt.Sprintf("%dKB", size))
		r.line("CDP Status", status)
		r.masks(s)
	}
	return nil
}

func (r *ResourceReport) level2(ctx context.Context, c *xl.Call) error {
	info, err := c.Xen.PSRCATInfo(ctx, 2)
	if err != nil {
		return failed(err)
	}
	r.CATL2 = info
	r.text.WriteString("Cache Allocation Technology (CAT): L2\n")
	for _, s := range info {
		r.line("Socket ID", s.ID)
		r.masks(s)
	}
	return nil
}

func (r *ResourceReport) masks(s idl.PSRCATInfo) {
	r.line("Maximum COS", s.COSMax)
	r.line("CBM length", s.CBMLen)
	r.line("Default CBM", defaultMask(s.CBMLen))
}

func (r *ResourceReport) bandwidth(ctx context.Context, c *xl.Call) error {
	info, err := c.Xen.PSRHwInfo(ctx, idl.PSRFeatTypeMBA, 0)
	if err != nil {
		return failed(err)
	}
	r.MBA = info
	r.text.WriteString("Memory Bandwidth Allocation (MBA):\n")
	for _, s := range info {
		if s.TypeMBA == nil {
			return xl.Failf(xl.StatusFailed, "socket %d: libxl gave no information about memory bandwidth", s.ID)
		}
		mode := "Disabled"
		if s.TypeMBA.Linear {
			mode = "Enabled"
		}
		fmt.Fprintf(&r.text, "%-24s: %d\n", "Socket ID", s.ID)
		fmt.Fprintf(&r.text, "%-24s: %s\n", "Linear Mode", mode)
		fmt.Fprintf(&r.text, "%-24s: %d\n", "Maximum COS", s.TypeMBA.COSMax)
		fmt.Fprintf(&r.text, "%-24s: %d\n%-24s: 0\n", "Maximum Throttling Value", s.TypeMBA.ThrtlMax, "Default Throttling Value")
	}
	return nil
}

func (r *ResourceReport) line(key string, value any) { fmt.Fprintf(&r.text, "%-16s: %v\n", key, value) }
