package stream

import (
	"errors"
	"fmt"
	"io"
)

// PageError says why a stream has no contents for a page.
type PageError struct {
	PFN  uint64
	Seen bool     // the stream names the page
	Type PageType // its last type, if Seen
}

// Error says it in words.
func (e *PageError) Error() string {
	switch {
	case !e.Seen:
		return fmt.Sprintf("page %#x is not in the stream", e.PFN)
	case e.Type == PageAbsent:
		return fmt.Sprintf("page %#x has no contents: the guest has no memory there (%s)", e.PFN, e.Type)
	case e.Type == PageAllocate:
		return fmt.Sprintf("page %#x has no contents: it is only to be allocated (%s)", e.PFN, e.Type)
	}
	return fmt.Sprintf("page %#x has no contents: it was lost to a memory error (%s)", e.PFN, e.Type)
}

// lastPage is what a restore would find in a page.
type lastPage struct {
	now, sure  PageError // of the current round, and as of the last complete one
	data, kept [PageSize]byte
	rounds     int
	verify     bool // what comes is libxc's comparison, which a restore does not take over
}

// ExtractPage reads a whole file and returns the 4096 bytes that a restore of it would
// find in a page: those sent last, and in a checkpointed stream before the last
// complete checkpoint. It returns a [*PageError] for a page without contents, an
// [*Error] for a broken stream, and r's errors.
func ExtractPage(r io.Reader, pfn uint64, o ReaderOptions) ([]byte, error) {
	p := &lastPage{now: PageError{PFN: pfn}, sure: PageError{PFN: pfn}}
	var v Verdict
	if err := walk(NewReader(r, o), &v, p.record); err != nil {
		return nil, err
	}
	p.commit(v.Checkpoints, v.Complete)
	if !p.sure.Seen || !p.sure.Type.HasData() {
		return nil, &p.sure
	}
	return p.kept[:], nil
}

// commit makes what came in a round count, once the round is complete.
func (p *lastPage) commit(rounds int, complete bool) {
	if rounds > p.rounds || complete {
		p.rounds, p.sure, p.kept = rounds, p.now, p.data
	}
}

func (p *lastPage) record(in *Reader, rec *Record) error {
	p.commit(in.scan.stats.Checkpoints, false)
	switch {
	case rec.Is(RecVerify):
		p.verify = true
	case !rec.Header && !rec.Is(RecPageData):
		p.verify = false
	case rec.Is(RecPageData) && !p.verify:
		return p.pages(in)
	}
	return nil
}

// pages looks for the page in a record.
func (p *lastPage) pages(in *Reader) error {
	here := false
	for {
		entries, err := in.Entries()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.PFN() == p.now.PFN {
				p.now.Seen, p.now.Type, here = true, e.Type(), true
			}
		}
	}
	for here {
		entries, contents, err := in.Pages()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for i, e := range entries {
			if e.PFN() == p.now.PFN {
				copy(p.data[:], contents[i*PageSize:])
			}
		}
	}
	return nil
}
