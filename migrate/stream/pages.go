package stream

import "encoding/binary"

// pageHeader reads the count of entries. The length of the record, which was
// bounded before, bounds it.
func (s *Scanner) pageHeader(b []byte) {
	s.pfns = binary.LittleEndian.Uint32(b)
	s.listBytes, s.pageBytes = pageHeaderSize+uint64(s.pfns)*pfnSize, 0
	switch {
	case s.pfns == 0:
		s.fail(RulePageCount, s.record.name.String(), "has no pages")
	case s.listBytes > uint64(s.record.length):
		s.fail(RulePageCount, s.record.name.String(), "%d pages do not fit into a body of %d bytes", s.pfns, s.record.length)
	}
	s.batchStart = true
	if s.strict != nil && binary.LittleEndian.Uint32(b[4:]) != 0 {
		s.fail(RuleReserved, s.record.name.String(), "reserved field is %#x", binary.LittleEndian.Uint32(b[4:]))
	}
	s.part = partPFN
}

// entry reads one page's number and type. libxc goes through memory upwards, so
// a record that starts at or below where the last one ended begins a new pass
// (tools/libs/guest/xg_sr_save.c, send_dirty_pages).
func (s *Scanner) entry(e uint64) {
	pfn, t := e&pfnMask, PageType(e>>pageTypeShift)
	if !t.known() || e&^(0xf<<pageTypeShift) != pfn {
		s.fail(RulePageType, s.record.name.String(), "entry %#016x is of an unknown page type", e)
		return
	}
	if s.strict != nil {
		s.strictEntry(pfn, t)
	}
	if s.batchStart {
		s.batch(pfn)
	}
	s.lastPFN = pfn
	s.pass.Entries++
	s.pass.Types[t]++
	if t.HasData() {
		s.pass.Pages++
		s.pageBytes += PageSize
	}
	if s.pfns--; s.pfns == 0 {
		s.pageData()
	}
}

// batch is the start of a record of pages, the first of which is pfn.
func (s *Scanner) batch(pfn uint64) {
	if s.inPass && pfn <= s.lastPFN {
		s.endPass()
	}
	if !s.inPass {
		s.startPass()
	}
	s.pass.Bytes += recordHeaderSize + int64(s.record.length)
	s.batchStart = false
}

// pageData passes over the contents of the pages, once all entries are known.
func (s *Scanner) pageData() {
	if s.skip = uint64(s.record.length) - s.listBytes; s.skip != s.pageBytes {
		s.fail(RulePageContents, s.record.name.String(), "has %d bytes of page contents where its entries announce %d", s.skip, s.pageBytes)
	}
	s.contents = s.skip > 0
	s.part = partRecord
}

func (s *Scanner) startPass() {
	s.inPass = true
	s.pass = Pass{Offset: s.start, Verify: s.verify}
	s.verify = false
	s.observe(Event{Kind: PassStarted, Offset: s.start, Pass: s.stats.PassCount})
	s.stats.PassCount++
}

func (s *Scanner) endPass() {
	if !s.inPass {
		return
	}
	s.inPass = false
	s.stats.add(s.pass)
	s.observe(Event{Kind: PassEnded, Offset: s.start, Pass: s.stats.PassCount - 1, Stats: s.pass})
}
