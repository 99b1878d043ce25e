package stream

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

func xlHeader(flags uint32, data []byte) []byte {
	b := []byte("Xen saved domain, xl format\n \x00 \r")
	b = le.AppendUint32(b, 0x01020304)
	b = le.AppendUint32(b, flags)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, uint32(len(data)))
	return append(b, data...)
}

func TestReadXLHeader(t *testing.T) {
	config := append([]byte{3, 0, 0, 0}, "{}\x00rest"...)
	r := bytes.NewReader(append(xlHeader(3, config), "stream"...))
	h, err := ReadXLHeader(r)
	if err != nil || string(h.Config) != "{}" || h.Size != int64(48+len(config)) {
		t.Errorf("%+v, %v", h, err)
	}
	if rest, _ := io.ReadAll(r); string(rest) != "stream" {
		t.Errorf("leaves %q", rest)
	}
	if h, err := ReadXLHeader(bytes.NewReader(xlHeader(2, nil))); err != nil || h.Config != nil {
		t.Errorf("without configuration: %+v, %v", h, err)
	}
}

func TestReadXLHeaderRefuses(t *testing.T) {
	good := xlHeader(3, nil)
	patch := func(offset int, v byte) []byte {
		b := bytes.Clone(good)
		b[offset] = v
		return b
	}
	for want, data := range map[string][]byte{
		"does not start":        patch(0, 'x'),
		"byte order":            patch(32, 1),
		"unknown mandatory":     patch(36, 7),
		"before Xen 4.6":        patch(36, 1),
		"more than 4194304":     patch(47, 1),
		"too few for a length":  xlHeader(3, []byte{1}),
		"configuration of 9 by": xlHeader(3, []byte{9, 0, 0, 0, 1}),
	} {
		var e *Error
		if _, err := ReadXLHeader(bytes.NewReader(data)); !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := ReadXLHeader(strings.NewReader("")); !errors.Is(err, io.EOF) {
		t.Errorf("nothing: %v", err)
	}
	cut := xlHeader(3, []byte{2, 0, 0, 0, '{', '}'})
	for n := 1; n < len(cut); n++ {
		if _, err := ReadXLHeader(bytes.NewReader(cut[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut off at %d: %v", n, err)
		}
	}
}

func FuzzReadXLHeader(f *testing.F) {
	f.Add(xlHeader(3, append([]byte{3, 0, 0, 0}, "{}\x00"...)))
	f.Add(xlHeader(2, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		h, err := ReadXLHeader(r)
		if err == nil && (h.Size != int64(len(data)-r.Len()) || len(h.Config) > len(data)) {
			t.Errorf("%d bytes with %d of configuration, %d read", h.Size, len(h.Config), len(data)-r.Len())
		}
	})
}

func TestWriteXLHeader(t *testing.T) {
	var b bytes.Buffer
	wrote, err := WriteXLHeader(&b, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	want := xlHeader(3, append([]byte{3, 0, 0, 0}, "{}\x00"...))
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("wrote\n%q\nwant\n%q", b.Bytes(), want)
	}
	if read, err := ReadXLHeader(&b); err != nil || !reflect.DeepEqual(read, wrote) {
		t.Errorf("wrote %+v, read %+v, %v", wrote, read, err)
	}
	b.Reset()
	if h, err := WriteXLHeader(&b, nil); err != nil || h.Mandatory != 2 || h.DataLen != 4 || !bytes.Equal(b.Bytes(), xlHeader(2, make([]byte, 4))) {
		t.Errorf("without configuration: %+v, %v, %q", h, err, b.Bytes())
	}
}
