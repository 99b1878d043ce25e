package stream

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// recorded opens the recordings of real migrations in the directory that
// XENVOY_STREAMS names: *.stream.zst, each from the header of xl on.
func recorded(t *testing.T, each func(t *testing.T, r io.Reader)) {
	dir := os.Getenv("XENVOY_STREAMS")
	if dir == "" {
		t.Skip("XENVOY_STREAMS names no directory of recorded streams; they are too large to be kept with the source")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.stream.zst"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no *.stream.zst in %s (%v)", dir, err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "zstd", "-dc", "--long=31", path)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			each(t, bufio.NewReaderSize(out, 1<<20))
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRecorded compares the Scanner with a reader that takes one record after
// another, as libxc does.
func TestRecorded(t *testing.T) {
	recorded(t, func(t *testing.T, r io.Reader) {
		head, err := ReadXLHeader(r)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(head.Config, []byte(`"c_info"`)) {
			t.Errorf("no configuration in %.60q", head.Config)
		}
		s := NewScanner(func(e Event) {
			t.Logf("%s %d at %d: %d pages, %d bytes", e.Kind, e.Pass, e.Offset, e.Stats.Pages, e.Stats.Bytes)
		})
		plain, err := readPlainly(io.TeeReader(r, s), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if rest, err := io.ReadAll(r); err != nil || len(rest) != 0 && string(rest) != xlGo {
			t.Errorf("%d bytes follow the stream, %.60q (%v)", len(rest), rest, err)
		}
		st := s.Stats()
		if st.Pages() != plain.pages || st.Bytes != plain.bytes || len(st.Passes) < 2 {
			t.Errorf("%d pages in %d passes, %d bytes; read plainly: %d pages, %d bytes", st.Pages(), len(st.Passes), st.Bytes, plain.pages, plain.bytes)
		}
		t.Logf("%+v", st)
	})
}

// TestTrimRecorded makes testdata/redis-trimmed.stream.gz anew with -update.
func TestTrimRecorded(t *testing.T) {
	if !*update {
		t.Skip("only with -update")
	}
	recorded(t, func(t *testing.T, r io.Reader) {
		if _, err := ReadXLHeader(r); err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		z, err := gzip.NewWriterLevel(&file, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readPlainly(r, z); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(z.Close(), os.WriteFile("testdata/redis-trimmed.stream.gz", file.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
	})
}

type plainStats struct {
	pages uint64
	bytes int64
}

// plainReader reads a plain stream in the simplest way, and writes a stream
// with fewer and empty pages to trim, if that is not nil.
type plainReader struct {
	r       io.Reader
	trim    io.Writer
	stats   plainStats
	lastPFN uint64
	index   int // of the PAGE_DATA record in its pass
}

func readPlainly(r io.Reader, trim io.Writer) (plainStats, error) {
	if trim == nil {
		trim = io.Discard
	}
	p := &plainReader{r: r, trim: trim, lastPFN: 1 << 60}
	err := p.copy(16) // libxl header
	for layer := 0; err == nil && layer < 3; {
		var head, body []byte
		if head, err = p.read(8); err != nil {
			break
		}
		t, n := le.Uint32(head), le.Uint32(head[4:])
		if body, err = p.read(int(n+7) &^ 7); err != nil {
			break
		}
		switch {
		case layer == 0: // LIBXC_CONTEXT, then libxc's two headers
			layer = 1
			p.keep(head)
			err = p.copy(24 + 16)
			continue
		case layer == 1 && t == 1:
			p.pages(body)
			continue
		case t == 0:
			layer++
		}
		p.keep(head)
		p.keep(body)
	}
	if err != nil {
		return p.stats, fmt.Errorf("after %d bytes: %w", p.stats.bytes, err)
	}
	return p.stats, nil
}

func (p *plainReader) read(n int) ([]byte, error) {
	b := make([]byte, n)
	m, err := io.ReadFull(p.r, b)
	p.stats.bytes += int64(m)
	return b, err
}

func (p *plainReader) copy(n int) error {
	b, err := p.read(n)
	p.keep(b)
	return err
}

func (p *plainReader) keep(b []byte) {
	if _, err := p.trim.Write(b); err != nil {
		panic(err) // a buffer in memory
	}
}

// pages counts the pages with data, and keeps of each pass its first two
// records and then one of 200, of these three pages, without their contents.
func (p *plainReader) pages(body []byte) {
	count := int(le.Uint32(body))
	var entries []uint64
	with, without := 0, 0
	for i := range count {
		e := le.Uint64(body[8+8*i:])
		if e>>60 < 0xd {
			p.stats.pages++
			if with++; with <= 2 {
				entries = append(entries, e)
			}
		} else if without++; without == 1 {
			entries = append(entries, e)
		}
	}
	if first := le.Uint64(body[8:]) & (1<<52 - 1); first <= p.lastPFN {
		p.index = 0
	}
	p.lastPFN = le.Uint64(body[8*count:]) & (1<<52 - 1)
	if p.index < 2 || p.index%200 == 0 {
		p.keep(*new(builder).pages(entries...))
	}
	p.index++
}
