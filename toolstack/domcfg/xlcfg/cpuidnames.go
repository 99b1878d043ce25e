package xlcfg

import (
	"strconv"
	"strings"
)

// A register is one of the four that CPUID fills.
type register int

const (
	eax register = iota
	ebx
	ecx
	edx
)

// A feature is a field of a CPUID leaf, or a bit of an MSR.
type feature struct {
	name    string
	msr     uint32 // 0: CPUID
	leaf    uint32
	subleaf int64 // -1: the leaf has none
	reg     register
	bit     int
	length  int
}

// oldFeatures is the names that libxl had before it took them from Xen, and the
// fields of more than one bit (tools/libs/light/libxl_cpuid.c). They come first.
func oldFeatures() []feature {
	const basic, extended, sizes, svm = 1, 0x80000001, 0x80000008, 0x8000000a
	return []feature{
		{"maxleaf", 0, 0, -1, eax, 0, 32},
		{"stepping", 0, basic, -1, eax, 0, 4}, {"model", 0, basic, -1, eax, 4, 8}, {"family", 0, basic, -1, eax, 8, 8},
		{"brandid", 0, basic, -1, ebx, 0, 8}, {"clflush", 0, basic, -1, ebx, 8, 8},
		{"proccount", 0, basic, -1, ebx, 16, 8}, {"localapicid", 0, basic, -1, ebx, 24, 8},
		{"est", 0, basic, -1, ecx, 7, 1}, {"cntxid", 0, basic, -1, ecx, 10, 1}, {"cmpxchg16", 0, basic, -1, ecx, 13, 1},
		{"sse4_1", 0, basic, -1, ecx, 19, 1}, {"sse4.1", 0, basic, -1, ecx, 19, 1},
		{"sse4_2", 0, basic, -1, ecx, 20, 1}, {"sse4.2", 0, basic, -1, ecx, 20, 1}, {"aes", 0, basic, -1, ecx, 25, 1},
		{"cmpxchg8", 0, basic, -1, edx, 8, 1}, {"sysenter", 0, basic, -1, edx, 11, 1}, {"psn", 0, basic, -1, edx, 18, 1},
		{"clfsh", 0, basic, -1, edx, 19, 1}, {"tm", 0, basic, -1, edx, 29, 1}, {"ia64", 0, basic, -1, edx, 30, 1},
		{"pbe", 0, basic, -1, edx, 31, 1},
		{"arat", 0, 6, -1, eax, 2, 1},
		{"tsc_adjust", 0, 7, 0, ebx, 1, 1}, {"cmt", 0, 7, 0, ebx, 12, 1},
		{"lahfsahf", 0, extended, -1, ecx, 0, 1}, {"cmplegacy", 0, extended, -1, ecx, 1, 1},
		{"altmovcr8", 0, extended, -1, ecx, 4, 1}, {"nodeid", 0, extended, -1, ecx, 19, 1},
		{"perfctr_core", 0, extended, -1, ecx, 23, 1}, {"perfctr_nb", 0, extended, -1, ecx, 24, 1},
		{"procpkg", 0, 4, 0, eax, 26, 6},
		{"invtsc", 0, 0x80000007, -1, edx, 8, 1},
		{"ppin", 0, sizes, -1, ebx, 23, 1}, {"btc-no", 0, sizes, -1, ebx, 29, 1},
		{"nc", 0, sizes, -1, ecx, 0, 8}, {"apicidsize", 0, sizes, -1, ecx, 12, 4},
		{"svm_npt", 0, svm, -1, edx, 0, 1}, {"svm_lbrv", 0, svm, -1, edx, 1, 1}, {"svm_nrips", 0, svm, -1, edx, 3, 1},
		{"svm_tscrate", 0, svm, -1, edx, 4, 1}, {"svm_vmcbclean", 0, svm, -1, edx, 5, 1},
		{"svm_decode", 0, svm, -1, edx, 7, 1}, {"svm_pausefilt", 0, svm, -1, edx, 10, 1},
		{"lfence+", 0, 0x80000021, -1, eax, 2, 1},
		{"maxhvleaf", 0, 0x40000000, -1, eax, 0, 8},
	}
}

// findFeature is the feature of that name.
func findFeature(name string) (feature, bool) {
	for _, f := range oldFeatures() {
		if f.name == name {
			return f, true
		}
	}
	for _, w := range featureWords() {
		for entry := range strings.FieldsSeq(w.names) {
			known, bit, _ := strings.Cut(entry, "=")
			if known != name {
				continue
			}
			n, err := strconv.Atoi(bit)
			return feature{name, w.msr, w.leaf, w.subleaf, w.reg, n + int(w.shift), 1}, err == nil
		}
	}
	return feature{}, false
}

// featureNames is every name, for suggestions.
func featureNames() []string {
	var names []string
	for _, f := range oldFeatures() {
		names = append(names, f.name)
	}
	for _, w := range featureWords() {
		for entry := range strings.FieldsSeq(w.names) {
			known, _, _ := strings.Cut(entry, "=")
			names = append(names, known)
		}
	}
	return names
}
