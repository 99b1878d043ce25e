package stream

import "encoding/binary"

// LibxlHeader is the header of the libxl stream (libxl-migration-stream.pandoc,
// "Header"), whose version is 2.
type LibxlHeader struct {
	Options uint32
}

// optConverted marks a libxl stream that was made out of one from before Xen 4.6.
const optConverted = 1 << 1

// Converted says that the stream was made out of one from before Xen 4.6.
func (h *LibxlHeader) Converted() bool { return h.Options&optConverted != 0 }

func (h *LibxlHeader) appendTo(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, libxlIdent)
	b = binary.BigEndian.AppendUint32(b, libxlVersion)
	return binary.BigEndian.AppendUint32(b, h.Options)
}

// parseLibxlHeader reads u64 ident, u32 version, u32 options, all big-endian.
func parseLibxlHeader(b []byte) (*LibxlHeader, *fault) {
	ident, version := binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:])
	h := &LibxlHeader{Options: binary.BigEndian.Uint32(b[12:])}
	switch {
	case ident != libxlIdent:
		return nil, faultf(RuleLibxlIdent, "starts with %#016x, not with \"LibxlFmt\"", ident)
	case version != libxlVersion:
		return nil, faultf(RuleLibxlVersion, "version is %d, not %d", version, libxlVersion)
	case h.Options&optBigEndian != 0:
		return nil, faultf(RuleLibxlEndian, "the stream is big-endian")
	}
	return h, nil
}

// ImageHeader begins the libxc stream (libxc-migration-stream.pandoc, "Image
// Header").
type ImageHeader struct {
	Version  uint32 // 2 or 3
	Options  uint16 // zero, but for bits that no version knows
	Reserved uint64 // 48 bits, which Xen writes as zero
}

func (h *ImageHeader) appendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, libxcMarker)
	b = binary.BigEndian.AppendUint32(b, libxcID)
	b = binary.BigEndian.AppendUint32(b, h.Version)
	return binary.BigEndian.AppendUint64(b, uint64(h.Options)<<48|h.Reserved&(1<<48-1))
}

// parseImageHeader reads u64 marker, u32 id and u32 version (both big-endian), u16
// options (big-endian), u16 and u32 reserved.
func parseImageHeader(b []byte) (*ImageHeader, *fault) {
	h := &ImageHeader{
		Version:  binary.BigEndian.Uint32(b[12:]),
		Options:  binary.BigEndian.Uint16(b[16:]),
		Reserved: binary.BigEndian.Uint64(b[16:]) & (1<<48 - 1),
	}
	switch {
	case binary.LittleEndian.Uint64(b) != libxcMarker || binary.BigEndian.Uint32(b[8:]) != libxcID:
		return nil, faultf(RuleImageID, "has no \"XENF\" marker")
	case h.Version < libxcVersionMin || h.Version > libxcVersionMax:
		return nil, faultf(RuleImageVersion, "version is %d, not %d or %d", h.Version, libxcVersionMin, libxcVersionMax)
	case h.Options&optBigEndian != 0:
		return nil, faultf(RuleImageEndian, "the stream is big-endian")
	}
	return h, nil
}

// GuestType is the kind of guest that a domain header names.
type GuestType uint32

// The guest types. A PVH guest is HVM to libxc.
const (
	GuestPV  GuestType = 1
	GuestHVM GuestType = 2
)

// String is "pv" or "hvm".
func (t GuestType) String() string {
	if t == GuestPV {
		return "pv"
	}
	return "hvm"
}

// DomainHeader follows the image header ("Domain Header"). Pages have 2^12 bytes.
type DomainHeader struct {
	Guest              GuestType
	Reserved           uint16 // which Xen writes as zero
	XenMajor, XenMinor uint32 // of the Xen that wrote the stream; major 0: of the converter of older streams
}

func (h *DomainHeader) appendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(h.Guest))
	b = binary.LittleEndian.AppendUint16(b, pageShift)
	b = binary.LittleEndian.AppendUint16(b, h.Reserved)
	b = binary.LittleEndian.AppendUint32(b, h.XenMajor)
	return binary.LittleEndian.AppendUint32(b, h.XenMinor)
}

// parseDomainHeader reads u32 type, u16 page shift, u16 reserved, u32 major and
// u32 minor version of the Xen that wrote it.
func parseDomainHeader(b []byte) (*DomainHeader, *fault) {
	shift := binary.LittleEndian.Uint16(b[4:])
	h := &DomainHeader{
		Guest:    GuestType(binary.LittleEndian.Uint32(b)),
		Reserved: binary.LittleEndian.Uint16(b[6:]),
		XenMajor: binary.LittleEndian.Uint32(b[8:]),
		XenMinor: binary.LittleEndian.Uint32(b[12:]),
	}
	switch {
	case h.Guest != GuestPV && h.Guest != GuestHVM:
		return nil, faultf(RuleGuestType, "guest type is %d, neither PV (1) nor HVM (2)", h.Guest)
	case shift != pageShift:
		return nil, faultf(RulePageShift, "pages are of 2^%d bytes, not 2^%d", shift, pageShift)
	}
	return h, nil
}
