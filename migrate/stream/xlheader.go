package stream

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// XLHeader is what xl writes before the libxl stream, in a save file and to its
// peer in a migration (tools/xl/xl.h, struct save_file_header).
type XLHeader struct {
	Size   int64  // of the header with its data: where the libxl stream begins, in bytes
	Config []byte // the domain's configuration, libxl JSON; empty if the writer left it out

	// What xl prints of a header.
	Mandatory, Optional uint32 // flags
	DataLen             uint32 // of the data behind it, in bytes

	Data []byte // all of that data, which begins with the configuration and its length
}

func (h *XLHeader) appendTo(b []byte) []byte {
	b = append(b, xlMagic...)
	for _, word := range []uint32{xlByteOrder, h.Mandatory, h.Optional, h.DataLen} {
		b = binary.LittleEndian.AppendUint32(b, word)
	}
	return append(b, h.Data...)
}

// WriteXLHeader writes xl's header with a configuration, which may be empty. It returns what
// it wrote; the error is w's.
func WriteXLHeader(w io.Writer, config []byte) (XLHeader, error) {
	h := XLHeader{Config: config, Mandatory: xlFlagStream}
	var data []byte
	if len(config) > 0 {
		h.Mandatory |= xlFlagJSON
		data = binary.LittleEndian.AppendUint32(nil, uint32(len(config)+1))
		data = append(append(data, config...), 0)
	} else {
		data = make([]byte, 4) // xl writes the length of nothing, too
	}
	h.Data, h.DataLen = data, uint32(len(data))
	h.Size = xlHeaderSize + int64(len(data))
	_, err := w.Write(h.appendTo(nil))
	return h, err
}

// MaxXLData is the most optional data that ReadXLHeader takes, in bytes. The
// configuration of a domain is some KiB.
const MaxXLData = 4 << 20

const (
	xlMagic      = "Xen saved domain, xl format\n \x00 \r"
	xlHeaderSize = 48
	xlByteOrder  = 0x01020304
	xlFlagJSON   = 1 << 0 // the data holds libxl JSON
	xlFlagStream = 1 << 1 // a libxl stream v2 follows
)

// ReadXLHeader reads xl's header and nothing behind it. It returns an [*Error]
// for a header that it does not understand, and what r returns: io.EOF at the
// very start, io.ErrUnexpectedEOF later.
func ReadXLHeader(r io.Reader) (XLHeader, error) {
	var b [xlHeaderSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return XLHeader{}, fmt.Errorf("read xl header: %w", err)
	}
	flags, dataLen := binary.LittleEndian.Uint32(b[36:]), binary.LittleEndian.Uint32(b[44:])
	switch order := binary.LittleEndian.Uint32(b[32:]); {
	case !bytes.Equal(b[:32], []byte(xlMagic)):
		return XLHeader{}, xlError(RuleXLMagic, "does not start as xl's header does")
	case order != xlByteOrder:
		return XLHeader{}, xlError(RuleXLByteOrder, "byte order mark is %#x, not %#x", order, xlByteOrder)
	case flags&^(xlFlagJSON|xlFlagStream) != 0:
		return XLHeader{}, xlError(RuleXLFlags, "has the unknown mandatory flags %#x", flags)
	case flags&xlFlagStream == 0:
		return XLHeader{}, xlError(RuleXLStream, "announces a stream from before Xen 4.6")
	case dataLen > MaxXLData:
		return XLHeader{}, xlError(RuleXLLength, "has %d bytes of data, more than %d", dataLen, MaxXLData)
	}
	data, err := io.ReadAll(io.LimitReader(r, int64(dataLen)))
	if err == nil && len(data) < int(dataLen) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return XLHeader{}, fmt.Errorf("read xl header: %w", err)
	}
	config, err := xlConfig(data, flags)
	return XLHeader{
		Size: xlHeaderSize + int64(dataLen), Config: config,
		Mandatory: flags, Optional: binary.LittleEndian.Uint32(b[40:]), DataLen: dataLen, Data: data,
	}, err
}

// xlConfig takes the configuration out of the optional data: u32 length with
// the terminating NUL, text. As in xl, what follows it is ignored.
func xlConfig(data []byte, flags uint32) ([]byte, error) {
	if flags&xlFlagJSON == 0 || len(data) == 0 {
		return nil, nil
	}
	if len(data) < 4 {
		return nil, xlError(RuleXLLength, "has %d bytes of data, too few for a length", len(data))
	}
	n := binary.LittleEndian.Uint32(data)
	if uint64(n) > uint64(len(data)-4) {
		return nil, xlError(RuleXLLength, "announces a configuration of %d bytes in %d bytes of data", n, len(data)-4)
	}
	return bytes.TrimSuffix(data[4:4+n], []byte{0}), nil
}

func xlError(rule Rule, format string, args ...any) *Error {
	return &Error{Record: "xl header", Rule: rule, Msg: fmt.Sprintf(format, args...)}
}
