package stream

// part is a piece of fixed size that a Scanner has to see whole.
type part uint8

const (
	partLibxlHeader part = iota
	partLibxlRecord
	partImageHeader
	partDomainHeader
	partRecord
	partPageHeader
	partPFN
)

func (p part) size() int {
	return [...]int{libxlHeaderSize, recordHeaderSize, imageHeaderSize, domainHeaderSize, recordHeaderSize, pageHeaderSize, pfnSize}[p]
}

// startsRecord is false for the parts inside a PAGE_DATA record.
func (p part) startsRecord() bool { return p < partPageHeader }

// String is the name of the part in errors.
func (p part) String() string {
	return [...]string{"libxl header", "libxl record header", "libxc image header", "libxc domain header",
		"libxc record header", "PAGE_DATA", "PAGE_DATA"}[p]
}
