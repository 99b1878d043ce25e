package tune

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func (f *fake) PSRCMTEnabled(context.Context) (bool, error) {
	return f.dom0CPUs != 1, f.fail["PSRCMTEnabled"]
}

func (f *fake) PSRCMTTypeSupported(_ context.Context, t idl.PSRCMTType) (bool, error) {
	return t != idl.PSRCMTTypeLocalMemCount, f.fail["PSRCMTTypeSupported"]
}

func (f *fake) PSRCMTTotalRMID(context.Context) (uint32, error) { return 71, f.fail["PSRCMTTotalRMID"] }

func (f *fake) PSRCMTAttach(_ context.Context, id idl.DomID) error {
	return f.call("PSRCMTAttach", "%d", id)
}

func (f *fake) PSRCMTDetach(_ context.Context, id idl.DomID) error {
	return f.call("PSRCMTDetach", "%d", id)
}

func (f *fake) PSRCMTDomainAttached(_ context.Context, id idl.DomID) (bool, error) {
	return id == 7, f.fail["PSRCMTDomainAttached"]
}

func (f *fake) PSRCMTL3CacheSize(context.Context, uint32) (uint32, error) {
	return 20480, f.fail["PSRCMTL3CacheSize"]
}

// PSRCMTSample has a counter that grows by 1024000 bytes in 10 ms.
func (f *fake) PSRCMTSample(context.Context, idl.DomID, idl.PSRCMTType, uint32) (libxl.PSRSample, error) {
	f.dom0CPUs++
	n := uint64(f.dom0CPUs)
	return libxl.PSRSample{Bytes: 1024000 * n, TSC: 10_000_000 * n}, f.fail["PSRCMTSample"]
}

func (f *fake) OnlineSocketMap(context.Context) (idl.Bitmap, error) {
	return idl.Bitmap{0, 1}, f.fail["OnlineSocketMap"]
}

func (f *fake) PSRCATInfo(_ context.Context, level uint) ([]idl.PSRCATInfo, error) {
	return []idl.PSRCATInfo{{ID: 0, COSMax: 15, CBMLen: 20, CDPEnabled: level == 3}}, f.fail[fmt.Sprintf("PSRCATInfo%d", level)]
}

func (f *fake) PSRHwInfo(_ context.Context, t idl.PSRFeatType, level uint) ([]idl.PSRHwInfo, error) {
	if t == idl.PSRFeatTypeMBA {
		return []idl.PSRHwInfo{{ID: 1, TypeMBA: &idl.PSRHwInfoMBA{COSMax: 7, ThrtlMax: 90, Linear: true}}}, f.fail["PSRHwInfo"]
	}
	return []idl.PSRHwInfo{{ID: 0, TypeCAT: &idl.PSRHwInfoCAT{COSMax: 15, CBMLen: 20, CDPEnabled: level == 3}}}, f.fail["PSRHwInfo"]
}

func (f *fake) PSRGetVal(_ context.Context, id idl.DomID, t idl.PSRCBMType, _ uint32) (uint64, error) {
	if t == idl.PSRCBMTypeMBAThrtl {
		return 30, f.fail["PSRGetVal"]
	}
	return 0xf0 + uint64(id), f.fail["PSRGetVal"]
}

func (f *fake) PSRSetVal(_ context.Context, id idl.DomID, t idl.PSRCBMType, sockets idl.Bitmap, val uint64) error {
	return f.call("PSRSetVal", "%d %s %v %d", id, t, sockets, val)
}

func (f *fake) PSRCATSetCBM(_ context.Context, id idl.DomID, t idl.PSRCBMType, sockets idl.Bitmap, val uint64) error {
	return f.call("PSRCATSetCBM", "%d %s %v %#x", id, t, sockets, val)
}

const (
	cmtText = `Cache Monitoring Technology (CMT):
Enabled         : 1
Total RMID      : 71
Supported monitor types:
cache-occupancy
total-mem-bandwidth
`
	catText = `Cache Allocation Technology (CAT):
Socket ID       : 0
L3 Cache        : 20480KB
CDP Status      : Enabled
Maximum COS     : 15
CBM length      : 20
Default CBM     : 0xfffff
Cache Allocation Technology (CAT): L2
Socket ID       : 0
Maximum COS     : 15
CBM length      : 20
Default CBM     : 0xfffff
`
	mbaText = `Memory Bandwidth Allocation (MBA):
Socket ID               : 1
Linear Mode             : Enabled
Maximum COS             : 7
Maximum Throttling Value: 90
Default Throttling Value: 0
`
	occupancyText = `Total RMID: 71
Name                                        ID        Socket 0        Socket 1
Total L3 Cache Size                                   20480 KB        20480 KB
web                                          7         5000 KB         6000 KB
`
	bandwidthText = `Total RMID: 71
Name                                        ID        Socket 0        Socket 1
web                                          7     100000 KB/s     100000 KB/s
`
	cat3Text = `Socket ID       : 0
L3 Cache        : 20480KB
Default CBM     : 0xfffff
   ID                     NAME      CBM (code)      CBM (data)
    7                      web            0xf7            0xf7
`
	cat2Text = `Socket ID       : 0
Default CBM     : 0xfffff
   ID                     NAME             CBM
    0                 Domain-0            0xf0
    7                      web            0xf7
`
	mbaShowText = `Socket ID       : 1
Default THRTL   : 0
   ID                     NAME           THRTL
    7                      web              30
`
)

func TestPSRShow(t *testing.T) {
	check(t, nil, []row{
		{"psr-hwinfo", nil, cmtText + catText + mbaText, "", 0},
		{"psr-hwinfo -m", nil, cmtText, "", 0},
		{"psr-hwinfo --cat -b", nil, catText + mbaText, "", 0},
		{"psr-cmt-show cache-occupancy", nil, occupancyText, "", 0},
		{"psr-cmt-show cache-occupancy 0", nil, strings.SplitAfter(occupancyText, "KB\n")[0], "", 0},
		{"psr-cmt-show total-mem-bandwidth web", nil, bandwidthText, "", 0},
		{"psr-cmt-show local-mem-bandwidth", nil, "", "Monitor type 'local_mem_count' is not supported in the system\n", 255},
		{"psr-cat-show web", nil, cat3Text, "", 0},
		{"psr-cat-show -l 2", nil, cat2Text, "", 0},
		{"psr-cat-show -l 4", nil, "", "Input lvl 4 is wrong\n", 1},
		{"psr-mba-show web", nil, mbaShowText, "", 0},
		{"psr-mba-show nosuch", nil, "", "nosuch is an invalid domain identifier (rc=-6)\n", 1},
	})
	check(t, func(f *fake) { f.dom0CPUs = 1 }, []row{
		{"psr-hwinfo -m", nil, "Cache Monitoring Technology (CMT):\nEnabled         : 0\n", "", 0},
		{"psr-cmt-show cache-occupancy", nil, "", "CMT is disabled in the system\n", 255},
	})
	check(t, func(f *fake) { f.fail["PSRGetVal"] = libxl.ErrFail }, []row{
		{"psr-mba-show web", nil, strings.Replace(mbaShowText, "              30", "           error", 1), "xl: fail\n", 0},
	})
	checkUsage(t, map[string]int{"psr-cmt-show": 2, "psr-cmt-show x": 2, "psr-cmt-show cache-occupancy a b": 2, "psr-cat-show a b": 2, "psr-mba-show a b": 2})
}

func TestPSRSet(t *testing.T) {
	check(t, nil, []row{
		{"psr-cmt-attach web", []string{"PSRCMTAttach 7"}, "", "", 0},
		{"psr-cmt-detach web", []string{"PSRCMTDetach 7"}, "", "", 0},
		{"psr-cat-set web 0xff", []string{"PSRCATSetCBM 7 l3_cbm [0 1] 0xff"}, "", "", 0},
		{"psr-cat-set -c -s 1 web 255", []string{"PSRCATSetCBM 7 l3_cbm_code [1] 0xff"}, "", "", 0},
		{"psr-cat-set -d -s 0-2,5 web 010", []string{"PSRCATSetCBM 7 l3_cbm_data [0 1 2 5] 0x8"}, "", "", 0},
		{"psr-cat-set -l 2 web 3", []string{"PSRCATSetCBM 7 l2_cbm [0 1] 0x3"}, "", "", 0},
		{"psr-cat-set -l 1 web 3", nil, "", "Input lvl 1 is wrong\n", 1},
		{"psr-cat-set -c -d web 3", nil, "", "Cannot handle -c and -d at the same time\n", 1},
		{"psr-cat-set web x", nil, "", "\"x\" is not a number\n", 1},
		{"psr-cat-set -s x web 3", nil, "", "\"x\" is not the number of a socket, or a range of them\n", 1},
		{"psr-mba-set web 50", []string{"PSRSetVal 7 mba_thrtl [0 1] 50"}, "", "", 0},
	})
	checkUsage(t, map[string]int{"psr-cmt-attach": 2, "psr-cat-set web": 2, "psr-cat-set web 1 2": 2, "psr-mba-set": 1, "psr-mba-set web 1 2": 1})
}

// libxl's code is the status.
func TestPSRFails(t *testing.T) {
	const said = "xl: libxl: fail (-3)\n"
	checkFailures(t, nil, []struct {
		words, method, stderr string
		status                int
	}{
		{"psr-hwinfo", "PSRCMTTotalRMID", "xl: Failed to get max RMID value\n", 0},
		{"psr-hwinfo -m", "PSRCMTTotalRMID", "Failed to get max RMID value\n", 253},
		{"psr-hwinfo -a", "PSRCATInfo3", said, 0},
		{"psr-hwinfo -a", "PSRCATInfo2", said, 253},
		{"psr-hwinfo -b", "PSRHwInfo", said, 253},
		{"psr-cmt-attach web", "PSRCMTAttach", said, 253},
		{"psr-cmt-detach web", "PSRCMTDetach", said, 253},
		{"psr-cmt-show cache-occupancy", "PSRCMTTotalRMID", "Failed to get max RMID value\n", 253},
		{"psr-cmt-show cache-occupancy", "PSRCMTL3CacheSize", "Failed to get system l3 cache size for socket:0\n", 253},
		{"psr-cmt-show cache-occupancy", "ListDomains", "Failed to get domain info for domain list.\n", 255},
		{"psr-cmt-show cache-occupancy web", "PSRCMTSample", said + said, 0},
		{"psr-cat-show", "PSRHwInfo", "Failed to get info\n", 253},
		{"psr-cat-show", "PSRCMTL3CacheSize", "Failed to get l3 cache size for socket:0\n", 255},
		{"psr-cat-show", "ListDomains", "Failed to get domain list for value display\n", 1},
		{"psr-mba-set web 5", "PSRSetVal", said, 253},
		{"psr-cat-set web 5", "PSRCATSetCBM", said, 253},
	})
}

func TestPSRJSON(t *testing.T) {
	b := xltest.Bench{Commands: Commands(), Xen: newFake()}
	got := b.Xenvoy(t, "json", "psr-cat-show", "web")
	var sockets []Socket
	if err := errors.Join(got.Err, json.Unmarshal([]byte(got.Stdout), &sockets)); err != nil {
		t.Fatal(err)
	}
	if len(sockets) != 1 || len(sockets[0].Domains) != 1 || *sockets[0].Domains[0].Values[1] != 0xf7 {
		t.Errorf("%+v", sockets)
	}
	got = b.Xenvoy(t, "json", "psr-cmt-show", "total-mem-bandwidth")
	var r struct {
		Domains []struct {
			Name   string
			Values map[string]int
		}
	}
	if err := errors.Join(got.Err, json.Unmarshal([]byte(got.Stdout), &r)); err != nil || len(r.Domains) != 1 || r.Domains[0].Values["1"] != 100000 {
		t.Errorf("%v, %+v", err, r)
	}
}
