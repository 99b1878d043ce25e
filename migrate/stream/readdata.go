package stream

import (
	"encoding/binary"
	"io"
)

// Data is the next piece of the current record's body behind Record.Body: of
// PAGE_DATA its entries, then its contents. It is valid until the next call of the
// Reader. io.EOF marks the end of the record; other errors are those of Next. Of one
// record use Data, or Entries and Pages.
func (r *Reader) Data() ([]byte, error) { return r.data(readerBuffer) }

func (r *Reader) data(most int) ([]byte, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.left <= 0 {
		return nil, io.EOF
	}
	n := int(min(r.left, int64(most)))
	all := n
	if int64(n) == r.left {
		all += r.rec.padding()
	}
	p, err := r.take(all)
	if err != nil {
		r.err = err
		return nil, err
	}
	r.left -= int64(n)
	if r.rec.Is(RecPageData) {
		r.entries = r.scan.pfns
	}
	return p[:n], nil
}

// entriesAtOnce is how many entries Entries returns at most.
const entriesAtOnce = 4096

// Entries are the next entries of the current PAGE_DATA record, at most 4096. The
// slice is valid until the next call. io.EOF marks the end of the list.
func (r *Reader) Entries() ([]Entry, error) {
	if r.entries == 0 {
		return nil, io.EOF
	}
	b, err := r.data(int(min(r.entries, entriesAtOnce)) * pfnSize)
	if err != nil {
		return nil, err
	}
	r.list = r.list[:0]
	for ; len(b) >= pfnSize; b = b[pfnSize:] {
		e := Entry(binary.LittleEndian.Uint64(b))
		r.list = append(r.list, e)
		if e.Type().HasData() {
			r.withData = append(r.withData, e)
		}
	}
	return r.list, nil
}

// Pages are the next pages of the current PAGE_DATA record that have contents, and
// these: 4096 bytes for each, at most 64 pages. Both slices are valid until the next
// call. io.EOF marks the end of the record. Entries that Entries has not returned yet
// are passed over.
func (r *Reader) Pages() ([]Entry, []byte, error) {
	for r.entries > 0 {
		if _, err := r.Entries(); err != nil {
			return nil, nil, err
		}
	}
	n := min(len(r.withData)-r.nextData, readerBuffer/PageSize)
	if n == 0 {
		return nil, nil, io.EOF
	}
	b, err := r.data(n * PageSize)
	if err != nil {
		return nil, nil, err
	}
	pages := r.withData[r.nextData : r.nextData+n]
	r.nextData += n
	return pages, b, nil
}
