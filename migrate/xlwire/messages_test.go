package xlwire

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

// TestLengths are those of xl 4.17 with their zero bytes.
func TestLengths(t *testing.T) {
	for message, want := range map[string]int{Banner: 54, Ready: 34, Permission: 44, Result: 39} {
		if len(message) != want {
			t.Errorf("%q has %d bytes, want %d", message, len(message), want)
		}
	}
}

func filler(s string) func([]byte) error {
	r := strings.NewReader(s)
	return func(b []byte) error {
		_, err := io.ReadFull(r, b)
		return err
	}
}

func TestReadResult(t *testing.T) {
	for text, want := range map[string]struct {
		status byte
		err    error
	}{
		Result + "\x00": {0, nil}, Result + "\x03": {3, nil}, Result: {0, io.EOF}, Result[:5]: {0, io.ErrUnexpectedEOF}, "": {0, io.EOF},
	} {
		if got, err := ReadResult(filler(text)); got != want.status || !errors.Is(err, want.err) {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	var other *Unexpected
	if _, err := ReadResult(filler(strings.Repeat("x", 40))); !errors.As(err, &other) || len(other.Got) != len(Result) {
		t.Errorf("something else: %v", err)
	}
}

// FuzzReadResult reads what a peer says: only xl's own words, and all of them, are an answer.
func FuzzReadResult(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		status, err := ReadResult(filler(string(b)))
		if answer := len(b) > len(Result) && string(b[:len(Result)]) == Result; answer != (err == nil) || err == nil && status != b[len(Result)] {
			t.Errorf("%q: %d, %v", b, status, err)
		}
	})
}

func TestCorpus(t *testing.T) {
	if files, err := os.ReadDir("testdata/fuzz/FuzzReadResult"); err != nil || len(files) < 3 {
		t.Errorf("%d seeds, %v", len(files), err)
	}
}
