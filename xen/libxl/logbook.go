//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/internal/xenlog"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// callSpec says which records belong to a call.
type callSpec struct {
	domain   idl.DomID      // InvalidDomID: not known
	async    bool           // records of other threads may belong to it
	stream   bool           // it moves a domain's memory, so it reports progress
	progress func(Progress) // receives that, on the reader's goroutine; may be nil
}

// A call collects the records of one call into libxl.
type call struct {
	callSpec
	id      uint64
	records []Record
}

// A logbook reads the records that libxl's logger writes.
type logbook struct {
	socket *os.File
	sink   func(Record)
	ended  chan struct{}

	mu      sync.Mutex
	x       *C.struct_xv_ctx // for markers; set once libxl is open
	last    uint64
	calls   map[uint64]*call
	markers map[uint64]chan struct{}
}

// newLogbook starts the reader and returns the descriptor for the writer's end.
func newLogbook(sink func(Record)) (*logbook, int, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, -1, err
	}
	if err := syscall.SetNonblock(fds[0], true); err != nil { // so that Go's poller waits, not a thread
		syscall.Close(fds[0])
		syscall.Close(fds[1])
		return nil, -1, err
	}
	b := &logbook{
		socket:  os.NewFile(uintptr(fds[0]), "libxl log"),
		sink:    sink,
		ended:   make(chan struct{}),
		calls:   map[uint64]*call{},
		markers: map[uint64]chan struct{}{},
	}
	go b.read()
	return b, fds[1], nil
}

// attach tells where to write markers.
func (b *logbook) attach(x *C.struct_xv_ctx) { b.x = x }

// abandon ends the reader when there is no libxl that could write.
func (b *logbook) abandon(fd int) {
	syscall.Close(fd)
	<-b.ended
	b.socket.Close()
}

// stop ends the reader after what has been written. Forked children may still hold
// the writing end, so that its closing would not show.
func (b *logbook) stop() {
	b.flush()
	b.socket.Close()
	<-b.ended
}

// begin opens a call.
func (b *logbook) begin(spec callSpec) *call {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	c := &call{callSpec: spec, id: b.last}
	b.calls[c.id] = c
	return c
}

// end closes a call. With flush it first waits for all that libxl has logged, and
// returns what belongs to the call.
func (b *logbook) end(c *call, flush bool) []Record {
	if flush {
		b.flush()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.calls, c.id)
	return c.records
}

// flush waits until the reader has seen everything written so far.
func (b *logbook) flush() {
	b.mu.Lock()
	b.last++
	number, seen := b.last, make(chan struct{})
	b.markers[number] = seen
	b.mu.Unlock()
	C.xv_log_marker(b.x, C.uint64_t(number))
	select {
	case <-seen:
	case <-b.ended:
	}
}

func (b *logbook) read() {
	defer close(b.ended)
	packet := make([]byte, C.sizeof_struct_xv_log_header+C.XV_LOG_CONTEXT+C.XV_LOG_TEXT)
	for {
		n, err := b.socket.Read(packet)
		if err != nil {
			return
		}
		h, r, ok := decode(packet[:n])
		switch {
		case !ok: // not written by our logger: nothing else holds the socket
		case h.kind == C.XV_LOG_MARKER:
			b.seen(uint64(h.call))
		default:
			b.route(uint64(h.call), r)
		}
	}
}

// decode reads one packet as log.c writes it.
func decode(packet []byte) (C.struct_xv_log_header, Record, bool) {
	var h C.struct_xv_log_header
	if len(packet) < C.sizeof_struct_xv_log_header {
		return h, Record{}, false
	}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&h)), C.sizeof_struct_xv_log_header), packet)
	rest := packet[C.sizeof_struct_xv_log_header:]
	if uint64(h.context_len)+uint64(h.text_len) != uint64(len(rest)) {
		return h, Record{}, false
	}
	r := Record{
		Level:   Level(h.level),
		Context: string(rest[:h.context_len]),
		Text:    strings.TrimRight(string(rest[h.context_len:]), "\r\n"),
		Cut:     h.cut != 0,
		Errno:   int(h.errnoval),
		Child:   int(h.child),
	}
	if h.kind == C.XV_LOG_PROGRESS {
		r.Progress = &Progress{Doing: r.Text, Percent: int(h.percent), Done: uint64(h.done), Total: uint64(h.total)}
	}
	return h, r, true
}

func (b *logbook) seen(number uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m, ok := b.markers[number]; ok {
		delete(b.markers, number)
		close(m)
	}
}

// route gives a record to the calls it belongs to, and to the program's log.
func (b *logbook) route(tag uint64, r Record) {
	b.mu.Lock()
	var progress func(Progress)
	if r.Progress != nil {
		progress = b.progressReceiver()
	}
	for _, c := range b.owners(tag, r) {
		c.records = xenlog.Keep(c.records, r)
	}
	b.mu.Unlock()
	if progress != nil {
		progress(*r.Progress)
	}
	if b.sink != nil {
		b.sink(r)
	}
}

// owners finds the calls that a record belongs to: the one whose thread wrote it,
// else the asynchronous ones about the domain that it names, else all asynchronous
// ones, for libxl does not tell.
func (b *logbook) owners(tag uint64, r Record) []*call {
	if c, ok := b.calls[tag]; ok {
		return []*call{c}
	}
	domain, named := domainOf(r.Text)
	var owners []*call
	for _, c := range b.calls {
		if c.async && (!named || c.domain == domain || c.domain == idl.InvalidDomID) {
			owners = append(owners, c)
		}
	}
	return owners
}

// progressReceiver finds whom a progress report is for. The reports do not say, so
// with two streams at a time it is nobody.
func (b *logbook) progressReceiver() func(Progress) {
	var found *call
	for _, c := range b.calls {
		if c.stream {
			if found != nil {
				return nil
			}
			found = c
		}
	}
	if found == nil {
		return nil
	}
	return found.progress
}

// domainOf finds "Domain N:", which libxl__log puts before a message about a guest.
func domainOf(text string) (idl.DomID, bool) {
	_, after, ok := strings.Cut(text, "Domain ")
	if !ok {
		return 0, false
	}
	digits, _, ok := strings.Cut(after, ":")
	n, err := strconv.ParseUint(digits, 10, 32)
	return idl.DomID(n), ok && err == nil
}
