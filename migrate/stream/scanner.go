package stream

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
)

// Scanner follows a libxl migration stream that is written to it in pieces of
// any size. It holds less than 100 bytes of the stream and at most MaxPasses
// passes of statistics (under 50 KiB), however large the records are; page
// contents are passed over without being looked at.
//
// A Scanner may be used by several goroutines: one writes, others ask.
type Scanner struct {
	mu      sync.Mutex
	observe func(Event)
	stats   Stats
	err     error
	done    bool

	part  part   // what is being collected in fixed
	fixed []byte // bytes of it so far; its array never grows
	skip  uint64 // bytes to pass over before part begins
	pfns  uint32 // entries of a PAGE_DATA record still to come
	start int64  // offset of the current header or record

	seenContext  bool // libxl has announced the libxc stream
	inCheckpoint bool // libxl records between two rounds of libxc
	staticDone   bool // libxc's STATIC_DATA_END, or a version without it
	stateSeen    bool // device state of this round has begun
	verify       bool // the next pass is libxc's debug comparison
	inPass       bool
	batchStart   bool   // the next entry is the first of its record
	lastPFN      uint64 // of the pass
	pass         Pass   // the current one
	record       record

	base     int64 // of the stream in its file, in bytes: what xl's header takes
	bare     bool  // a libxc stream without a libxl stream around
	contents bool  // what is passed over is page contents
	strict   *strict

	round int64 // where the last checkpoint ended, in bytes

	listBytes uint64 // of a PAGE_DATA body: its header and entries
	pageBytes uint64 // of page contents that its entries so far announce
}

// record is the current record, of either layer.
type record struct {
	name   fmt.Stringer
	length uint32 // of the body, without padding
	libxc  bool   // else libxl's
}

// NewScanner returns a Scanner at the start of a stream (behind the header of
// xl, if there is one: see ReadXLHeader). observe may be nil; it is called from
// Write, in the order of the stream, and must not call the Scanner.
func NewScanner(observe func(Event)) *Scanner {
	if observe == nil {
		observe = func(Event) {}
	}
	return &Scanner{observe: observe, part: partLibxlHeader, fixed: make([]byte, 0, imageHeaderSize)}
}

// Write looks at the next bytes of the stream. On a malformed stream it
// returns an [*Error] and how many bytes of p came before it was found; every
// later Write returns the same error. p is neither changed nor kept.
func (s *Scanner) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := p
	for len(rest) > 0 && s.err == nil {
		n := s.advance(rest)
		rest = rest[n:]
		s.stats.Bytes += int64(n)
		if len(s.fixed) == s.part.size() && s.skip == 0 && s.err == nil {
			s.complete()
		}
	}
	return len(p) - len(rest), s.err
}

// advance takes what it can of p, at least one byte if the stream may go on.
func (s *Scanner) advance(p []byte) int {
	switch {
	case s.done:
		s.start = s.stats.Bytes
		s.fail(RuleTrailing, "end of stream", "%d or more bytes follow it", len(p))
		return 0
	case s.skip > 0:
		return s.passOver(p[:min(s.skip, uint64(len(p)))])
	case s.part == partPFN && len(s.fixed) == 0 && len(p) >= pfnSize:
		return s.entries(p)
	}
	if len(s.fixed) == 0 && s.part.startsRecord() {
		s.start = s.stats.Bytes
	}
	n := min(s.part.size()-len(s.fixed), len(p))
	s.fixed = append(s.fixed, p[:n]...)
	return n
}

// passOver takes body bytes, or page contents, or padding.
func (s *Scanner) passOver(p []byte) int {
	if s.strict != nil && !s.contents {
		s.strictBody(p)
	}
	if s.skip -= uint64(len(p)); s.skip == 0 {
		if s.strict != nil && !s.contents && s.err == nil {
			s.strictBodyEnd()
		}
		s.contents = false
	}
	return len(p)
}

// entries reads the page entries that lie whole in p.
func (s *Scanner) entries(p []byte) int {
	n := 0
	for s.pfns > 0 && len(p)-n >= pfnSize && s.err == nil {
		s.entry(binary.LittleEndian.Uint64(p[n:]))
		n += pfnSize
	}
	return n
}

// complete acts on a fixed part that is whole, and says what comes next.
func (s *Scanner) complete() {
	b := s.fixed
	s.fixed = s.fixed[:0]
	switch s.part {
	case partLibxlHeader:
		s.libxlHeader(b)
	case partLibxlRecord:
		s.libxlRecord(b)
	case partImageHeader:
		s.imageHeader(b)
	case partDomainHeader:
		s.domainHeader(b)
	case partRecord:
		s.libxcRecord(b)
	case partPageHeader:
		s.pageHeader(b)
	case partPFN:
		s.entry(binary.LittleEndian.Uint64(b))
	}
}

// fail makes the error that the stream ends with, at the current record.
func (s *Scanner) fail(rule Rule, what, format string, args ...any) {
	s.err = &Error{Offset: s.base + s.start, Record: what, Rule: rule, Msg: fmt.Sprintf(format, args...)}
}

// fault is fail for what a parser has found.
func (s *Scanner) fault(what string, f *fault) { s.fail(f.rule, what, "%s", f.msg) }

// Close says whether the stream is complete: nil if both layers have ended,
// the error of Write if there was one, else an [*Error] that says where the
// stream was cut off.
func (s *Scanner) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.done {
		return s.err
	}
	what := s.part.String()
	if s.skip > 0 || s.part == partPageHeader || s.part == partPFN {
		what = s.record.name.String()
	} else if len(s.fixed) == 0 {
		s.start = s.stats.Bytes
	}
	s.fail(RuleTruncated, what, "the stream is cut off at offset %d", s.base+s.stats.Bytes)
	return s.err
}

// atCheckpoint reports whether the stream stands right behind a checkpoint.
func (s *Scanner) atCheckpoint() bool {
	return s.err == nil && s.stats.Checkpoints > 0 && s.stats.Bytes == s.round
}

// Done reports whether the stream is complete.
func (s *Scanner) Done() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done && s.err == nil
}

// Err is the error that Write or Close returned, or nil.
func (s *Scanner) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Stats is a copy of what was seen so far. The pass that is being sent is the
// last of Passes.
func (s *Scanner) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.stats
	c.Passes = slices.Clone(s.stats.Passes)
	if s.inPass {
		c.add(s.pass)
	}
	return c
}
