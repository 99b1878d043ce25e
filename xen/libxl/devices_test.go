//go:build cgo

package libxl

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/libxl/internal/dummyxen"
)

// deviceFiles have the methods for devices.
var deviceFiles = []string{"devices_gen.go", "disk.go", "driverdomain.go", "lookup.go", "p9.go", "pci.go"}

// deviceMethods returns the C function that each method of deviceFiles is for.
func deviceMethods(t *testing.T) map[string]string {
	t.Helper()
	first := regexp.MustCompile(`Implements(?: \([0-9.]+\))?: .*?\b(libxl_\w+)\(`)
	methods := map[string]string{}
	for _, name := range deviceFiles {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Skipf("no sources beside the test: %v", err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || !f.Name.IsExported() {
				continue
			}
			m := first.FindStringSubmatch(f.Doc.Text())
			if m == nil {
				t.Fatalf("%s implements nothing", f.Name.Name)
			}
			methods[f.Name.Name] = m[1]
		}
	}
	return methods
}

// callDevice calls a method for devices, on domain 7 and a device that can be found.
func callDevice(ctx context.Context, c *Context, method string) error {
	m := reflect.ValueOf(c).MethodByName(method)
	args := []reflect.Value{reflect.ValueOf(ctx)}
	for i := 1; i < m.Type().NumIn(); i++ {
		arg := reflect.New(m.Type().In(i)).Elem()
		switch v := arg.Addr().Interface().(type) {
		case *idl.DomID:
			*v = 7
		case *string:
			*v = "xvda"
		default:
			identify(arg)
		}
		args = append(args, arg)
	}
	results := m.Call(args)
	err, _ := results[len(results)-1].Interface().(error)
	return err
}

// identify sets what a device is found by.
func identify(dev reflect.Value) {
	if dev.Kind() != reflect.Struct {
		return
	}
	for name, value := range map[string]any{
		"DevID": new(idl.DevID(0)), "Ctrl": new(idl.DevID(0)), "Port": int32(1), "VDev": "xvda",
		"Backend": idl.DiskBackendPhy, "Type": idl.USBCtrlTypeQUSB,
		"Domain": int32(0xffff), "Bus": uint8(0xff), "Dev": uint8(0x1f), // no PCI device of this machine
	} {
		f := dev.FieldByName(name)
		if f.IsValid() && f.Type() == reflect.TypeOf(value) {
			f.Set(reflect.ValueOf(value))
		}
	}
}

// TestDeviceErrors calls each method where there is no Xen, no such domain, and after
// Close: the error names the C function, and nothing stays open.
func TestDeviceErrors(t *testing.T) {
	methods := deviceMethods(t)
	if len(methods) < 60 {
		t.Errorf("only %d methods were found", len(methods))
	}
	c := openDummy(t, Options{})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	callDevice(t.Context(), c, "DeviceEventsHandler") // libxl keeps the pipe of a synchronous call
	fds := processtest.Descriptors(t)
	for method, name := range methods {
		err := callDevice(t.Context(), c, method)
		var e *Error
		if !errors.As(err, &e) || e.Op != name || e.Code == 0 && e.Cause == nil {
			t.Errorf("%s: %+v", method, err)
		}
		if err := callDevice(cancelled, c, method); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a context that has ended: %v", method, err)
		}
	}
	if n := processtest.Descriptors(t); n != fds {
		t.Errorf("%d descriptors before, %d after", fds, n)
	}
	c.Close()
	for method := range methods {
		if err := callDevice(t.Context(), c, method); !errors.Is(err, ErrClosed) {
			t.Errorf("%s after Close: %v", method, err)
		}
	}
}

// openStore opens a dummy that finds domain 7 and what is in the store.
func openStore(t *testing.T, store map[string]string) *Context {
	t.Helper()
	c := openDummy(t, Options{})
	dummyxen.AddDomain(7)
	t.Cleanup(dummyxen.Clear)
	for path, value := range store {
		dummyxen.Write(path, value)
	}
	return c
}

// leaky are the methods over whose C function libxl loses some memory of its own when the
// domain has no such device, or always.
var leaky = []string{"MACToDeviceNIC", "UUIDToDeviceVTPM", "DevIDToDeviceVTPM"}

// TestDevicesOfNone: a domain without devices has empty lists, and what is not there is
// told apart from failure. None of the calls may crash.
func TestDevicesOfNone(t *testing.T) {
	c := openStore(t, nil)
	for method, name := range deviceMethods(t) {
		var err error
		call := func() { err = callDevice(t.Context(), c, method) }
		if slices.Contains(leaky, method) {
			dummyxen.Leaking(call)
		} else {
			call()
		}
		switch {
		case method == "DevicePCIAssignableList": // asks dom0's kernel
		case strings.HasSuffix(method, "List"):
			if err != nil {
				t.Errorf("%s: %+v", method, err)
			}
		case strings.HasSuffix(method, "Info"), strings.Contains(method, "ToDevice") && method != "VDevToDeviceDisk",
			strings.HasPrefix(method, "DevicePCI") && !strings.Contains(method, "Assignable"):
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: %+v", method, err)
			}
		case err == nil:
			t.Errorf("%s (%s) did something", method, name)
		}
	}
}

// TestDevicesOfNoDomain: another domain's id is an error of every method that has one.
func TestDevicesOfNoDomain(t *testing.T) {
	c := openStore(t, nil)
	dummyxen.AddDomain(6)
	for method := range deviceMethods(t) {
		if m := reflect.ValueOf(c).MethodByName(method).Type(); m.NumIn() < 2 || m.In(1) != reflect.TypeOf(idl.DomID(0)) {
			continue
		}
		err := callDevice(t.Context(), c, method)
		if !errors.Is(err, ErrDomainNotFound) && !errors.Is(err, xen.ErrNotSupported) {
			t.Errorf("%s: %+v", method, err)
		}
	}
}

// nicInStore is a network interface as libxl notes it, and as the front end does.
var nicInStore = map[string]string{
	"/libxl/7/device/vif/2/backend":             "/local/domain/0/backend/vif/7/2",
	"/libxl/7/device/vif/2/frontend":            "/local/domain/7/device/vif/2",
	"/libxl/7/device/vif/2/handle":              "2",
	"/libxl/7/device/vif/2/mac":                 "00:16:3e:01:02:03",
	"/libxl/7/device/vif/2/bridge":              "br0",
	"/libxl/7/device/vif/2/script":              "/etc/xen/scripts/vif-bridge",
	"/libxl/7/device/vif/2/type":                "vif",
	"/local/domain/7/device/vif/2/state":        "4",
	"/local/domain/7/device/vif/2/tx-ring-ref":  "99999999999999999999",
	"/local/domain/7/device/vif/2/rx-ring-ref":  "the guest's",
	"/local/domain/7/device/vif/2/backend":      "/etc",
	"/local/domain/0/backend/vif/7/2/state":     "4",
	"/local/domain/0/backend/vif/7/2/hotplug-x": "connected",
}

func TestDevicesInStore(t *testing.T) {
	c := openStore(t, nicInStore)
	ctx := t.Context()
	want := idl.DeviceNIC{
		DevID: new(idl.DevID(2)), MTU: 1500, MAC: idl.MAC{0, 0x16, 0x3e, 1, 2, 3}, Bridge: "br0",
		Script: "/etc/xen/scripts/vif-bridge", NICType: idl.NICTypeVif,
	}
	nics, err := c.DeviceNICList(ctx, 7)
	if err != nil || len(nics) != 1 || !reflect.DeepEqual(nics[0], want) {
		t.Errorf("%+v, %+v; want %+v", nics, err, want)
	}
	for name, find := range map[string]func() (idl.DeviceNIC, error){
		"address": func() (idl.DeviceNIC, error) { return c.MACToDeviceNIC(ctx, 7, want.MAC) },
		"number":  func() (idl.DeviceNIC, error) { return c.DevIDToDeviceNIC(ctx, 7, 2) },
	} {
		dummyxen.Leaking(func() {
			if nic, err := find(); err != nil || !reflect.DeepEqual(nic, want) {
				t.Errorf("by its %s: %+v, %+v", name, nic, err)
			}
		})
	}
	dummyxen.Leaking(func() {
		if _, err := c.MACToDeviceNIC(ctx, 7, idl.MAC{1}); !errors.Is(err, ErrNotFound) {
			t.Errorf("another address: %+v", err)
		}
	})
	info, err := c.DeviceNICInfo(ctx, 7, want)
	if err != nil || info.State != 4 || info.DevID != 2 || info.Evtch != -1 || info.FrontendID != 7 ||
		info.Backend != "/local/domain/0/backend/vif/7/2" {
		t.Errorf("%+v, %+v", info, err)
	}
}

// TestEachListFromStore: one device of each kind, which libxl allocates and this package
// frees.
func TestEachListFromStore(t *testing.T) {
	store := map[string]string{
		"/libxl/7/device/console/1/name": "org.example", "/libxl/7/device/console/1/connection": "socket",
		"/libxl/7/device/console/1/path": "/run/example", "/libxl/7/device/console/0/type": "xenconsoled",
		"/libxl/7/device/vbd/51712/params": "aio:/a:b", "/libxl/7/device/vbd/51712/type": "qdisk",
		"/libxl/7/device/vbd/51712/dev": "xvda", "/libxl/7/device/vbd/51712/removable": "0",
		"/libxl/7/device/vbd/51712/mode": "w", "/libxl/7/device/vbd/51712/device-type": "disk",
		"/libxl/7/device/vbd/51712/specification": "xen",
		"/local/domain/0/backend/vtpm/7/0/uuid":   "00112233-4455-6677-8899-aabbccddeeff",
		"/libxl/7/device/vusb/0/type":             "qusb",
	}
	for _, dir := range []string{"console/1", "vbd/51712", "vtpm/0", "vdispl/0", "vsnd/0", "vkbd/0", "vusb/0"} {
		kind, devid, _ := strings.Cut(dir, "/")
		store["/libxl/7/device/"+dir+"/backend"] = "/local/domain/0/backend/" + kind + "/7/" + devid
		store["/libxl/7/device/"+dir+"/frontend"] = "/local/domain/7/device/" + dir
	}
	c := openStore(t, store)
	first := new(idl.DevID(0))
	for name, test := range map[string]struct {
		list func() (any, error)
		want any
	}{
		"channel": {func() (any, error) { return c.DeviceChannelList(t.Context(), 7) },
			[]idl.DeviceChannel{{DevID: first, Name: "org.example", ConnectionSocket: &idl.DeviceChannelSocket{Path: "/run/example"}}}},
		"disk": {func() (any, error) { return c.DeviceDiskList(t.Context(), 7) },
			[]idl.DeviceDisk{{PDevPath: "/a:b", VDev: "xvda", Backend: idl.DiskBackendQdisk, Readwrite: 1,
				Specification: idl.DiskSpecificationXen, ColoEnable: idl.False}}},
		"usbctrl": {func() (any, error) { return c.DeviceUSBCtrlList(t.Context(), 7) },
			[]idl.DeviceUSBCtrl{{Type: idl.USBCtrlTypeQUSB, DevID: first, Version: -1, Ports: -1}}},
		"vdispl": {func() (any, error) { return c.DeviceVdisplList(t.Context(), 7) }, []idl.DeviceVdispl{{DevID: first}}},
		"vkb": {func() (any, error) { return c.DeviceVKBList(t.Context(), 7) },
			[]idl.DeviceVKB{{DevID: first, BackendType: idl.VKBBackendQEMU}}},
		"vsnd": {func() (any, error) { return c.DeviceVsndList(t.Context(), 7) }, []idl.DeviceVsnd{{DevID: first}}},
		"vtpm": {func() (any, error) { return c.DeviceVTPMList(t.Context(), 7) },
			[]idl.DeviceVTPM{{DevID: first, UUID: idl.UUID{0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}}}},
	} {
		if got, err := test.list(); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, %+v; want %+v", name, got, err, test.want)
		}
	}
}

// TestPCIOfAnotherDomain: the domain's own device is found, by its address and by its name;
// nothing may happen to another.
func TestPCIOfAnotherDomain(t *testing.T) {
	c := openStore(t, map[string]string{
		"/local/domain/0/backend/pci/7/0/num_devs": "1",
		"/local/domain/0/backend/pci/7/0/dev-0":    "ffff:ff:1f.7",
		"/local/domain/0/backend/pci/7/0/name-0":   "card",
	})
	ctx := t.Context()
	devices, err := c.DevicePCIList(ctx, 7)
	if err != nil || len(devices) != 1 || devices[0].Domain != 0xffff || devices[0].Func != 7 || devices[0].Name != "card" {
		t.Errorf("%+v, %+v", devices, err)
	}
	for _, dev := range []idl.DevicePCI{
		{Domain: 0xffff, Bus: 0xff, Dev: 0x1f, Func: 6},
		{Domain: 0xffff, Bus: 0xff, Dev: 0x1f, Func: 7, Name: "another"},
	} {
		_, add := c.DevicePCIAdd(ctx, 7, dev)
		for name, err := range map[string]error{
			"add": add, "remove": c.DevicePCIRemove(ctx, 7, dev), "destroy": c.DevicePCIDestroy(ctx, 7, dev),
		} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: %+v", name, err)
			}
		}
	}
	for _, dev := range []idl.DevicePCI{{Domain: 0xffff, Bus: 0xff, Dev: 0x1f, Func: 7}, {Name: "card"}} {
		if err := c.DevicePCIRemove(ctx, 7, dev); err != nil { // that the store cannot be written to is all the same to libxl
			t.Errorf("removing the domain's own: %v", err)
		}
	}
}

// TestListsThatFail: what libxl logs as an error is one, and one malformed entry must not
// look like no device.
func TestListsThatFail(t *testing.T) {
	for name, list := range map[string]func(*Context) error{
		"disk": func(c *Context) error { _, err := c.DeviceDiskList(t.Context(), 7); return err },
		"nic":  func(c *Context) error { _, err := c.DeviceNICList(t.Context(), 7); return err },
		"vtpm": func(c *Context) error { _, err := c.DeviceVTPMList(t.Context(), 7); return err },
		"vkb":  func(c *Context) error { _, err := c.DeviceVKBList(t.Context(), 7); return err },
	} {
		dir := map[string]string{"disk": "vbd/51712", "nic": "vif/0", "vtpm": "vtpm/0", "vkb": "vkbd/0"}[name]
		c := openStore(t, map[string]string{"/libxl/7/device/" + dir + "/backend": "nowhere"})
		if err := list(c); !errors.Is(err, ErrFail) {
			t.Errorf("%s: %+v", name, err)
		}
		c.Close()
		dummyxen.Clear()
	}
}

// TestInfoOfMalformed: libxl leaves a pointer to what it has freed (disk).
func TestInfoOfMalformed(t *testing.T) {
	c := openStore(t, map[string]string{
		"/libxl/7/device/vbd/51712/backend": "nowhere",
		"/libxl/7/device/vsnd/0/backend":    "/local/domain/0/backend/vsnd/7/0",
		"/libxl/7/device/vsnd/0/frontend":   "/local/domain/7/device/vsnd/0",
	})
	dummyxen.Leaking(func() {
		if _, err := c.DeviceDiskInfo(t.Context(), 7, idl.DeviceDisk{VDev: "xvda"}); !errors.Is(err, ErrFail) {
			t.Errorf("disk: %+v", err)
		}
	})
	dev := idl.DeviceVsnd{DevID: new(idl.DevID(0)), PCMs: []idl.VsndPCM{{Streams: []idl.VsndStream{{}, {}}}}}
	info, err := c.DeviceVsndInfo(t.Context(), 7, dev)
	if err != nil || len(info.PCMs) != 1 || len(info.PCMs[0].Streams) != 2 || info.State != -1 {
		t.Errorf("vsnd: %+v, %+v", info, err)
	}
}

// TestDeviceRefusals: what libxl would crash over, abort over, or take for done.
func TestDeviceRefusals(t *testing.T) {
	c := openStore(t, nil)
	ctx := t.Context()
	_, add := c.DeviceDiskAdd(ctx, 7, idl.DeviceDisk{PDevPath: "/dev/null"})
	_, info := c.DeviceNICInfo(ctx, 7, idl.DeviceNIC{})
	for name, err := range map[string]error{
		"disk without a name":             add,
		"removing a disk without a name":  c.DeviceDiskRemove(ctx, 7, idl.DeviceDisk{}),
		"inserting into none":             c.CDROMInsert(ctx, 7, idl.DeviceDisk{}),
		"removing a nic without a number": c.DeviceNICRemove(ctx, 7, idl.DeviceNIC{}),
		"removing nic -1":                 c.DeviceNICDestroy(ctx, 7, idl.DeviceNIC{DevID: new(idl.DevID(-1))}),
		"asking about no nic":             info,
		"controller without a type":       c.DeviceUSBCtrlRemove(ctx, 7, idl.DeviceUSBCtrl{DevID: new(idl.DevID(0))}),
		"a NUL":                           c.DeviceDiskDestroy(ctx, 7, idl.DeviceDisk{VDev: "xvda\x00"}),
	} {
		if !errors.Is(err, ErrInval) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.VDevToDeviceDisk(ctx, 7, "no disk"); !errors.Is(err, ErrInval) {
		t.Errorf("a name that is none: %v", err)
	}
	if _, err := c.VDevToDeviceDisk(ctx, 7, "xvda\x00"); !errors.Is(err, ErrInval) {
		t.Errorf("a name with a NUL: %v", err)
	}
}

// TestAddReturnsWhatLibxlMade: after a failure too, with what libxl has chosen by then.
func TestAddReturnsWhatLibxlMade(t *testing.T) {
	store := map[string]string{"/libxl/7/type": "pv"}
	for path, value := range nicInStore {
		store[path] = value
	}
	c := openStore(t, store)
	nic, err := c.DeviceNICAdd(t.Context(), 7, idl.DeviceNIC{Bridge: "br9"})
	if err == nil {
		t.Fatal("a store that cannot be written to was written to")
	}
	if nic.DevID == nil || *nic.DevID != 3 || nic.MAC == (idl.MAC{}) || nic.Bridge != "br9" || !strings.HasSuffix(nic.Script, "/vif-bridge") {
		t.Errorf("%+v, after %v", nic, err)
	}
	given := idl.DeviceNIC{Bridge: "br\x009"}
	if nic, err := c.DeviceNICAdd(t.Context(), 7, given); err == nil || !reflect.DeepEqual(nic, given) {
		t.Errorf("%+v, %v", nic, err)
	}
}

// TestDevicesBesideEachOther: calls of many goroutines do not take each other's records for
// their own failure.
func TestDevicesBesideEachOther(t *testing.T) {
	store := map[string]string{"/libxl/7/device/vbd/51712/backend": "nowhere"}
	for path, value := range nicInStore {
		store[path] = value
	}
	c := openStore(t, store)
	done := make(chan []error)
	for range 4 {
		go func() {
			var errs []error
			for range 50 {
				_, disks := c.DeviceDiskList(t.Context(), 7)
				nics, list := c.DeviceNICList(t.Context(), 7)
				_, none := c.DeviceVTPMList(t.Context(), 7)
				if !errors.Is(disks, ErrFail) || len(nics) != 1 || list != nil || none != nil {
					errs = append(errs, errors.Join(disks, list, none))
				}
			}
			done <- errs
		}()
	}
	for range 4 {
		if errs := <-done; len(errs) > 0 {
			t.Errorf("%d times: %+v", len(errs), errs[0])
		}
	}
}

// TestEventsHandlerFails: here it cannot begin.
func TestEventsHandlerFails(t *testing.T) {
	c := openDummy(t, Options{})
	err := c.DeviceEventsHandler(t.Context())
	if !errors.Is(err, ErrFail) || c.Err() != nil {
		t.Errorf("%+v, %v", err, c.Err())
	}
}

// TestEachDeviceCanBeTakenAway: each kind that can be added can be taken away.
func TestEachDeviceCanBeTakenAway(t *testing.T) {
	methods := deviceMethods(t)
	var names []string
	for name := range methods {
		names = append(names, name)
	}
	for _, name := range names {
		kind, ok := strings.CutSuffix(name, "Add")
		if ok && !slices.Contains(names, kind+"Remove") {
			t.Errorf("%s has no Remove", kind)
		}
	}
}
