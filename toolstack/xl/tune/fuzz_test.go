package tune

import (
	"errors"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
)

// session is a call without a command, for what reads operands.
func session() *xl.Call { return &xl.Call{Session: &xl.Session{Xen: newFake()}} }

func FuzzCPURange(f *testing.F) {
	for _, seed := range []string{"", "all", "^all", "0-3,^1", "node:1", "nodes:0-1,^node:0,7", "3-1", "-1", "99999999999999999999", "1-18446744073709551614", "node:all", ",,", "0x1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		set, err := cpuRange(t.Context(), session(), text)
		var failure *xl.Failure
		if err != nil && !errors.As(err, &failure) {
			t.Fatalf("%v is no failure of xl", err)
		}
		if err == nil && len(set) != 8 {
			t.Errorf("%d CPUs", len(set))
		}
		if first, last, ok := numbers(text); ok && first > last {
			t.Errorf("%d to %d", first, last)
		}
	})
}

func FuzzMemory(f *testing.F) {
	for _, seed := range []string{"", "512", "2G", "1t", "4096k", "10b", "5MB", "-1", " 7", "99999999999999999999", "9223372036854775807t", "+3m"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if kib, ok := memoryKiB(text); ok && kib < 0 || !ok && kib != 0 {
			t.Errorf("%d, %v", kib, ok)
		}
	})
}

// FuzzRTDS reads options that belong together in an order of their own.
func FuzzRTDS(f *testing.F) {
	f.Add("0", "100", "50", "1")
	f.Add("all", "100", "50", "0")
	f.Add("-1", "x", "99999999999", "2")
	f.Fuzz(func(t *testing.T, vcpu, period, budget, extra string) {
		fake := newFake()
		got := xltest.Bench{Commands: Commands(), Xen: fake}.XL(t, "sched-rtds", "-d", "0", "-v", vcpu, "-p", period, "-b", budget, "-e", extra)
		if done := len(fake.calls) == 1; done != (got.Status == 0) || !done && got.Stderr == "" {
			t.Errorf("%+v, %v", got, fake.calls)
		}
	})
}
