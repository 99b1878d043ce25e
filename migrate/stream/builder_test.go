package stream

import "encoding/binary"

// builder writes streams for tests. It follows docs/streams.md, not the Scanner.
type builder []byte

var le, be = binary.LittleEndian, binary.BigEndian

func (b *builder) libxlHeader() *builder {
	*b = be.AppendUint64(*b, 0x4c6962786c466d74)
	*b = be.AppendUint32(*b, 2)
	*b = be.AppendUint32(*b, 0)
	return b
}

func (b *builder) libxcHeader(version, guest uint32) *builder {
	*b = be.AppendUint64(*b, 0xffffffffffffffff)
	*b = be.AppendUint32(*b, 0x58454e46)
	*b = be.AppendUint32(*b, version)
	*b = append(*b, make([]byte, 8)...)
	*b = le.AppendUint32(*b, guest)
	*b = le.AppendUint32(*b, 12) // page shift, reserved
	*b = le.AppendUint32(*b, 4)
	*b = le.AppendUint32(*b, 17)
	return b
}

// rec is a record of either layer with a body of n bytes.
func (b *builder) rec(t uint32, n int) *builder {
	return b.body(t, make([]byte, n))
}

func (b *builder) body(t uint32, body []byte) *builder {
	*b = le.AppendUint32(*b, t)
	*b = le.AppendUint32(*b, uint32(len(body)))
	*b = append(*b, body...)
	for len(*b)%8 != 0 {
		*b = append(*b, 0)
	}
	return b
}

const (
	absent  = 0xf << 60
	broken  = 0xd << 60
	l4table = 0xc << 60 // pinned
)

// pages is a PAGE_DATA record with data for the entries that have some. The
// contents look like records, for a reader that lost its way.
func (b *builder) pages(entries ...uint64) *builder {
	body := le.AppendUint32(nil, uint32(len(entries)))
	body = le.AppendUint32(body, 0)
	data := 0
	for _, e := range entries {
		body = le.AppendUint64(body, e)
		if e>>60 < 0xd {
			data++
		}
	}
	for range data * 4096 / 8 {
		body = append(body, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	return b.body(1, body)
}

// hvmStream is a whole plain stream of an HVM guest with three passes.
func hvmStream() []byte {
	var b builder
	b.libxlHeader().rec(1, 0)
	b.libxcHeader(3, 2).rec(0x11, 48).rec(0x12, 16).rec(0x10, 0)
	b.pages(0, 1, 2|absent).pages(3|broken, 4).pages(0x100 | absent)
	b.pages(1, 4)
	b.pages(2).pages(3)
	b.rec(0x08, 24).rec(0x09, 1001).rec(0x0a, 24).rec(0x8000ffff, 3).rec(0, 0)
	b.rec(2, 13).rec(3, 5000).rec(0, 0)
	return b
}

// pvStream is one of a PV guest, with libxc's debug comparison.
func pvStream() []byte {
	var b builder
	b.libxlHeader().rec(1, 0)
	b.libxcHeader(3, 1).rec(0x02, 8).rec(0x10, 0).rec(0x03, 24)
	b.pages(0, 7|l4table)
	b.rec(0x0d, 0).pages(9)
	b.rec(0x08, 24).rec(0x07, 4096).rec(0x04, 32).rec(0x05, 32).rec(0x06, 32).rec(0x0c, 32).rec(0, 0)
	b.rec(0, 0)
	return b
}

// checkpointedStream is what Remus sends in two rounds, and stops.
func checkpointedStream() []byte {
	var b builder
	b.libxlHeader().rec(1, 0)
	b.libxcHeader(2, 2)
	for range 2 {
		b.pages(0, 1).rec(0x08, 24).rec(0x09, 64).rec(0x0e, 0)
		b.rec(3, 100).rec(4, 0)
	}
	return b
}
