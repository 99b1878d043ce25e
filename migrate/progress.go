package migrate

import (
	"strings"
	"sync"
	"time"

	"github.com/xenvoy/xenvoy/toolstack"
)

// Progress is the state of a running migration, for a person who waits.
type Progress struct {
	Step Step
	// Pass counts from 1; 0 before the first.
	Pass int
	// Done and Total count pages of this pass.
	Done, Total uint64
	// Bytes of the stream that have been handed to the link.
	Bytes int64
	// Rate is the recent speed in bytes a second.
	Rate float64
	// DirtyRate is how fast the guest writes pages, in pages a second; 0 until
	// the second pass tells.
	DirtyRate float64
	// ETA is when this pass ends at the recent speed; 0 when unknown.
	ETA time.Duration
}

// meter turns counters into Progress. It is safe for concurrent use.
type meter struct {
	mu    sync.Mutex
	now   func() time.Time
	tell  func(Progress)
	pages uint64 // of the guest's memory
	p     Progress
	raw   toolstack.CopyProgress // what the library said last
	began time.Time              // of the current pass
	live  int                    // passes made while the guest runs, as the library counts them

	markAt    time.Time // start of the window that Rate is measured over
	markBytes int64
	markDone  uint64
}

// rateWindow is how long a speed is averaged over.
const rateWindow = time.Second

func newMeter(now func() time.Time, guestPages uint64, tell func(Progress)) *meter {
	if tell == nil {
		tell = func(Progress) {}
	}
	return &meter{now: now, tell: tell, pages: guestPages, markAt: now()}
}

func (m *meter) step(s Step) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.p.Step, m.p.ETA = s, 0
	m.tell(m.p)
}

// sent notes n more bytes of the stream.
func (m *meter) sent(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.p.Bytes += int64(n)
	if m.p.Pass == 1 {
		m.p.Done = min(uint64(m.p.Bytes)/pageSize, m.p.Total)
	}
	m.window()
}

// copied takes what the hypervisor's library says of its passes. It names each
// pass ("Frames iteration 2 of 5", tools/libs/guest/xg_sr_save.c) and counts
// pages from 0 anew in each: a new total, or a count that falls, is a new pass.
//
// In the first pass it counts every frame number up to the highest, holes too,
// and a PVH guest has many: there the bytes sent tell how far it has come.
func (m *meter) copied(c toolstack.CopyProgress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !strings.HasPrefix(c.Phase, "Frames") || c.Total == 0 {
		return
	}
	m.live = max(m.live, livePass(c.Phase))
	if m.p.Pass == 0 || c.Done < m.raw.Done || c.Total != m.raw.Total {
		m.newPass(min(c.Total, max(m.pages, 1)))
	}
	m.raw = c
	if m.p.Pass > 1 {
		m.p.Done = min(c.Done, m.p.Total)
	}
	m.window()
}

// livePasses is how many passes were made while the guest ran, 0 when the library did not tell.
func (m *meter) livePasses() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.live
}

// pageSize is the size in bytes of what the library counts.
const pageSize = 4096

func (m *meter) newPass(total uint64) {
	now := m.now()
	if m.p.Pass > 0 {
		if s := now.Sub(m.began).Seconds(); s > 0 {
			m.p.DirtyRate = float64(total) / s
		}
	}
	m.began = now
	m.p.Pass++
	m.p.Done, m.p.Total = 0, total
	m.markDone = 0
	m.tell(m.p)
}

// window renews the speeds once a window has passed, and tells.
func (m *meter) window() {
	now := m.now()
	d := now.Sub(m.markAt)
	if d < rateWindow {
		return
	}
	m.p.Rate = float64(m.p.Bytes-m.markBytes) / d.Seconds()
	m.p.ETA = 0
	if m.p.Done > m.markDone && m.p.Total >= m.p.Done {
		perPage := d.Seconds() / float64(m.p.Done-m.markDone)
		m.p.ETA = time.Duration(float64(m.p.Total-m.p.Done) * perPage * float64(time.Second))
	}
	m.markAt, m.markBytes, m.markDone = now, m.p.Bytes, m.p.Done
	m.tell(m.p)
}
