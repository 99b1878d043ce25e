package stream

import (
	"bytes"
	"crypto/sha256"
	"io"
	"os"
	"runtime"
	"testing"
	"time"
)

// synthetic is a stream of live passes made in memory: 128 MiB in records of 1024
// pages, as libxc writes them, again and again.
func synthetic() io.Reader {
	entries := make([]uint64, 1024)
	for i := range entries {
		entries[i] = uint64(i)
	}
	head := *new(builder).libxlHeader().rec(1, 0).libxcHeader(2, 2)
	record := *new(builder).pages(entries...)
	end := *new(builder).rec(9, 64).rec(0, 0).rec(0, 0)
	parts := []io.Reader{bytes.NewReader(head)}
	for range 128 {
		parts = append(parts, bytes.NewReader(record))
	}
	return struct{ io.Reader }{io.MultiReader(append(parts, bytes.NewReader(end))...)}
}

// TestRewriteOfRecorded compares digests: what XENVOY_STREAM names is written as it was read.
func TestRewriteOfRecorded(t *testing.T) {
	path := os.Getenv("XENVOY_STREAM")
	if path == "" {
		t.Skip("XENVOY_STREAM names no recorded stream; they are too large to be kept with the source")
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, err := Verify(f, ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	read, wrote := sha256.New(), sha256.New()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if err := Rewrite(wrote, io.TeeReader(io.LimitReader(f, v.Bytes), read), ReaderOptions{Strict: true}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read.Sum(nil), wrote.Sum(nil)) {
		t.Error("the copy differs")
	}
	t.Logf("%+v, sha256 of both %x", v, wrote.Sum(nil))
}

// onlyWriter hides the methods by which io.Copy would avoid the buffer.
type onlyWriter struct{ io.Writer }

// BenchmarkRewrite reads a stream and writes it anew, to nowhere. "ratio" is its
// throughput by that of io.CopyBuffer, which copies the same bytes in the same run with
// a buffer of the same size and understands none of them; "heap-MB" all memory that
// was ever taken for one stream, which bounds the peak.
//
// XENVOY_STREAM names a recorded stream, unpacked: see docs/streams.md.
func BenchmarkRewrite(b *testing.B) {
	b.Run("synthetic", func(b *testing.B) {
		benchmarkRewrite(b, synthetic)
	})
	b.Run("recorded", func(b *testing.B) {
		path := os.Getenv("XENVOY_STREAM")
		if path == "" {
			b.Skip("XENVOY_STREAM names no recorded stream; they are too large to be kept with the source")
		}
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { f.Close() })
		benchmarkRewrite(b, func() io.Reader {
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				b.Fatal(err)
			}
			return struct{ io.Reader }{f}
		})
	})
}

func benchmarkRewrite(b *testing.B, open func() io.Reader) {
	size, err := io.Copy(io.Discard, open())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	var rewriting, copying time.Duration
	var before, after runtime.MemStats
	var heap uint64
	for b.Loop() {
		in := open()
		runtime.ReadMemStats(&before)
		start := time.Now()
		if err := Rewrite(onlyWriter{io.Discard}, in, ReaderOptions{}); err != nil {
			b.Fatal(err)
		}
		rewriting += time.Since(start)
		runtime.ReadMemStats(&after)
		heap = max(heap, after.TotalAlloc-before.TotalAlloc)
		b.StopTimer()
		start = time.Now()
		if _, err := io.CopyBuffer(onlyWriter{io.Discard}, open(), make([]byte, readerBuffer)); err != nil {
			b.Fatal(err)
		}
		copying += time.Since(start)
		b.StartTimer()
	}
	b.ReportMetric(float64(copying)/float64(rewriting), "ratio")
	b.ReportMetric(float64(heap)/(1<<20), "heap-MB")
}
