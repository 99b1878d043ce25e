//go:build cgo

package libxl

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/libxl/internal/idlfill"
)

// TestConfigThroughLibxl sends configurations with every member set through libxl's own
// parser and generator and expects the same back.
func TestConfigThroughLibxl(t *testing.T) {
	checkPoison(t)
	c := openDummy(t, Options{})
	for seed := range uint64(200) {
		throughLibxl(t, c, new(idl.DomainConfig), seed)
	}
}

// TestTypesThroughLibxl does so for every structure that the headers' release has. None
// has a member that libxl cannot read back, within what encode lets pass.
func TestTypesThroughLibxl(t *testing.T) {
	checkPoison(t)
	c := openDummy(t, Options{})
	tried := 0
	for _, sample := range allTypes() {
		if checkRelease(sample) != nil {
			continue // TestNewerTypesAreRefused
		}
		tried++
		for seed := range uint64(50) {
			throughLibxl(t, c, reflect.New(reflect.TypeOf(sample).Elem()).Interface(), seed)
		}
	}
	if tried < 60 {
		t.Errorf("only %d structures", tried)
	}
}

// throughLibxl fills the structure that want points to and sends it through libxl.
func throughLibxl(t *testing.T, c *Context, want any, seed uint64) {
	t.Helper()
	idlfill.FillFor(want, seed, headersRelease())
	if cfg, ok := want.(*idl.DomainConfig); ok {
		cfg.CInfo.Type, _ = cfg.BInfo.Type()
	}
	text, err := c.JSON(t.Context(), want)
	if err != nil {
		t.Fatalf("%T, seed %d: %+v", want, seed, err)
	}
	got := reflect.New(reflect.TypeOf(want).Elem())
	if err := json.Unmarshal(text, got.Interface()); err != nil {
		t.Fatalf("%T, seed %d: %v\n%s", want, seed, err, text)
	}
	unsetDefaults(got.Interface(), want)
	if d := difference(got.Type().Elem().Name(), got.Elem(), reflect.ValueOf(want).Elem()); d != "" {
		t.Fatalf("%T, seed %d: %s", want, seed, d)
	}
}

// unsetDefaults clears in want the values that happen to be libxl's defaults, which it
// therefore leaves out.
func unsetDefaults(got, want any) { unset(reflect.ValueOf(got).Elem(), reflect.ValueOf(want).Elem()) }

func unset(got, want reflect.Value) {
	switch want.Kind() {
	case reflect.Pointer:
		if !got.IsNil() && !want.IsNil() {
			unset(got.Elem(), want.Elem())
		}
	case reflect.Struct:
		for i := range want.NumField() {
			unset(got.Field(i), want.Field(i))
		}
	case reflect.Slice:
		for i := range min(got.Len(), want.Len()) {
			unset(got.Index(i), want.Index(i))
		}
	case reflect.Int32:
		// Enumerations whose default is not their zero: hdtype "ide", actions "destroy".
		switch e := want.Addr().Interface().(type) {
		case *idl.HDType:
			if *e == idl.HDTypeIDE && got.IsZero() {
				*e = 0
			}
		case *idl.ActionOnShutdown:
			if *e == idl.ActionOnShutdownDestroy && got.IsZero() {
				*e = 0
			}
		}
	}
}

// difference names the first member in which two values differ.
func difference(path string, got, want reflect.Value) string {
	switch {
	case reflect.DeepEqual(got.Interface(), want.Interface()):
		return ""
	case got.Kind() == reflect.Struct:
		for i := range got.NumField() {
			if d := difference(path+"."+got.Type().Field(i).Name, got.Field(i), want.Field(i)); d != "" {
				return d
			}
		}
	case got.Kind() == reflect.Slice && got.Len() == want.Len():
		for i := range got.Len() {
			if d := difference(fmt.Sprintf("%s[%d]", path, i), got.Index(i), want.Index(i)); d != "" {
				return d
			}
		}
	case got.Kind() == reflect.Pointer && !got.IsNil() && !want.IsNil():
		return difference(path, got.Elem(), want.Elem())
	}
	return fmt.Sprintf("%s = %+v, want %+v", path, got, want)
}

// TestZeroSurvivesLibxl: members whose default is not zero keep an explicit zero.
func TestZeroSurvivesLibxl(t *testing.T) {
	c := openDummy(t, Options{})
	cfg := &idl.DomainConfig{
		CInfo: idl.DomainCreateInfo{Type: idl.DomainTypeHVM},
		BInfo: idl.DomainBuildInfo{
			ShadowMemKB: new(idl.MemKB(0)),
			TimerMode:   new(idl.TimerModeDelayForMissedTicks),
			TypeHVM:     &idl.DomainBuildInfoHVM{RDM: idl.RDMReserve{Policy: new(idl.RDMReservePolicyStrict)}},
		},
		NICs: []idl.DeviceNIC{{DevID: new(idl.DevID(0))}},
	}
	text, err := c.JSON(t.Context(), cfg)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	var got idl.DomainConfig
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&got, cfg) {
		t.Errorf("libxl returned %s", text)
	}
}

func TestConfigRefusals(t *testing.T) {
	c := openDummy(t, Options{})
	for name, cfg := range map[string]*idl.DomainConfig{
		"types differ": {CInfo: idl.DomainCreateInfo{Type: idl.DomainTypePV}, BInfo: idl.DomainBuildInfo{TypeHVM: &idl.DomainBuildInfoHVM{}}},
		"two arms":     {BInfo: idl.DomainBuildInfo{TypePV: &idl.DomainBuildInfoPV{}, TypeHVM: &idl.DomainBuildInfoHVM{}}},
		"a NUL":        {CInfo: idl.DomainCreateInfo{Name: "web\x00evil"}},
		"a number":     {RDMs: []idl.DeviceRDM{{Size: idl.MaxNumber + 1}}},
	} {
		var e *Error
		if _, err := c.JSON(t.Context(), cfg); !errors.As(err, &e) || e.Cause == nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := c.DomainCreateNew(t.Context(), cfg, CreateOptions{}); !errors.As(err, &e) || e.Cause == nil {
			t.Errorf("creating, %s: %v", name, err)
		}
	}
}

func TestHasNUL(t *testing.T) {
	for text, want := range map[string]bool{
		`"a\u0000b"`: true, `"a\\u0000b"`: false, `"\\\u0000"`: true, `"\u00001"`: true, `"\u0001"`: false, `"\`: false, `""`: false,
	} {
		if got := hasNUL([]byte(text)); got != want {
			t.Errorf("hasNUL(%s) = %v", text, got)
		}
	}
}
