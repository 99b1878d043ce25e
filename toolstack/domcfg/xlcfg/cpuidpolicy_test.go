package xlcfg

import (
	"reflect"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// TestFeatureValues sets each feature of one bit by its name, and finds it again.
func TestFeatureValues(t *testing.T) {
	all := singleBits()
	if len(all) < 240 {
		t.Fatalf("%d features, more were there", len(all))
	}
	for _, f := range all {
		if f.name == "clflush" {
			continue // cpuid= takes it for libxl's older field of that name
		}
		var policy idl.CPUIDPolicyList
		if !SetFeature(&policy, f.name, "0") {
			t.Fatalf("%s cannot be set", f.name)
		}
		if got := FeatureValues(policy); !reflect.DeepEqual(got, []FeatureValue{{f.name, "0"}}) {
			t.Errorf("%s comes back as %v", f.name, got)
		}
	}
}

func TestSetFeature(t *testing.T) {
	var policy idl.CPUIDPolicyList
	if SetFeature(&policy, "warp-drive", "1") || SetFeature(&policy, "sse3", "maybe") || IsFeature("warp-drive") {
		t.Error("an unknown feature or value was taken")
	}
	if !policy.IsZero() {
		t.Errorf("a refused feature leaves %+v", policy)
	}
	f := base(t, "name='g'\nkernel='k'\ncpuid='host,sse3=0,family=6,rdcl-no=1'\n")
	want, _, err := Config(f, Host{})
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []FeatureValue{{"sse3", "0"}, {"family", "6"}, {"rdcl-no", "1"}} {
		if !SetFeature(&policy, set.Name, set.Value) {
			t.Fatalf("%v was refused", set)
		}
	}
	if !reflect.DeepEqual(policy, want.BInfo.CPUID) {
		t.Errorf("%+v, and cpuid= makes %+v", policy, want.BInfo.CPUID)
	}
}
