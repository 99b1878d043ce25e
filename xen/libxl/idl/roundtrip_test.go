package idl

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
)

// decodeLike decodes text into a new value of the type that sample points to.
func decodeLike(sample any, text []byte) (any, error) {
	p := reflect.New(reflect.TypeOf(sample).Elem()).Interface()
	return p, json.Unmarshal(text, p)
}

// TestEmptyConfig pins what an unset configuration looks like: libxl always writes
// structures, and nothing else.
func TestEmptyConfig(t *testing.T) {
	got, err := json.Marshal(DomainConfig{})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"c_info":{},"b_info":{"sched_params":{},"arch_arm":{},"arch_x86":{}}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestZeroIsNotUnset checks the members whose default is not zero.
func TestZeroIsNotUnset(t *testing.T) {
	nic, err := json.Marshal(DeviceNIC{DevID: new(DevID(0))})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"devid":0}`; string(nic) != want {
		t.Errorf("devid 0: %s, want %s", nic, want)
	}
	b, err := json.Marshal(DomainBuildInfo{TimerMode: new(TimerModeDelayForMissedTicks), TypePVH: &DomainBuildInfoPVH{}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"sched_params":{},"timer_mode":"delay_for_missed_ticks","type.pvh":{},"arch_arm":{},"arch_x86":{}}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
}

// TestOutputDefaults: libxl leaves a shutdown reason of "unknown" (-1) out.
func TestOutputDefaults(t *testing.T) {
	var d DomInfo
	if err := json.Unmarshal([]byte(`{"domid":3}`), &d); err != nil {
		t.Fatal(err)
	}
	if d.ShutdownReason != ShutdownReasonUnknown || d.DomID != 3 {
		t.Errorf("got %+v", d)
	}
}

func TestUnionKey(t *testing.T) {
	var b DomainBuildInfo
	if _, ok := b.Type(); ok {
		t.Error("an empty union has a key")
	}
	if err := json.Unmarshal([]byte(`{"type.pv":{"slack_memkb":0}}`), &b); err != nil {
		t.Fatal(err)
	}
	if key, ok := b.Type(); !ok || key != DomainTypePV || b.TypePV.SlackMemKB == nil {
		t.Errorf("key = %v, %v; arm = %+v", key, ok, b.TypePV)
	}
}

func TestTwoArmsAreRefused(t *testing.T) {
	var arms *ArmError
	_, err := json.Marshal(DomainConfig{BInfo: DomainBuildInfo{TypeHVM: &DomainBuildInfoHVM{}, TypePV: &DomainBuildInfoPV{}}})
	if !errors.As(err, &arms) || arms.Arms != 2 || arms.Union != "DomainBuildInfo.type" {
		t.Errorf("encoding: %v", err)
	}
	var c DomainConfig
	err = json.Unmarshal([]byte(`{"b_info":{"type.hvm":{},"type.pvh":{}}}`), &c)
	if !errors.As(err, &arms) {
		t.Errorf("decoding: %v", err)
	}
}

// TestHostileInput holds what must not reach libxl, which would read past a buffer,
// take gigabytes or abort.
func TestHostileInput(t *testing.T) {
	for name, text := range map[string]string{
		"bit far out":         `{"b_info":{"avail_vcpus":[1,4294967295]}}`,
		"bits out of order":   `{"b_info":{"avail_vcpus":[9,3]}}`,
		"negative bit":        `{"b_info":{"avail_vcpus":[-1]}}`,
		"int overflow":        `{"b_info":{"max_vcpus":4294967297}}`,
		"short cpuid policy":  `{"b_info":{"cpuid":{"cpuid":[{"leaf":1,"eax":"x"}],"msr":[]}}}`,
		"old cpuid, bad text": `{"b_info":{"cpuid":[{"leaf":1,"eax":"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"}]}}`,
		"short msr policy":    `{"b_info":{"cpuid":{"cpuid":[],"msr":[{"index":1,"policy":"1"}]}}}`,
		"unknown enumerator":  `{"on_crash":"explode"}`,
		"short uuid":          `{"c_info":{"uuid":"1234"}}`,
		"bad mac":             `{"nics":[{"mac":"00:16:3e:00:00"}]}`,
		"list for an object":  `{"c_info":{"xsdata":["a"]}}`,
		"number in xsdata":    `{"c_info":{"xsdata":{"a":1}}}`,
		"bad defbool":         `{"c_info":{"hap":"yes"}}`,
		"boolean as defbool":  `{"c_info":{"hap":true}}`,
	} {
		var c DomainConfig
		if err := json.Unmarshal([]byte(text), &c); err == nil {
			t.Errorf("%s: %s was read", name, text)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, v := range map[string]any{
		"bits out of order": Bitmap{2, 1},
		"short policy":      CPUIDPolicyList{MSR: []MSRPolicy{{Policy: "x"}}},
		"no such value":     DomainType(77),
	} {
		if out, err := json.Marshal(v); err == nil {
			t.Errorf("%s: encoded as %s", name, out)
		}
	}
}

func TestEnumNames(t *testing.T) {
	if got := DomainTypeHVM.String(); got != "hvm" {
		t.Errorf("DomainTypeHVM = %q", got)
	}
	if got := DomainType(77).String(); got != "DomainType(77)" {
		t.Errorf("unknown value = %q", got)
	}
	var d DomainType
	if err := d.UnmarshalText([]byte("PVH")); err != nil || d != DomainTypePVH {
		t.Errorf("PVH = %v, %v", d, err)
	}
	var bad *EnumError
	if err := d.UnmarshalText([]byte("vmware")); !errors.As(err, &bad) || len(bad.Names) != 4 {
		t.Errorf("err = %v", err)
	}
}

func TestKeyValueListKeepsOrderAndNull(t *testing.T) {
	const text = `{"z":"1","a":null,"z":"2"}`
	var l KeyValueList
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(l)
	if err != nil || string(got) != text {
		t.Errorf("got %s, %v; want %s", got, err, text)
	}
}

// FuzzDomainConfig: what decodes, encodes; and the second decoding equals the first.
func FuzzDomainConfig(f *testing.F) {
	f.Fuzz(func(t *testing.T, text []byte) {
		var first DomainConfig
		if json.Unmarshal(text, &first) != nil {
			return
		}
		again, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("decoded but does not encode: %v", err)
		}
		second, err := decodeLike(&first, again)
		if err != nil {
			t.Fatalf("encoded but does not decode: %v\n%s", err, again)
		}
		third, err := json.Marshal(second)
		if err != nil || string(third) != string(again) {
			t.Fatalf("not stable: %v\n%s\n%s", err, again, third)
		}
	})
}
