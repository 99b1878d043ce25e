package stream

import "fmt"

// Layer says which of the formats a header or record belongs to.
type Layer uint8

// The layers, the outermost first.
const (
	LayerXL Layer = iota
	LayerLibxl
	LayerLibxc
)

// String is "xl", "libxl" or "libxc".
func (l Layer) String() string {
	return [...]string{"xl", "libxl", "libxc"}[l]
}

// Record is a header or a record of a stream.
type Record struct {
	Layer  Layer
	Header bool   // one of the headers, which have no type
	Type   uint32 // a LibxlType or a RecordType, as Layer says
	Offset int64  // of the header or record in what is read, in bytes
	Length uint32 // of its body without padding, in bytes; 0 of headers

	// Body is the body, or of a record that may be large its fixed part. It is nil
	// where there is no such part, and a Raw where it does not keep to the format.
	// Of a header it is *XLHeader, *LibxlHeader, *ImageHeader or *DomainHeader.
	Body Body

	Data int64 // bytes of the body that follow Body
}

// Name is Xen's name of the header or record.
func (r *Record) Name() string {
	switch {
	case !r.Header && r.Layer == LayerLibxc:
		return RecordType(r.Type).String()
	case !r.Header:
		return LibxlType(r.Type).String()
	}
	switch r.Body.(type) {
	case *XLHeader:
		return "xl header"
	case *LibxlHeader:
		return partLibxlHeader.String()
	case *ImageHeader:
		return partImageHeader.String()
	}
	return partDomainHeader.String()
}

// padding is how many zeros follow the body.
func (r *Record) padding() int { return int(padded(r.Length) - uint64(r.Length)) }

// Is reports whether it is a libxc record of a type.
func (r *Record) Is(t RecordType) bool {
	return !r.Header && r.Layer == LayerLibxc && r.Type == uint32(t)
}

// IsLibxl reports whether it is a libxl record of a type.
func (r *Record) IsLibxl(t LibxlType) bool {
	return !r.Header && r.Layer == LayerLibxl && r.Type == uint32(t)
}

// Entry is one page in PAGE_DATA: its number and type.
type Entry uint64

// MakeEntry joins a page frame number, below 2^52, and a type.
func MakeEntry(pfn uint64, t PageType) Entry { return Entry(pfn&pfnMask | uint64(t)<<pageTypeShift) }

// PFN is the page frame number, below 2^52.
func (e Entry) PFN() uint64 { return uint64(e) & pfnMask }

// Type is the page's type.
func (e Entry) Type() PageType { return PageType(e >> pageTypeShift) }

// String is the pfn and the type.
func (e Entry) String() string { return fmt.Sprintf("%#x %s", e.PFN(), e.Type()) }
