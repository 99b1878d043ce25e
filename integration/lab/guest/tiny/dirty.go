package main

import (
	"encoding/binary"
	"fmt"
	"sync"
	"syscall"
	"time"
)

const (
	pageSize = 4096
	perMiB   = (1 << 20) / pageSize
	// ticksPerSecond: how often the dirtier runs; the rate is held over a second, not over a tick.
	ticksPerSecond = 20
	maxSetMiB      = 1 << 20
)

// dirtier writes to the pages of a working set, one after the other, at a given rate. Every page tells which
// page it is and how often it was written, so that verify can find one that was lost or is out of date.
type dirtier struct {
	mu     sync.Mutex
	rate   int // MiB a second
	random bool
	mem    []byte
	writes uint64
	stop   chan struct{}
}

func (d *dirtier) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return fmt.Sprintf("dirty rate=%d set=%d random=%t pages_written=%d", d.rate, len(d.mem)>>20, d.random, d.writes)
}

// set starts dirtying rate MiB a second in a new working set of size MiB, and ends what went on before.
// Rate 0 keeps the working set, untouched, for verify.
func (d *dirtier) set(rate, size int, random bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stop != nil {
		close(d.stop)
		d.stop = nil
	}
	d.rate = rate
	if rate == 0 {
		return nil
	}
	if size < 1 || size > maxSetMiB {
		return fmt.Errorf("a working set has 1 to %d MiB", maxSetMiB)
	}
	if d.mem != nil {
		if err := syscall.Munmap(d.mem); err != nil {
			return err
		}
		d.mem = nil
	}
	mem, err := syscall.Mmap(-1, 0, size<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return err
	}
	d.mem, d.random, d.writes, d.stop = mem, random, 0, make(chan struct{})
	go d.run(d.stop)
	return nil
}

func (d *dirtier) run(stop chan struct{}) {
	tick := time.NewTicker(time.Second / ticksPerSecond)
	defer tick.Stop()
	owed := 0 // pages times ticksPerSecond
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		d.mu.Lock()
		if d.stop != stop {
			d.mu.Unlock()
			return
		}
		for owed += d.rate * perMiB; owed >= ticksPerSecond; owed -= ticksPerSecond {
			d.write()
		}
		d.mu.Unlock()
	}
}

// write dirties the next page: its number, its generation, and, when asked, bytes that do not compress.
func (d *dirtier) write() {
	pages := uint64(len(d.mem) / pageSize)
	page, generation := d.writes%pages, d.writes/pages+1
	p := d.mem[page*pageSize:][:pageSize]
	binary.LittleEndian.PutUint64(p, page)
	binary.LittleEndian.PutUint64(p[8:], generation)
	if d.random {
		fill(p[16:], page, generation)
	}
	d.writes++
}

// fill writes a xorshift sequence that page and generation determine.
func fill(p []byte, page, generation uint64) {
	x := page<<32 ^ generation ^ 0x9e3779b97f4a7c15
	for i := 0; i < len(p); i += 8 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		binary.LittleEndian.PutUint64(p[i:], x)
	}
}

// verify reads the whole working set back.
func (d *dirtier) verify() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	pages := uint64(len(d.mem) / pageSize)
	want := make([]byte, pageSize)
	for page := range min(pages, d.writes) {
		generation := (d.writes-1-page)/pages + 1
		p := d.mem[page*pageSize:][:pageSize]
		binary.LittleEndian.PutUint64(want, page)
		binary.LittleEndian.PutUint64(want[8:], generation)
		if d.random {
			fill(want[16:], page, generation)
		}
		if string(p) != string(want) {
			return fmt.Sprintf("error: page %d of %d is not what was written (generation %d)", page, pages, generation)
		}
	}
	return fmt.Sprintf("ok %d pages", min(pages, d.writes))
}
