package xenlog

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestLevelNames(t *testing.T) {
	for l, want := range map[Level]string{LevelDebug: "debug", LevelError: "error", LevelCritical: "critical", 0: "level 0", 10: "level 10"} {
		if l.String() != want {
			t.Errorf("level %d is %q, want %q", int32(l), l, want)
		}
	}
}

func TestRecordPrints(t *testing.T) {
	for want, r := range map[string]Record{
		"xc: error: no":                         {Level: LevelError, Context: "xc", Text: "no"},
		"libxl: info: long … (child 7)":         {Level: LevelInfo, Context: "libxl", Text: "long", Cut: true, Child: 7},
		"xc: progress: Frames: 1/4 25%":         {Level: LevelProgress, Context: "xc", Text: "Frames", Progress: &Progress{Percent: 25, Done: 1, Total: 4}},
		"xc: progress: a step that has no size": {Level: LevelProgress, Context: "xc", Text: "a step that has no size", Progress: &Progress{}},
	} {
		if got := r.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTelling(t *testing.T) {
	first := Record{Level: LevelError, Text: "the\ncause "}
	records := []Record{{Level: LevelInfo}, first, {Level: LevelCritical}}
	if r := Telling(records); r == nil || *r != first {
		t.Errorf("%+v", r)
	}
	var b strings.Builder
	WriteTelling(&b, records)
	WriteTelling(&b, records[:1])
	if b.String() != ": the cause" {
		t.Errorf("%q", b.String())
	}
}

func TestKeepDropsTheOldest(t *testing.T) {
	var records []Record
	for i := range MaxKept + 2 {
		records = Keep(records, Record{Errno: i})
	}
	if len(records) != MaxKept || records[0].Errno != 2 || records[MaxKept-1].Errno != MaxKept+1 {
		t.Errorf("%d records, from %+v", len(records), records[0])
	}
}

// A failure carries records, as the errors of the bindings do.
type failure struct{ log []Record }

func (*failure) Error() string                   { return "it failed" }
func (e *failure) Format(f fmt.State, verb rune) { Format(f, verb, e, e.log) }

func TestFormat(t *testing.T) {
	err := &failure{log: []Record{{Level: LevelWarn, Context: "xc", Text: "oh"}}}
	for format, want := range map[string]string{
		"%v": "it failed", "%s": "it failed", "%q": `"it failed"`, "%+v": "it failed\n\txc: warning: oh", "%d": "%!d(*xenlog.failure=it failed)",
	} {
		if got := fmt.Sprintf(format, err); got != want {
			t.Errorf("%s: %q, want %q", format, got, want)
		}
	}
	if got := fmt.Sprint(errors.Join(err)); got != "it failed" {
		t.Errorf("joined: %q", got)
	}
}
