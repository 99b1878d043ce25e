package idlfill

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// unset returns the members below v that are zero, apart from the arms of unions, which
// it counts when they are set.
func unset(path string, v reflect.Value, arms map[string]int) []string {
	switch v.Kind() {
	case reflect.Pointer:
		return unset(path, v.Elem(), arms)
	case reflect.Slice:
		var all []string
		for i := range v.Len() {
			all = append(all, unset(fmt.Sprintf("%s[%d]", path, i), v.Index(i), arms)...)
		}
		return all
	case reflect.Struct:
		var all []string
		for i := range v.NumField() {
			f := v.Type().Field(i)
			where := path + "." + f.Name
			isArm := strings.Contains(f.Tag.Get("json"), ".")
			switch {
			case isArm && v.Field(i).IsZero():
				continue
			case isArm:
				arms[v.Type().Name()+"."+f.Name]++
			case v.Field(i).IsZero():
				all = append(all, where)
			}
			all = append(all, unset(where, v.Field(i), arms)...)
		}
		return all
	}
	return nil
}

// TestFillSetsAll: a test that fills types holds for every member only if none is left.
func TestFillSetsAll(t *testing.T) {
	arms := map[string]int{}
	for seed := range uint64(40) {
		for _, v := range []any{new(idl.DomainConfig), new(idl.PhysInfo), new(idl.Event), new(idl.DomainRestoreParams)} {
			Fill(v, seed)
			for _, member := range unset(reflect.TypeOf(v).Elem().Name(), reflect.ValueOf(v), arms) {
				if !strings.Contains(member, ".CPUID.CPUID[") { // registers that a policy says nothing of
					t.Errorf("seed %d: %s is not set", seed, member)
				}
			}
		}
	}
	for _, arm := range []string{"DomainBuildInfo.TypeHVM", "DomainBuildInfo.TypePV", "DomainBuildInfo.TypePVH", "DeviceUSBDev.TypeHostdev",
		"DeviceChannel.ConnectionPTY", "Event.TypeDiskEject", "Event.TypeDomainShutdown"} {
		if arms[arm] == 0 {
			t.Errorf("no seed sets %s: %v", arm, arms)
		}
	}
}

func TestFillIsRepeatable(t *testing.T) {
	a, b, c := new(idl.DomainConfig), new(idl.DomainConfig), new(idl.DomainConfig)
	Fill(a, 7)
	Fill(b, 7)
	Fill(c, 8)
	if !reflect.DeepEqual(a, b) || reflect.DeepEqual(a, c) {
		t.Error("a seed must give the same each time, and another one something else")
	}
}

// TestFillForOlderRelease: nothing newer is set, and everything for the newest release.
func TestFillForOlderRelease(t *testing.T) {
	newer := map[string]bool{}
	for seed := range uint64(40) {
		for _, v := range []any{new(idl.DomainConfig), new(idl.PhysInfo)} {
			old := idl.Release{Major: 4, Minor: 17}
			FillFor(v, seed, old)
			if needs := idl.Newer(v, old); len(needs) > 0 {
				t.Errorf("seed %d, for Xen %v: %v", seed, old, needs)
			}
			Fill(v, seed)
			for _, n := range idl.Newer(v, old) {
				newer[n.Path[strings.LastIndex(n.Path, ".")+1:]] = true
			}
		}
	}
	for _, name := range []string{"llc_colors", "virtios", "pirq", "grant_usage", "vlan", "max_files", "tee", "arch_capabilities"} {
		if !newer[name] {
			t.Errorf("no seed sets %s", name)
		}
	}
}
