//go:build cgo && amd64

package libxl

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/libxl/internal/dummyxen"
	"github.com/xenvoy/xenvoy/xen/libxl/internal/faults"
)

// TestEachCallFails makes each C function that a method binds fail once: the method must
// return a typed error that names the function and its code, and leave nothing open. C
// memory that it loses is found by the address sanitizer's run.
func TestEachCallFails(t *testing.T) {
	bound := boundBy(t)
	c, _ := openMachine(t)
	dummyxen.AddDomain(1)
	dummyxen.Write("/local/pool/1/name", "one")
	warm(t, c)
	reached := 0
	for _, name := range faults.Names() {
		method, ok := bound[name]
		if !ok {
			continue // a function of Open, Close, or of the event loop: tested by themselves
		}
		t.Run(name, func(t *testing.T) {
			m := reflect.ValueOf(c).MethodByName(method)
			args := arguments(t, m.Type())
			fds, handles := processtest.Descriptors(t), c.operations.Load()
			if err := faults.Arm(name); err != nil {
				t.Fatal(err)
			}
			results := m.Call(args)
			err, _ := results[len(results)-1].Interface().(error)
			hits := faults.Disarm()
			if why, ok := notReached[name]; ok {
				if hits > 0 {
					t.Errorf("it is called after all; %q is no reason any more", why)
				}
				return
			}
			if hits == 0 {
				t.Fatalf("%s does not call it; it returned %+v", method, err)
			}
			reached++
			if silent.MatchString(name) {
				if err != nil && !errors.Is(err, ErrNotFound) {
					t.Errorf("%+v", err)
				}
			} else {
				checkFailure(t, name, err)
			}
			if n := processtest.Descriptors(t); n != fds {
				t.Errorf("%d descriptors before, %d after", fds, n)
			}
			if n := c.operations.Load(); n != handles {
				t.Errorf("%d operations hold memory before, %d after", handles, n)
			}
		})
	}
	t.Logf("%d functions failed once", reached)
	if reached < 150 {
		t.Errorf("only %d functions were reached", reached)
	}
}

// warm makes what a Context opens with its first calls.
func warm(t *testing.T, c *Context) {
	t.Helper()
	if _, err := c.ListDomains(t.Context()); err == nil {
		t.Log("the dummy lists domains")
	}
}

func checkFailure(t *testing.T, name string, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %T %v", err, err)
	}
	if e.Op != name && !strings.Contains(err.Error(), name) {
		t.Errorf("the error is about %s: %v", e.Op, err)
	}
	if !errors.Is(err, ErrFail) && !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("code %v in %v", e.Code, err)
	}
}

// arguments are right in their form.
func arguments(t *testing.T, method reflect.Type) []reflect.Value {
	t.Helper()
	var args []reflect.Value
	for i := range method.NumIn() {
		if method.IsVariadic() && i == method.NumIn()-1 {
			break
		}
		args = append(args, argument(t, method.In(i)))
	}
	return args
}

func argument(t *testing.T, typ reflect.Type) reflect.Value {
	t.Helper()
	switch {
	case typ == reflect.TypeFor[context.Context]():
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // some calls wait until their context ends
		t.Cleanup(cancel)
		return reflect.ValueOf(ctx)
	case typ == reflect.TypeFor[*os.File]():
		return reflect.ValueOf(streamFile(t))
	case typ == reflect.TypeFor[*idl.DomainConfig](), typ == reflect.TypeFor[any]():
		return reflect.ValueOf(&idl.DomainConfig{
			CInfo: idl.DomainCreateInfo{Type: idl.DomainTypePVH, Name: "x"},
			BInfo: idl.DomainBuildInfo{TypePVH: &idl.DomainBuildInfoPVH{}},
		})
	case typ.Kind() == reflect.Pointer:
		return reflect.New(typ.Elem())
	case typ == reflect.TypeFor[idl.Bitmap]():
		return reflect.ValueOf(idl.Bitmap{0})
	}
	v := reflect.New(typ).Elem()
	switch v.Kind() {
	case reflect.String:
		v.SetString("no1") // a parameter of the hypervisor must look like one
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.Uint: // a cache level
		v.SetUint(2)
	case reflect.Int32: // of an enumeration
		v.SetInt(1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(typ, 1, 1))
	case reflect.Struct:
		identify(v)
	}
	return v
}

// streamFile holds the head of a migration stream.
func streamFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "stream"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.WriteAt(goodHead(), 0); err != nil {
		t.Fatal(err)
	}
	return f
}

// functionsOf finds the C functions in the Implements lines above a method.
var functionsOf = regexp.MustCompile(`(?m)^Implements(?: \([0-9.]+\))?: [\w \*]+?\b(libxl_\w+)\(`)

// boundBy maps each C function to the exported method of Context that binds it.
func boundBy(t *testing.T) map[string]string {
	t.Helper()
	_, self, _, _ := runtime.Caller(0)
	files, err := filepath.Glob(filepath.Join(filepath.Dir(self), "*.go"))
	if err != nil || len(files) == 0 {
		t.Skipf("no sources beside the test: %v", err)
	}
	bound := map[string]string{}
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !fn.Name.IsExported() || fn.Name.Name == "Close" {
				continue
			}
			for _, m := range functionsOf.FindAllStringSubmatch(fn.Doc.Text(), -1) {
				bound[m[1]] = fn.Name.Name
			}
		}
	}
	return bound
}

// notReached are functions that a method calls only after another one has succeeded,
// which nothing does on a dummy, with that other one.
var notReached = map[string]string{
	"libxl_ctrlport_to_device_usbdev": "the controller is looked for first",
	"libxl_device_9pfs_add":           "Xen 4.17 lacks it",
	"libxl_device_pci_add":            "the device is looked for among the assignable ones first",
	"libxl_device_pci_destroy":        "the device is looked for among the domain's first",
	"libxl_device_pci_remove":         "the device is looked for among the domain's first",
	"libxl_device_usbctrl_getinfo":    "the controller is looked for first",
	"libxl_device_vsnd_getinfo":       "the card is looked for first",
	"libxl_evenable_disk_eject":       "the disk is looked for first",
	"libxl_wait_for_memory_target":    "the target is looked for first",
}

// silent are functions whose failure without a word is how libxl says that there is no
// such thing: an empty list, or ErrNotFound.
var silent = regexp.MustCompile(`^libxl_(device_\w+_(list|getinfo)|mac_to_device_nic|(uuid|devid)_to_device_vtpm|cpupoolid_to_name|get_stubdom_id|is_stubdom)$`)
