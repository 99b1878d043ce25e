//go:build cgo

package libxl

import (
	"strings"
	"sync"
	"testing"

	"github.com/xenvoy/xenvoy/xen/internal/xenlog"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/libxl/internal/dummyxen"
)

// recorder keeps what a Context logs.
type recorder struct {
	mu      sync.Mutex
	records []Record
}

func (r *recorder) log(rec Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, rec)
}

// after returns what was logged until now.
func (r *recorder) after(c *Context) []Record {
	c.log.flush()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.records
}

func TestLogRecords(t *testing.T) {
	var got recorder
	c := openDummy(t, Options{Log: got.log, MinLevel: LevelInfo})
	dummyxen.Log(logger(c), int(LevelDebug), "too quiet", 1)
	dummyxen.Log(logger(c), int(LevelWarn), "careful\n", 1)
	dummyxen.Log(logger(c), int(LevelError), strings.Repeat("x", 5000), 1)
	dummyxen.Progress(logger(c), "Frames iteration 1", 512, 2048)
	records := got.after(c)
	if len(records) != 3 {
		t.Fatalf("%d records: %v", len(records), records)
	}
	if r := records[0]; r.Level != LevelWarn || r.Context != "test" || r.Text != "careful" || r.Child != 0 || r.Errno != -1 {
		t.Errorf("message: %+v", r)
	}
	if r := records[1]; !r.Cut || len(r.Text) != 4096 {
		t.Errorf("long message: cut %v, %d bytes", r.Cut, len(r.Text))
	}
	want := Progress{Doing: "Frames iteration 1", Percent: 25, Done: 512, Total: 2048}
	if r := records[2]; r.Progress == nil || *r.Progress != want || r.Level != LevelProgress {
		t.Errorf("progress: %+v", r)
	}
}

func TestLogFromForkedChild(t *testing.T) {
	var got recorder
	c := openDummy(t, Options{Log: got.log})
	pid := dummyxen.LogFromChild(logger(c), int(LevelError), "from the child")
	if pid < 0 {
		t.Fatal("the child failed")
	}
	records := got.after(c)
	if len(records) != 1 || records[0].Child != pid || records[0].Text != "from the child" {
		t.Errorf("records %+v, want one of child %d", records, pid)
	}
}

// TestLogManyRecords fills the socket many times over.
func TestLogManyRecords(t *testing.T) {
	var got recorder
	c := openDummy(t, Options{Log: got.log})
	const writers, each = 4, 500
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() { dummyxen.Log(logger(c), int(LevelError), strings.Repeat("y", 1000), each) })
	}
	wg.Wait()
	if n := len(got.after(c)); n != writers*each {
		t.Errorf("%d records, want %d", n, writers*each)
	}
}

func TestRecordsFindTheirCall(t *testing.T) {
	c := openDummy(t, Options{})
	five := c.log.begin(callSpec{domain: 5, async: true})
	six := c.log.begin(callSpec{domain: 6, async: true})
	create := c.log.begin(callSpec{domain: idl.InvalidDomID, async: true})
	dummyxen.Log(logger(c), int(LevelError), "libxl_x.c:1:f: Domain 5:gone", 1)
	dummyxen.Log(logger(c), int(LevelError), "who knows", 1)
	for name, test := range map[string]struct {
		call *call
		want int
	}{"domain 5": {five, 2}, "domain 6": {six, 1}, "unknown domain": {create, 2}} {
		if got := c.log.end(test.call, true); len(got) != test.want {
			t.Errorf("%s has %d records, want %d: %v", name, len(got), test.want, got)
		}
	}
}

func TestErrorKeepsTheLastRecords(t *testing.T) {
	c := openDummy(t, Options{})
	call := c.log.begin(callSpec{async: true, domain: idl.InvalidDomID})
	dummyxen.Log(logger(c), int(LevelError), "early", 1)
	dummyxen.Log(logger(c), int(LevelError), "late", xenlog.MaxKept)
	records := c.log.end(call, true)
	if len(records) != xenlog.MaxKept || records[0].Text != "late" {
		t.Errorf("%d records, the first is %q", len(records), records[0].Text)
	}
}

func TestProgressNeedsOneStream(t *testing.T) {
	c := openDummy(t, Options{})
	var got []Progress // the reader's goroutine has been waited for when it is read
	spec := callSpec{domain: 1, async: true, stream: true, progress: func(p Progress) { got = append(got, p) }}
	first := c.log.begin(spec)
	dummyxen.Progress(logger(c), "Frames", 1, 10)
	c.log.flush()
	second := c.log.begin(callSpec{domain: 2, async: true, stream: true})
	dummyxen.Progress(logger(c), "Frames", 2, 10)
	c.log.end(second, true)
	dummyxen.Progress(logger(c), "Frames", 3, 10)
	c.log.end(first, true)
	if len(got) != 2 || got[0].Done != 1 || got[1].Done != 3 {
		t.Errorf("got %+v, want the first and the third", got)
	}
}

func TestDecodeRefusesWrongLengths(t *testing.T) {
	for _, n := range []int{0, 10, 71, 200} {
		packet := make([]byte, n)
		if _, _, ok := decode(packet); ok && n != 72 {
			t.Errorf("a packet of %d bytes was read", n)
		}
	}
}
