package hypercall

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/libxc"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// struct xen_sysctl with getdomaininfolist (sysctl.h): sizes and offsets in bytes.
const (
	sysctlVersion     = 0x15 // XEN_SYSCTL_INTERFACE_VERSION, 4.17 to 4.20
	getDomainInfoList = 6    // XEN_SYSCTL_getdomaininfolist

	sysctlSize = 136

	atCommand    = 0  // uint32
	atVersion    = 4  // uint32
	atFirst      = 8  // uint16, the lowest id that is wanted
	atMax        = 12 // uint32, how many there is room for
	atBuffer     = 16 // uint64, where
	atNumDomains = 24 // uint32, how many there are: the answer
)

// struct xen_domctl_getdomaininfo (domctl.h).
const (
	infoSize = 112

	atID              = 0  // uint16
	atFlags           = 4  // uint32
	atPages           = 8  // uint64
	atMaxPages        = 16 // uint64
	atOutstanding     = 24 // uint64
	atShared          = 32 // uint64
	atPaged           = 40 // uint64
	atSharedInfoFrame = 48 // uint64
	atCPUTime         = 56 // uint64, nanoseconds
	atOnlineVCPUs     = 64 // uint32
	atMaxVCPUID       = 68 // uint32
	atSSIDRef         = 72 // uint32
	atHandle          = 76 // the uuid, 16 bytes
	atCPUPool         = 92 // uint32
	atGPAddrBits      = 96 // uint8
	atEmulation       = 104
)

// Bits of flags (XEN_DOMINF_*), and the parts of a PC (XEN_X86_EMU_* of arch-x86/xen.h)
// that an HVM domain has and a PVH one has not.
const (
	flagDying = 1 << iota
	flagHVM
	flagShutdown
	flagPaused
	flagBlocked
	flagRunning
	flagDebugged
	flagXenstore
	flagHAP

	shutdownShift = 16
	shutdownMask  = 255

	emulatedPC = 1<<2 | 1<<3 | 1<<5 | 1<<8 // PM, RTC, PIC, PIT
)

// chunk is how many domains are asked for at a time: the hypervisor looks at all of
// them without a pause.
const chunk = 256

// memorySize is the request and room for a chunk, in whole pages.
const memorySize = (infosAt + chunk*infoSize + 4095) &^ 4095

// infosAt is where in the memory the answers lie.
const infosAt = 256

// ListDomains returns up to limit domains, those with the lowest ids from first on, in
// ascending order. libxc.MaxDomains as limit is enough for all. Domains that come or go
// meanwhile may be missing or listed. Errors: xen.ErrOtherRelease, ErrClosed, ctx's cause.
func (c *Conn) ListDomains(ctx context.Context, first idl.DomID, limit int) ([]libxc.DomainInfo, error) {
	var domains []libxc.DomainInfo
	for first < libxc.MaxDomains && len(domains) < limit {
		room := min(limit-len(domains), chunk)
		var n int
		err := c.do(ctx, func() error {
			var err error
			n, err = c.listChunk(first, room)
			for i := range n {
				domains = append(domains, domainInfo(c.memory[infosAt+i*infoSize:][:infoSize]))
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list domains: %w", err)
		}
		if n < room {
			break
		}
		first = domains[len(domains)-1].ID + 1
	}
	return domains, nil
}

// listChunk has the hypervisor describe up to room domains in the memory and returns how many
// it has.
func (c *Conn) listChunk(first idl.DomID, room int) (int, error) {
	request := c.memory[:sysctlSize]
	clear(request)
	le := binary.LittleEndian
	le.PutUint32(request[atCommand:], getDomainInfoList)
	le.PutUint32(request[atVersion:], sysctlVersion)
	le.PutUint16(request[atFirst:], uint16(first)) // below MaxDomains
	le.PutUint32(request[atMax:], uint32(room))
	le.PutUint64(request[atBuffer:], address(c.memory[infosAt:]))
	_, err := c.call(callSysctl, address(request))
	if errors.Is(err, unix.EACCES) { // what do_sysctl says to another interface version
		return 0, fmt.Errorf("%w: its sysctl interface is not version %#x, which 4.17 to 4.20 have", xen.ErrOtherRelease, sysctlVersion)
	}
	if err != nil {
		return 0, err
	}
	n := int(le.Uint32(request[atNumDomains:]))
	if n > room {
		return 0, fmt.Errorf("the hypervisor lists %d domains where there is room for %d", n, room)
	}
	return n, nil
}

// address is where memory lies, for the hypervisor: it is mapped, and stays there.
func address(memory []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&memory[0]))) }

// domainInfo reads a struct xen_domctl_getdomaininfo.
func domainInfo(b []byte) libxc.DomainInfo {
	u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
	u64 := func(at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
	flags := u32(atFlags)
	flag := func(bit uint32) bool { return flags&bit != 0 }
	d := libxc.DomainInfo{
		ID:       idl.DomID(binary.LittleEndian.Uint16(b[atID:])),
		UUID:     idl.UUID(b[atHandle:]),
		Dying:    flag(flagDying),
		HVM:      flag(flagHVM),
		PVH:      flag(flagHVM) && u32(atEmulation)&emulatedPC == 0,
		Shutdown: flag(flagShutdown),
		Paused:   flag(flagPaused),
		Blocked:  flag(flagBlocked),
		Running:  flag(flagRunning),
		Debugged: flag(flagDebugged),
		Xenstore: flag(flagXenstore),
		HAP:      flag(flagHAP),

		ShutdownReason:   idl.ShutdownReasonUnknown,
		Pages:            u64(atPages),
		MaxPages:         u64(atMaxPages),
		OutstandingPages: u64(atOutstanding),
		SharedPages:      u64(atShared),
		PagedPages:       u64(atPaged),
		SharedInfoFrame:  u64(atSharedInfoFrame),
		CPUTime:          time.Duration(u64(atCPUTime)),
		OnlineVCPUs:      u32(atOnlineVCPUs),
		MaxVCPUID:        u32(atMaxVCPUID),
		SSIDRef:          u32(atSSIDRef),
		CPUPool:          u32(atCPUPool),
		GPAddrBits:       b[atGPAddrBits],
	}
	if d.Shutdown {
		d.ShutdownReason = idl.ShutdownReason(flags >> shutdownShift & shutdownMask)
		d.Crashed = d.ShutdownReason == idl.ShutdownReasonCrash
	}
	return d
}
