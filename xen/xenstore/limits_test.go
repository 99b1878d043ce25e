//go:build cgo

package xenstore

import (
	"errors"
	"strings"
	"syscall"
	"testing"
)

// TestLimits tries each limit and one byte more on a server that counts requests: what
// is too long must not reach it.
func TestLimits(t *testing.T) {
	requests := make(chan message, 1)
	startServer(t, func(p *peer, m message) {
		requests <- m
		p.answer(m, m.kind, "OK\x00")
	})
	c, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	long := func(n int) string { return "/" + strings.Repeat("x", n-1) }
	write := func(path, value string) func() error {
		return func() error { return c.Write(t.Context(), path, value) }
	}
	for _, test := range []struct {
		name string
		call func() error
		want *SizeError // nil when it fits
	}{
		{"absolute path", write(long(3072), ""), nil},
		{"absolute path", write(long(3073), ""), &SizeError{"path", 3073, 3072}},
		{"relative path", write(long(2049)[1:], ""), nil},
		{"relative path", write(long(2050)[1:], ""), &SizeError{"path", 2049, 2048}},
		{"value", write("/ab", strings.Repeat("v", 4092)), nil},
		{"value", write("/ab", strings.Repeat("v", 4093)), &SizeError{"value", 4093, 4092}},
		{"both", write(long(3073), strings.Repeat("v", 5000)), &SizeError{"path", 3073, 3072}},
		{"read", func() error { _, err := c.Read(t.Context(), long(4000)); return err }, &SizeError{"path", 4000, 3072}},
		{"watch", func() error { _, err := c.Watch(t.Context(), "/a", long(4000)); return err }, &SizeError{"path", 4000, 3072}},
		{"permissions", func() error { return c.SetPermissions(t.Context(), "/ab", Permissions{Grants: make([]Grant, 2000)}) },
			&SizeError{"permissions", 6003, 4092}},
		{"permissions", func() error { return c.SetPermissions(t.Context(), long(4090), Permissions{}) }, &SizeError{"path", 4090, 3072}},
	} {
		err := test.call()
		if test.want == nil {
			if m := <-requests; err != nil || len(m.body) > payloadMax {
				t.Errorf("%s at the limit: %v, %d bytes sent", test.name, err, len(m.body))
			}
			continue
		}
		var e *Error
		var size *SizeError
		if !errors.As(err, &e) || e.Path == "" || !errors.As(err, &size) || *size != *test.want || !errors.Is(err, syscall.E2BIG) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		} else if len(err.Error()) > 400 {
			t.Errorf("%s: a message of %d bytes", test.name, len(err.Error()))
		}
	}
	if len(requests) > 0 {
		t.Errorf("sent: %+v", <-requests)
	}
}
