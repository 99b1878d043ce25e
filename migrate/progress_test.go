package migrate

import (
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/toolstack"
)

func TestMeter(t *testing.T) {
	now := time.Unix(1000, 0)
	var last Progress
	m := newMeter(func() time.Time { return now }, 1000, func(p Progress) { last = p })
	frames := func(done, total uint64) {
		m.copied(toolstack.CopyProgress{Phase: "Frames iteration", Done: done, Total: total})
	}
	m.step(StepPreCopy)
	frames(0, 1_000_000) // a PVH guest: mostly holes
	if last.Pass != 1 || last.Total != 1000 {
		t.Fatalf("the first pass: %+v", last)
	}
	now = now.Add(2 * time.Second)
	m.sent(500 * pageSize)
	if last.Done != 500 || last.Rate != 500*pageSize/2 || last.ETA != 2*time.Second {
		t.Fatalf("half of the first pass: %+v", last)
	}
	frames(1_000_000, 1_000_000)
	now = now.Add(2 * time.Second)
	frames(0, 80)
	if last.Pass != 2 || last.Total != 80 || last.Done != 0 || last.DirtyRate != 20 {
		t.Fatalf("the second pass, 80 pages written in 4 s: %+v", last)
	}
	now = now.Add(time.Second)
	frames(40, 80)
	if last.Done != 40 || last.ETA != time.Second {
		t.Fatalf("half of the second pass: %+v", last)
	}
	m.copied(toolstack.CopyProgress{Phase: "something else", Done: 1, Total: 7})
	frames(10, 80)
	m.step(StepSuspend)
	if last.Pass != 3 || last.Step != StepSuspend || last.ETA != 0 {
		t.Fatalf("the third pass, of the same size: %+v", last)
	}
}
