package stream

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

// brokenStream is a stream that breaks one rule, at an offset.
type brokenStream struct {
	rule   Rule
	offset int64
	data   []byte
}

func hvmStart() *builder {
	return new(builder).libxlHeader().rec(1, 0).libxcHeader(3, 2)
}

func set(b []byte, offset int, v byte) []byte {
	b = bytes.Clone(b)
	b[offset] = v
	return b
}

// hvmWith is a stream whose HVM_CONTEXT, at offset 4176, has these bytes.
func hvmWith(context []byte) []byte {
	return *hvmStart().rec(0x10, 0).pages(0).body(9, context).rec(0, 0).rec(0, 0)
}

// Where the records of these streams begin.
const (
	first  = 64      // of libxc, behind all headers
	second = 64 + 8  // behind an empty one
	behind = 72 + 24 // behind one page's record without contents
)

func brokenStatic() []brokenStream {
	s, body := hvmStart, func(t uint32, b []byte) []byte { return *hvmStart().body(t, b) }
	return []brokenStream{
		{RuleRecordOnce, second, *s().rec(0x10, 0).rec(0x10, 0)},
		{RuleRecordOnce, first + 24, *s().body(0x12, u32s(1, 0, 0, 0)).body(0x12, u32s(1, 0, 0, 0))},
		{RuleStaticData, second, *s().rec(0x10, 0).body(0x11, cpuidPolicy())},
		{RuleRecordVersion, first, *new(builder).libxlHeader().rec(1, 0).libxcHeader(2, 2).rec(0x10, 0)},
		{RuleRecordGuest, first, body(2, pvInfo())},
		{RuleRecordGuest, first, *pvStart().body(0x0a, hvmParams())},
		{RuleDeprecated, first, body(0x0b, []byte("toolstack"))},
		{RuleBackChannel, first, body(0x0f, u64s(1))},
		{RuleBodyLength, first, body(0x11, cpuidPolicy()[1:])},
		{RuleBodyLength, first, body(0x11, nil)},
		{RuleBodyLength, first, body(0x12, make([]byte, 64<<10+16))},
		{RuleCPUIDLeaf, first, body(0x11, append(cpuidPolicy(), cpuidPolicy()[:24]...))},
		{RuleCPUIDLeaf, first, body(0x11, u32s(0x20000000, NoSubleaf, 0, 0, 0, 0))},
		{RuleCPUIDLeaf, first, body(0x11, u32s(4, 64, 0, 0, 0, 0))},
		{RuleMSR, first, body(0x12, append(msrPolicy(), msrPolicy()...))},
		{RuleReserved, first, body(0x12, u32s(1, 1, 0, 0))},
		{RuleImageOptions, 24, set(*s(), 41, 2)},
		{RuleReserved, 24, set(*s(), 43, 1)},
		{RuleReserved, 24, set(*s(), 47, 1)},
		{RuleReserved, 48, set(*s(), 54, 1)},
		{RuleLibxlOptions, 0, set(*s(), 15, 4)},
	}
}

func brokenMemory() []brokenStream {
	s := func() *builder { return hvmStart().rec(0x10, 0) }
	return []brokenStream{
		{RulePageGuest, second, *s().pages(1 | l4table)},
		{RulePageGuest, second, *s().pages(1 | xalloc)},
		{RulePFN, second, *s().pages(1<<40 | absent)},
		{RuleReserved, second, set(*s().pages(1), second+12, 1)},
		{RuleVerifyOrder, second, *s().rec(0x0d, 0)},
		{RuleVerifyOrder, behind + 8 + 24, *s().pages(absent).rec(0x0d, 0).pages(absent).rec(0x0d, 0)},
		{RuleIncomplete, second, *s().rec(0, 0)},
		{RuleIncomplete, behind, *s().pages(absent).rec(0, 0)},
		{RuleIncomplete, behind, *s().pages(absent).rec(0x0e, 0)},
	}
}

func brokenState() []brokenStream {
	s := func(t uint32, body []byte) []byte { return *hvmStart().rec(0x10, 0).pages(absent).body(t, body) }
	tsc := func(at int, v byte) []byte { return set(tscInfo(), at, v) }
	params := func(index uint64) []byte { return append(u32s(1, 0), u64s(index, 5)...) }
	return []brokenStream{
		{RuleBodyLength, behind, s(8, tscInfo()[:20])},
		{RuleTSCMode, behind, s(8, tsc(0, 4))},
		{RuleReserved, behind, s(8, tsc(20, 1))},
		{RuleRecordOnce, behind + 32, append(s(8, tscInfo()), *new(builder).body(8, tscInfo())...)},
		{RuleBodyLength, behind, s(0x0a, []byte{0, 0, 0, 0})},
		{RuleBodyLength, behind, s(0x0a, set(params(1), 0, 2))},
		{RuleReserved, behind, s(0x0a, set(params(1), 4, 1))},
		{RuleHVMParam, behind, s(0x0a, params(2))},
		{RuleHVMParam, behind, s(0x0a, append(u32s(2, 0), u64s(1, 5, 1, 5)...))},
		{RuleRecordOnce, behind + 32, append(s(0x0a, params(1)), *new(builder).body(0x0a, params(5))...)},
		{RuleStateOrder, behind + 32, append(s(0x0a, params(1)), *new(builder).pages(absent)...)},
		{RulePadding, behind, set(s(0x80000001, []byte("odd")), behind+8+7, 1)},
		{RuleBodyLength, behind, s(9, nil)},
	}
}

func brokenHVM() []brokenStream {
	const at = 72 + 24 + 4096
	good := hvmContext(24)
	h := func(parts ...[]byte) []byte { return hvmWith(bytes.Join(parts, nil)) }
	end := hvmRecord(0, 0, 0)
	msr := func(at int, v byte) []byte { return set(hvmRecord(20, 0, 24), at, v) }
	return []brokenStream{
		{RuleHVMHeader, at, h(good[32:])},
		{RuleHVMHeader, at, h(set(good, 8, 0))},
		{RuleHVMHeader, at, h(set(good, 12, 2))},
		{RuleHVMType, at, h(hvmHeader(), hvmRecord(21, 0, 8), end)},
		{RuleHVMLength, at, h(hvmHeader(), hvmRecord(2, 0, 1024), end)},
		{RuleHVMLength, at, h(hvmHeader(), hvmRecord(15, 0, 20), end)},
		{RuleHVMLength, at, h(good[:len(good)-20])},
		{RuleHVMOrder, at, h(hvmHeader(), hvmRecord(4, 0, 400), hvmRecord(3, 0, 8), end)},
		{RuleHVMOrder, at, h(hvmHeader(), hvmRecord(3, 1, 8), hvmRecord(3, 0, 8), end)},
		{RuleHVMOrder, at, h(hvmHeader(), hvmRecord(19, 0, 8), hvmRecord(19, 0, 8), end)},
		{RuleHVMInstance, at, h(hvmHeader(), hvmRecord(3, 2, 8), end)},
		{RuleHVMInstance, at, h(hvmHeader(), hvmRecord(4, 1, 400), end)},
		{RuleHVMInstance, at, h(hvmHeader(), hvmRecord(2, 128, 1032), end)},
		{RuleHVMInstance, at, h(hvmHeader(), hvmRecord(6, 1, 1024), end)},
		{RuleHVMInstance, at, h(hvmHeader(), hvmRecord(6, 0, 1024), hvmRecord(19, 1, 8), end)},
		{RuleHVMEnd, at, h(hvmHeader())},
		{RuleHVMEnd, at, h(hvmHeader(), hvmRecord(0, 1, 0))},
		{RuleHVMEnd, at, h(hvmHeader(), end, end)},
		{RuleHVMLength, at, h(hvmHeader(), msr(8, 2), end)},
		{RuleReserved, at, h(hvmHeader(), set(msr(8, 1), 12, 1), end)},
		{RuleReserved, at, h(hvmHeader(), set(msr(8, 1), 20, 1), end)},
	}
}

func brokenPV() []brokenStream {
	info := func() *builder { return pvStart().body(2, pvInfo()) }
	const next = first + 16
	static := func() *builder { return info().rec(0x10, 0) }
	memory := func() *builder { return static().body(3, p2mFrames()).pages(absent) }
	const p2m, page, state = next + 8, next + 8 + 32, next + 8 + 32 + 24
	vcpu := func(t uint32, id uint32, n int) []byte {
		return *memory().body(t, append(u32s(id, 0), make([]byte, n)...))
	}
	return []brokenStream{
		{RulePVInfo, first, *pvStart().body(2, set(pvInfo(), 1, 3))},
		{RuleReserved, first, *pvStart().body(2, set(pvInfo(), 7, 3))},
		{RuleBodyLength, first, *pvStart().body(2, pvInfo()[:4])},
		{RuleRecordOnce, next, *info().body(2, pvInfo())},
		{RulePVOrder, second, *pvStart().rec(0x10, 0).body(3, p2mFrames())},
		{RulePVOrder, p2m, *static().pages(absent)},
		{RulePVOrder, page, *pvVCPU(static().body(3, p2mFrames()), 0)},
		{RuleStaticData, next, *info().body(3, p2mFrames())},
		{RuleBodyLength, p2m, *static().body(3, p2mFrames()[:16])},
		{RuleBodyLength, p2m, *static().body(3, p2mFrames()[:4])},
		{RuleP2MRange, p2m, *static().body(3, append(u32s(5, 4), u64s(5)...))},
		{RuleP2MRange, p2m, *static().body(3, set(p2mFrames(), 18, 1))},
		{RulePFN, page, *static().body(3, p2mFrames()).pages(1024)},
		{RuleVCPU, state, vcpu(4, 8192, 5168)},
		{RuleVCPU, state, vcpu(4, 0, 2800)},
		{RuleVCPU, state, vcpu(4, 0, 5000)},
		{RuleVCPU, state, vcpu(5, 0, 129)},
		{RuleVCPU, state, vcpu(6, 0, 8)},
		{RuleVCPU, state, vcpu(0x0c, 0, 24)},
		{RuleReserved, state, set(vcpu(5, 0, 128), state+8+4, 1)},
		{RuleBodyLength, state, *memory().body(5, []byte{0, 0, 0, 0})},
		{RuleRecordOnce, state + 8 + 136, append(vcpu(5, 0, 128), *new(builder).body(5, make([]byte, 136))...)},
		{RuleIncomplete, state + 8 + 136, append(vcpu(5, 0, 128), *new(builder).rec(0, 0)...)},
		{RuleIncomplete, state + 8 + 5176 + 144, append(vcpu(4, 0, 5168), *new(builder).body(5, append(u32s(1, 0), make([]byte, 128)...)).rec(0, 0)...)},
		{RuleBodyLength, state, *memory().rec(7, 4095)},
	}
}

func brokenEmulator() []brokenStream {
	hvm := hvmWith(hvmContext(24))
	at := int64(len(hvm) - 8)
	e := func(t uint32, body []byte) []byte { return append(hvm[:at:at], *new(builder).body(t, body)...) }
	pairs := func(s string) []byte { return append(u32s(2, 0), s...) }
	twice := append(e(3, pairs("q")), *new(builder).body(3, pairs("q"))...)
	const size = "physmap/1/size\x00"
	pvEnd := pvLive()
	pvEnd = pvEnd[:len(pvEnd)-8]
	pvh := pvhSave()
	pvh = pvh[:len(pvh)-8]
	return []brokenStream{
		{RuleEmulatorGuest, int64(len(pvEnd)), append(bytes.Clone(pvEnd), *new(builder).body(3, pairs("q"))...)},
		{RuleEmulatorGuest, int64(len(pvh)), append(bytes.Clone(pvh), *new(builder).body(2, pairs(""))...)},
		{RuleEmulatorID, at, e(3, u32s(3, 0))},
		{RuleEmulatorID, at, e(3, u32s(0, 0))},
		{RuleEmulatorOnce, at + 24, twice},
		{RuleBodyLength, at, e(3, u32s(2))},
		{RuleBodyLength, at, e(2, nil)},
		{RuleXenstorePairs, at, e(2, pairs("physmap/1/size"))},
		{RuleXenstorePairs, at, e(2, pairs(size))},
		{RuleXenstorePairs, at, e(2, pairs(size+"1"))},
		{RuleXenstoreKey, at, e(2, pairs("physmap/1/other\x001\x00"))},
		{RuleXenstoreKey, at, e(2, pairs("\x001\x00"))},
		{RuleXenstoreKey, at, e(2, pairs("/physmap/1/size\x001\x00"))},
		{RuleXenstoreValue, at, e(2, pairs(size+"\x80\x00"))},
		{RuleCheckpointState, at, e(5, u32s(0))},
	}
}

func brokenFile() []brokenStream {
	pvh := pvhSave()
	hvm := hvmLive()
	config := xlFile("{}", hvm)
	return []brokenStream{
		{RuleXLMagic, 0, set(pvh, 20, 'X')},
		{RuleXLByteOrder, 0, set(pvh, 32, 1)},
		{RuleXLFlags, 0, set(pvh, 36, 7)},
		{RuleXLStream, 0, set(pvh, 36, 1)},
		{RuleXLLength, 0, set(pvh, 47, 1)},
		{RuleXLConfig, 0, set(config, 52, '[')},
		{RuleXLConfig, 0, set(config, 54, '}')},
		{RuleXLConfig, 0, set(config, 53, 0)},
		{RuleXLConfig, 0, set(xlFile("", hvm), 36, 3)},
		{RuleXLGuest, 48 + 4 + 25 + 48, xlFile(`{"c_info":{"type":"pv"}}`, hvm)},
		{RuleTruncated, 0, pvh[:40]},
		{RuleTruncated, 0, pvh[:5]},
		{RuleTruncated, 0, hvm[:5]},
		{RuleTruncated, 0, nil},
		{RuleTrailing, int64(len(hvm)), append(bytes.Clone(hvm), 0)},
		{RuleTrailing, int64(len(pvh)), append(bytes.Clone(pvh), xlGo[:20]...)},
		{RuleTrailing, int64(len(pvh)), append(bytes.Clone(pvh), xlGo+"\n"...)},
	}
}

// What Scanner's own test breaks: see TestMalformed.
func brokenGrammar() []brokenStream {
	s := func() *builder { return hvmStart().rec(0x10, 0) }
	return []brokenStream{
		{RuleLibxlIdent, 0, set(*s(), 0, 'X')},
		{RuleLibxlVersion, 0, set(*s(), 11, 3)},
		{RuleLibxlEndian, 0, set(*s(), 15, 1)},
		{RuleLibxlType, 16, set(*s(), 16, 9)},
		{RuleLibxlOrder, 16, set(*s(), 16, 3)},
		{RuleImageID, 24, set(*s(), 33, 3)},
		{RuleImageVersion, 24, set(*s(), 39, 4)},
		{RuleImageVersion, 24, set(*s(), 39, 1)},
		{RuleImageEndian, 24, set(*s(), 41, 1)},
		{RuleGuestType, 48, set(*s(), 48, 3)},
		{RulePageShift, 48, set(*s(), 52, 13)},
		{RuleRecordType, 72, *s().rec(0x13, 0)},
		{RuleRecordLength, 64, set(*s(), 68, 8)},
		{RulePageCount, 72, *s().rec(1, 16)},
		{RulePageType, 72, *s().pages(5 << 60)},
		{RulePageContents, 72, *s().body(1, []byte{1, 23: 0})},
	}
}

// Each rule has a stream that breaks it, and is found with its record's offset.
func TestRules(t *testing.T) {
	tripped := map[Rule]bool{}
	for _, list := range [][]brokenStream{brokenGrammar(), brokenFile(), brokenStatic(), brokenMemory(), brokenState(), brokenHVM(), brokenPV(), brokenEmulator()} {
		for i, c := range list {
			_, err := Verify(bytes.NewReader(c.data), ReaderOptions{})
			var e *Error
			if !errors.As(err, &e) || e.Rule != c.rule || e.Offset != c.offset || e.Msg == "" || e.Record == "" {
				t.Errorf("case %d: got %v, want rule %s at offset %d", i, err, c.rule, c.offset)
				continue
			}
			tripped[c.rule] = true
		}
	}
	for _, r := range Rules() {
		if !tripped[r.Rule] {
			t.Errorf("nothing here breaks the rule %s", r.Rule)
		}
		delete(tripped, r.Rule)
	}
	for r := range tripped {
		t.Errorf("the rule %s is not among Rules", r)
	}
}

// Rules that only Verify checks do not make a relay refuse a stream, but those that
// are no part of the grammar.
func TestStrictRulesAreStrict(t *testing.T) {
	strict := map[Rule]bool{}
	for _, r := range Rules() {
		strict[r.Rule] = r.Strict
	}
	for _, list := range [][]brokenStream{brokenStatic(), brokenMemory(), brokenState(), brokenHVM(), brokenPV(), brokenEmulator()} {
		for i, c := range list {
			_, err := NewScanner(nil).Write(c.data)
			if strict[c.rule] && err != nil && !strings.HasPrefix(string(c.data), "Xen") {
				t.Errorf("case %d, rule %s: %v", i, c.rule, err)
			}
		}
	}
}

func TestRulesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/streams.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Rules() {
		who := "Xen"
		if r.Strict {
			who = "verify"
		}
		if row := "| `" + string(r.Rule) + "` | " + who + " | " + r.Text + " |\n"; !bytes.Contains(page, []byte(row)) {
			t.Errorf("docs/streams.md has no row\n%s", row)
		}
	}
}
