package hypercall

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/libxc"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// hypervisor stands in for Xen: it has the domains with these ids.
type hypervisor struct {
	ids     []idl.DomID
	memory  []byte
	version uint32 // of its sysctl interface
	extra   uint32 // domains that it claims to have listed beyond the room
	asked   int
	freed   int
}

func connect(h *hypervisor) *Conn {
	h.memory = make([]byte, memorySize)
	if h.version == 0 {
		h.version = sysctlVersion
	}
	return &Conn{memory: h.memory, call: h.call, free: func() error { h.freed++; return nil }}
}

func (h *hypervisor) call(op uint64, args ...uint64) (uint64, error) {
	if op == callVersion {
		return 4<<16 | 17, nil
	}
	h.asked++
	le := binary.LittleEndian
	if op != callSysctl || args[0] != address(h.memory) || le.Uint32(h.memory[atCommand:]) != getDomainInfoList {
		return 0, unix.ENOSYS
	}
	if le.Uint32(h.memory[atVersion:]) != h.version {
		return 0, unix.EACCES
	}
	first, room, n := le.Uint16(h.memory[atFirst:]), le.Uint32(h.memory[atMax:]), uint32(0)
	for _, id := range h.ids {
		if id < idl.DomID(first) || n == room {
			continue
		}
		info := h.memory[le.Uint64(h.memory[atBuffer:])-address(h.memory)+uint64(n)*infoSize:][:infoSize]
		clear(info)
		le.PutUint16(info[atID:], uint16(id))
		le.PutUint32(info[atFlags:], flagHVM|flagShutdown|uint32(idl.ShutdownReasonCrash)<<shutdownShift)
		le.PutUint64(info[atPages:], uint64(id)+1)
		info[atHandle] = 0xab
		n++
	}
	le.PutUint32(h.memory[atNumDomains:], n+h.extra)
	return 0, nil
}

func TestListDomains(t *testing.T) {
	h := &hypervisor{}
	for id := idl.DomID(0); id < 3*chunk; id += 2 {
		h.ids = append(h.ids, id)
	}
	c := connect(h)
	for _, test := range []struct {
		first idl.DomID
		limit int
		want  []idl.DomID
		calls int
	}{
		{0, libxc.MaxDomains, h.ids, 2},
		{0, chunk, h.ids[:chunk], 1},
		{0, chunk + 1, h.ids[:chunk+1], 2},
		{3, 1, h.ids[2:3], 1},
		{3 * chunk, 5, nil, 1},
		{libxc.MaxDomains, 1, nil, 0},
		{0x10000, 1, nil, 0}, // not domain 0
		{0, 0, nil, 0},
		{0, -1, nil, 0},
	} {
		h.asked = 0
		got, err := c.ListDomains(t.Context(), test.first, test.limit)
		if err != nil {
			t.Fatal(err)
		}
		var ids []idl.DomID
		for _, d := range got {
			ids = append(ids, d.ID)
			if d.Pages != uint64(d.ID)+1 || !d.HVM || !d.PVH || !d.Crashed || d.ShutdownReason != idl.ShutdownReasonCrash || d.UUID[0] != 0xab {
				t.Fatalf("domain %d: %+v", d.ID, d)
			}
		}
		if !slices.Equal(ids, test.want) || h.asked != test.calls {
			t.Errorf("from %d, limit %d: %d calls, %v", test.first, test.limit, h.asked, ids)
		}
	}
}

// A full chunk whose last domain is the last that there can be is the end.
func TestListToTheLastID(t *testing.T) {
	h := &hypervisor{}
	for id := idl.DomID(libxc.MaxDomains - chunk); id < libxc.MaxDomains; id++ {
		h.ids = append(h.ids, id)
	}
	got, err := connect(h).ListDomains(t.Context(), h.ids[0], 2*chunk)
	if err != nil || len(got) != chunk || h.asked != 1 {
		t.Errorf("%d domains in %d calls, %v", len(got), h.asked, err)
	}
}

func TestListErrors(t *testing.T) {
	if _, err := connect(&hypervisor{version: 0x16}).ListDomains(t.Context(), 0, 1); !errors.Is(err, xen.ErrOtherRelease) {
		t.Errorf("another interface: %v", err)
	}
	if got, err := connect(&hypervisor{extra: 2}).ListDomains(t.Context(), 0, 1); err == nil {
		t.Errorf("more domains than there is room for: %+v", got)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	why := errors.New("why")
	stop(why)
	if _, err := connect(&hypervisor{}).ListDomains(ctx, 0, 1); !errors.Is(err, why) {
		t.Errorf("an ended context: %v", err)
	}
}

func TestClose(t *testing.T) {
	h := &hypervisor{}
	c := connect(h)
	if major, minor, err := c.Version(t.Context()); major != 4 || minor != 17 || err != nil {
		t.Errorf("version %d.%d, %v", major, minor, err)
	}
	if err := errors.Join(c.Close(), c.Close()); err != nil || h.freed != 1 {
		t.Errorf("freed %d times, %v", h.freed, err)
	}
	if _, err := c.ListDomains(t.Context(), 0, 1); !errors.Is(err, ErrClosed) {
		t.Errorf("a list after Close: %v", err)
	}
	if _, _, err := c.Version(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("a version after Close: %v", err)
	}
}

func TestOpenWithoutXen(t *testing.T) {
	if os.Getenv("XENVOY_TEST_XEN") != "" {
		t.Skip("this machine runs Xen: TestXen looks at it")
	}
	if c, err := Open(); !errors.Is(err, xen.ErrNoHypervisor) {
		t.Errorf("%v, %v", c, err)
	}
}

// The memory of a kernel that has no device for it.
func TestAllocate(t *testing.T) {
	memory, err := allocate(memorySize)
	if err != nil || len(memory) != memorySize {
		t.Fatalf("%d bytes, %v", len(memory), err)
	}
	memory[memorySize-1] = 1
	if err := unix.Munmap(memory); err != nil {
		t.Error(err)
	}
}
