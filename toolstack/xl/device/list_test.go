package device

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// full is a libxl whose guest has a device of each kind; domain 7 has none.
type full struct{ domains }

func of[T any](id idl.DomID, devices ...T) ([]T, error) {
	if id != guest {
		return []T{}, nil
	}
	return devices, nil
}

func (full) DeviceDiskList(_ context.Context, id idl.DomID) ([]idl.DeviceDisk, error) {
	return of(id, idl.DeviceDisk{VDev: "xvda", PDevPath: "/dev/vg/a", Readwrite: 1}, idl.DeviceDisk{VDev: "hdc", IsCdrom: 1})
}

func (full) DeviceDiskInfo(_ context.Context, _ idl.DomID, d idl.DeviceDisk) (idl.DiskInfo, error) {
	i := idl.DiskInfo{FrontendID: 3, DevID: 51712, State: 4, Evtch: 12, Rref: 8, Backend: "/local/domain/0/backend/vbd/3/51712", Frontend: "/f"}
	if d.VDev == "hdc" {
		i = idl.DiskInfo{FrontendID: 3, DevID: 5632, State: 1, Evtch: -1, Rref: -1}
	}
	return i, nil
}

func (full) DeviceNICList(_ context.Context, id idl.DomID) ([]idl.DeviceNIC, error) {
	return of(id, idl.DeviceNIC{MAC: idl.MAC{0, 0x16, 0x3e, 1, 2, 0xff}, Bridge: "xenbr0", DevID: new(idl.DevID(0))})
}

func (full) DeviceNICInfo(context.Context, idl.DomID, idl.DeviceNIC) (idl.NICInfo, error) {
	return idl.NICInfo{DevID: 0, State: 4, Evtch: 14, RrefTx: 770, RrefRx: 771, Backend: "/local/domain/0/backend/vif/3/0"}, nil
}

func (full) DeviceChannelList(_ context.Context, id idl.DomID) ([]idl.DeviceChannel, error) {
	return of(id, idl.DeviceChannel{DevID: new(idl.DevID(1)), Name: "a", ConnectionPTY: &idl.DeviceChannelPTY{}},
		idl.DeviceChannel{DevID: new(idl.DevID(2)), ConnectionSocket: &idl.DeviceChannelSocket{}})
}

func (full) DeviceChannelInfo(_ context.Context, _ idl.DomID, d idl.DeviceChannel) (idl.ChannelInfo, error) {
	i := idl.ChannelInfo{State: 1, Evtch: -1, Rref: -1}
	if d.ConnectionPTY != nil {
		i = idl.ChannelInfo{State: 4, Evtch: 5, Rref: 9, ConnectionPTY: &idl.ChannelInfoPTY{Path: "/dev/pts/4"}}
	}
	return i, nil
}

func (full) DeviceVTPMList(_ context.Context, id idl.DomID) ([]idl.DeviceVTPM, error) {
	return of(id, idl.DeviceVTPM{DevID: new(idl.DevID(0))})
}

func (full) DeviceVTPMInfo(context.Context, idl.DomID, idl.DeviceVTPM) (idl.VTPMInfo, error) {
	return idl.VTPMInfo{BackendID: 2, State: 4, Evtch: 6, Rref: 10, Backend: "/b", UUID: idl.UUID{0xff, 15: 1}}, nil
}

func (full) DeviceVKBList(_ context.Context, id idl.DomID) ([]idl.DeviceVKB, error) {
	return of(id, idl.DeviceVKB{DevID: new(idl.DevID(0)), BackendType: idl.VKBBackendLinux, UniqueID: "kbd"}, idl.DeviceVKB{DevID: new(idl.DevID(1))})
}

func (full) DeviceVKBInfo(_ context.Context, _ idl.DomID, d idl.DeviceVKB) (idl.VKBInfo, error) {
	return idl.VKBInfo{DevID: *d.DevID, State: 1, Evtch: -1, Rref: -1, Backend: "/b"}, nil
}

func (full) DeviceVdisplList(_ context.Context, id idl.DomID) ([]idl.DeviceVdispl, error) {
	return of(id, idl.DeviceVdispl{DevID: new(idl.DevID(0))})
}

func (full) DeviceVdisplInfo(context.Context, idl.DomID, idl.DeviceVdispl) (idl.VdisplInfo, error) {
	return idl.VdisplInfo{
		FrontendID: 3, State: 1, BeAlloc: true, Backend: "/b", Frontend: "/f",
		Connectors: []idl.ConnectorInfo{{UniqueID: "id0", Width: 800, Height: 600, ReqRref: 1, ReqEvtch: 2, EvtRref: 3, EvtEvtch: 4}},
	}, nil
}

func (full) DeviceVsndList(_ context.Context, id idl.DomID) ([]idl.DeviceVsnd, error) {
	return of(id, idl.DeviceVsnd{
		DevID: new(idl.DevID(0)), ShortName: "Card",
		Params: idl.VsndParams{ChannelsMin: 1, ChannelsMax: 2, BufferSize: 4096, SampleRates: []uint32{8000, 44100}, SampleFormats: []idl.VsndPCMFormat{idl.VsndPCMFormatS8, idl.VsndPCMFormatU8}},
		PCMs:   []idl.VsndPCM{{Name: "p", Streams: []idl.VsndStream{{UniqueID: "s", Type: idl.VsndStreamTypeP}}}},
	})
}

func (full) DeviceVsndInfo(context.Context, idl.DomID, idl.DeviceVsnd) (idl.VsndInfo, error) {
	return idl.VsndInfo{
		FrontendID: 3, State: 4, Backend: "/b", Frontend: "/f",
		PCMs: []idl.PCMInfo{{Streams: []idl.StreamInfo{{ReqEvtch: 7, ReqRref: 8}}}},
	}, nil
}

func (full) DeviceUSBCtrlList(_ context.Context, id idl.DomID) ([]idl.DeviceUSBCtrl, error) {
	return of(id, idl.DeviceUSBCtrl{DevID: new(idl.DevID(0))})
}

func (full) DeviceUSBCtrlInfo(context.Context, idl.DomID, idl.DeviceUSBCtrl) (idl.USBCtrlInfo, error) {
	return idl.USBCtrlInfo{Type: idl.USBCtrlTypeQUSB, State: 4, Version: 2, Ports: 2}, nil
}

func (full) CtrlPortToDeviceUSBDev(_ context.Context, _ idl.DomID, _ idl.DevID, port int32) (idl.DeviceUSBDev, error) {
	if port == 1 {
		return idl.DeviceUSBDev{TypeHostdev: &idl.DeviceUSBDevHostdev{Hostbus: 1, Hostaddr: 30}}, nil
	}
	return idl.DeviceUSBDev{}, xltest.Fault("libxl_ctrlport_to_device_usbdev", libxl.ErrNotFound)
}

func (full) DevicePCIList(_ context.Context, id idl.DomID) ([]idl.DevicePCI, error) {
	return of(id, idl.DevicePCI{Domain: 0x1a, Bus: 2, Dev: 0x1f, Func: 3, VDevFn: 5<<3 | 1})
}

func (full) DevicePCIAssignableList(context.Context) ([]idl.DevicePCI, error) {
	return []idl.DevicePCI{{Bus: 1, Name: "nic"}, {Bus: 2, Dev: 1}}, nil
}

const blockHeader = "Vdev  BE  handle state evt-ch ring-ref BE-path                       \n"

func TestLists(t *testing.T) {
	try(t, table{
		{name: "block-list", words: []string{"block-list", "guest"}, stdout: blockHeader +
			"51712 0   3      4     12     8        /local/domain/0/backend/vbd/3/51712\n" +
			"5632  0   3      1     -1     -1       (null)                        \n"},
		{name: "network-list", words: []string{"network-list", "7", "guest"}, stdout: "" +
			"Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref BE-path                       \n" +
			"0   0  00:16:3e:01:02:ff     0     4     14   770/771         /local/domain/0/backend/vif/3/0\n"},
		{name: "channel-list", words: []string{"channel-list", "guest"}, stdout: "" +
			"Idx BE state evt-ch ring-ref connection                               \n" +
			"1   0  4     5      9        pty        /dev/pts/4                     \n" +
			"2   0  1     -1     -1       socket     \n"},
		{name: "vtpm-list", words: []string{"vtpm-list", "guest"}, stdout: "" +
			"Idx BE Uuid                                 handle state evt-ch ring-ref BE-path   \n" +
			"0   2  ff000000-0000-0000-0000-000000000001      0     4      6       10 /b                            \n"},
		{name: "vkb-list", words: []string{"vkb-list", "guest"}, stdout: "" +
			"Idx BE handle state evt-ch    ref ID         BE-type    BE-path                       \n" +
			"0   0       0     1     -1     -1 kbd        linux      /b                            \n" +
			"1   0       1     1     -1     -1 (null)     unknown    /b                            \n"},
		{name: "vdispl-list", words: []string{"vdispl-list", "guest"}, stdout: "" +
			"DevId: 0, BE: 0, handle: 3, state: 1, be-alloc: 1, BE-path: /b, FE-path: /f\n" +
			"\tConnector: 0, id: id0, width: 800, height: 600, req-rref: 1, req-evtch: 2, evt-rref: 3, evt-evtch: 4\n"},
		{name: "vsnd-list", words: []string{"vsnd-list", "guest"}, stdout: "" +
			"\ndevid: 0, be-domid: 0, handle: 3, state: 4, be-path: /b, fe-path: /f\n" +
			"short-name: \"Card\", long-name: \"(null)\", channels-min: 1, channels-max: 2, buffer-size: 4096, " +
			"sample-rates: 8000;44100, sample-rates: s8;u8\n" +
			"\tpcm: 0, name: \"p\"\n\t\tstream: 0, unique-id: \"s\", type: p\n\t\t\tevent-channel: 7, ring-ref: 8\n"},
		{name: "usb-list", words: []string{"usb-list", "guest"}, stdout: "" +
			"Devid  Type         BE  state usb-ver ports\n" +
			"0      qusb         0   4     2       2    \n" +
			"  Port 1: Bus 001 Device 01e\n  Port 2:\n"},
		{name: "pci-list", words: []string{"pci-list", "guest"}, stdout: "Vdev Device\n05.1 001a:02:1f.3\n"},
		{name: "pci-list of nothing", words: []string{"pci-list", "7"}},
		{name: "pci-assignable-list", words: []string{"pci-assignable-list"}, stdout: "0000:01:00.0 \n0000:02:01.0 \n"},
		{name: "pci-assignable-list with names", words: []string{"pci-assignable-list", "-n"}, stdout: "0000:01:00.0 nic\n0000:02:01.0 \n"},
		{name: "usb-list of two", words: []string{"usb-list", "guest", "7"}, stderr: "Invalid arguments.\n", status: 255},
	}.on(full{}))
}

// A domain that is not there ends some lists, after what was before it, and not others.
func TestListsOfNobody(t *testing.T) {
	disk := blockHeader +
		"51712 0   3      4     12     8        /local/domain/0/backend/vbd/3/51712\n" +
		"5632  0   3      1     -1     -1       (null)                        \n"
	try(t, table{
		{name: "block-list goes on", words: []string{"block-list", "nobody", "guest"}, stdout: disk, stderr: "nobody is an invalid domain identifier\n"},
		{name: "network-list ends", words: []string{"network-list", "7", "nobody", "guest"},
			stdout: "Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref BE-path                       \n",
			stderr: "nobody is an invalid domain identifier (rc=-6)\n", status: 1},
		{name: "vdispl-list goes on", words: []string{"vdispl-list", "nobody"}, stderr: "nobody is an invalid domain identifier\n"},
		{name: "pci-list ends", words: []string{"pci-list", "nobody"}, stderr: "(rc=-6)", status: 1},
	}.on(full{}))
	got := bench(full{}).Xenvoy(t, "table", "block-list", "nobody", "guest")
	if got.Stdout != disk || !errors.Is(got.Err, libxl.ErrInval) {
		t.Errorf("strictly: %q, %v", got.Stdout, got.Err)
	}
}

// broken is a libxl that lists a disk, and knows nothing about it.
type broken struct{ domains }

func (broken) DeviceDiskList(context.Context, idl.DomID) ([]idl.DeviceDisk, error) {
	return []idl.DeviceDisk{{VDev: "xvda"}}, nil
}

func (broken) DeviceDiskInfo(context.Context, idl.DomID, idl.DeviceDisk) (idl.DiskInfo, error) {
	return idl.DiskInfo{}, xltest.Fault("libxl_device_disk_getinfo", libxl.ErrFail)
}

func (broken) DeviceNICList(context.Context, idl.DomID) ([]idl.DeviceNIC, error) {
	return nil, xltest.Fault("libxl_device_nic_list", libxl.ErrFail)
}

func (broken) DevicePCIList(context.Context, idl.DomID) ([]idl.DevicePCI, error) {
	return nil, xltest.Fault("libxl_device_pci_list", libxl.ErrFail)
}

func (broken) DevicePCIAssignableList(context.Context) ([]idl.DevicePCI, error) {
	return nil, xltest.Fault("libxl_device_pci_assignable_list", libxl.ErrFail)
}

// xl passes over what libxl fails with; a strict session does not.
func TestListsThatFail(t *testing.T) {
	for _, words := range [][]string{{"block-list", "guest"}, {"network-list", "guest"}, {"pci-list", "guest"}, {"pci-assignable-list"}} {
		if got := bench(broken{}).XL(t, words...); got.Status != 0 || got.Stderr != "" || strings.Contains(got.Stdout, "51712") {
			t.Errorf("%v: %+v", words, got)
		}
		if got := bench(broken{}).Xenvoy(t, "json", words...); !errors.Is(got.Err, libxl.ErrFail) {
			t.Errorf("%v, strictly: %+v", words, got)
		}
	}
}

// The names of what scripts read.
func TestListsInJSON(t *testing.T) {
	common := []string{"domain_id", "devid", "backend_id", "state", "backend_path"}
	for _, c := range []struct {
		command string
		names   []string
	}{
		{"block-list", append([]string{"vdev", "target", "cdrom", "read_only", "event_channel", "ring_ref", "frontend_path"}, common...)},
		{"network-list", append([]string{"mac", "bridge", "event_channel", "tx_ring_ref", "rx_ring_ref"}, common...)},
		{"channel-list", append([]string{"name", "connection", "path", "event_channel", "ring_ref"}, common...)},
		{"vtpm-list", append([]string{"uuid", "event_channel", "ring_ref"}, common...)},
		{"vkb-list", append([]string{"unique_id", "backend_type", "event_channel", "ring_ref"}, common...)},
		{"vdispl-list", append([]string{"be_alloc", "connectors", "frontend_path"}, common...)},
		{"vsnd-list", append([]string{"short_name", "params", "pcms", "frontend_path"}, common...)},
		{"usb-list", append([]string{"type", "version", "ports"}, common...)},
		{"pci-list", []string{"domain_id", "address", "virtual_slot"}},
	} {
		got := bench(full{}).Xenvoy(t, "json", c.command, "guest")
		var rows []map[string]any
		if err := json.Unmarshal([]byte(got.Stdout), &rows); err != nil || got.Err != nil || len(rows) == 0 {
			t.Errorf("%s: %v, %+v", c.command, err, got)
			continue
		}
		for _, name := range c.names {
			if _, ok := rows[0][name]; !ok {
				t.Errorf("%s has no %s: %v", c.command, name, rows[0])
			}
			delete(rows[0], name)
		}
		if len(rows[0]) > 0 {
			t.Errorf("%s has also %v", c.command, rows[0])
		}
		if none := bench(full{}).Xenvoy(t, "json", c.command, "7"); none.Stdout != "[]\n" || none.Err != nil {
			t.Errorf("%s of a domain without: %+v", c.command, none)
		}
	}
}
