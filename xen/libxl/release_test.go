//go:build cgo

package libxl

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// TestHeadersRelease compares with the name of the library that this process runs with.
func TestHeadersRelease(t *testing.T) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`/libxenlight\.so\.(\d+\.\d+)`).FindSubmatch(maps)
	if m == nil {
		t.Skip("the library's file name does not say which release it is of")
	}
	library, err := idl.ParseRelease(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	if last := (idl.Release{Major: 4, Minor: 20}); last.Before(library) {
		library = last // see release.h
	}
	if got := headersRelease(); got != library {
		t.Errorf("the headers are said to be of %v, the library is of %v", got, library)
	}
}

func TestReleaseError(t *testing.T) {
	many := &idl.DomainConfig{Disks: make([]idl.DeviceDisk, 9)}
	for i := range many.Disks {
		many.Disks[i].GrantUsage = idl.True
	}
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"one": {&idl.DomainConfig{BInfo: idl.DomainBuildInfo{LLCColors: []uint32{1}}},
			"b_info.llc_colors needs Xen 4.20; this program is built for 4.17"},
		"an enumerator": {&idl.DomainConfig{BInfo: idl.DomainBuildInfo{TEE: idl.TEETypeFFA}},
			`b_info.tee "ffa" needs Xen 4.18; this program is built for 4.17`},
		"two": {&idl.DeviceP9{Type: idl.P9TypeQEMU, AutoDelete: true},
			"type needs Xen 4.19, auto_delete needs Xen 4.19; this program is built for 4.17"},
		"many": {many, "disks[0].grant_usage needs Xen 4.19, disks[1].grant_usage needs Xen 4.19, disks[2].grant_usage needs Xen 4.19, " +
			"disks[3].grant_usage needs Xen 4.19 and 5 more; this program is built for 4.17"},
	} {
		err := checkReleaseFor(c.v, idl.Release{Major: 4, Minor: 17})
		if !errors.Is(err, xen.ErrNotSupported) || err.Error() != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if err := checkReleaseFor(c.v, idl.Release{Major: 4, Minor: 20}); err != nil {
			t.Errorf("%s, for a release that has it: %v", name, err)
		}
	}
}

// TestNewerMembers: what these headers lack is refused wherever a structure crosses, and
// what they have arrives in libxl.
func TestNewerMembers(t *testing.T) {
	c := openDummy(t, Options{})
	hvm := func(arm idl.DomainBuildInfoHVM) *idl.DomainConfig {
		return &idl.DomainConfig{CInfo: idl.DomainCreateInfo{Type: idl.DomainTypeHVM}, BInfo: idl.DomainBuildInfo{TypeHVM: &arm}}
	}
	for _, test := range []struct {
		since idl.Release
		name  string // in libxl's JSON
		cfg   *idl.DomainConfig
	}{
		{idl.Release{Major: 4, Minor: 18}, "virtios", &idl.DomainConfig{Virtios: []idl.DeviceVirtio{{Type: "virtio,device"}}}},
		{idl.Release{Major: 4, Minor: 18}, "ffa", &idl.DomainConfig{BInfo: idl.DomainBuildInfo{TEE: idl.TEETypeFFA}}},
		{idl.Release{Major: 4, Minor: 18}, "oem", hvm(idl.DomainBuildInfoHVM{SMBIOS: []idl.SMBIOS{{Key: idl.SMBIOSTypeOEM, Value: "x"}}})},
		{idl.Release{Major: 4, Minor: 19}, "pirq", hvm(idl.DomainBuildInfoHVM{PIRQ: idl.False})},
		{idl.Release{Major: 4, Minor: 20}, "llc_colors", &idl.DomainConfig{BInfo: idl.DomainBuildInfo{LLCColors: []uint32{3}}}},
	} {
		text, err := c.JSON(t.Context(), test.cfg)
		if !headersRelease().Before(test.since) {
			if err != nil || !strings.Contains(string(text), `"`+test.name+`"`) {
				t.Errorf("%s: %v, %s", test.name, err, text)
			}
			continue
		}
		var missing *ReleaseError
		if !errors.As(err, &missing) || !errors.Is(err, xen.ErrNotSupported) || missing.Needs[0].Release != test.since {
			t.Errorf("%s: %v", test.name, err)
		}
		id, err := c.DomainCreateNew(t.Context(), test.cfg, CreateOptions{})
		if !errors.Is(err, xen.ErrNotSupported) || id != idl.InvalidDomID {
			t.Errorf("creating with %s: %d, %v", test.name, id, err)
		}
	}
}

// TestNewerTypesAreRefused: a structure that these headers lack has a description all the
// same, so that nothing needs to ask before it crosses.
func TestNewerTypesAreRefused(t *testing.T) {
	c := openDummy(t, Options{})
	for _, v := range allTypes() {
		if typeOf(v) == nil {
			t.Errorf("%T has no description", v)
			continue
		}
		missing := checkRelease(v)
		if missing == nil {
			continue
		}
		if _, err := c.JSON(t.Context(), v); !errors.Is(err, xen.ErrNotSupported) || !strings.Contains(fmt.Sprint(err), "needs Xen 4.") {
			t.Errorf("%T: %v", v, err)
		}
	}
}
