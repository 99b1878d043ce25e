package life

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
)

// Created is what xenvoy tells of a domain that it has created or restored.
type Created struct {
	Name string `json:"name"`
	ID   uint32 `json:"id"`
	UUID string `json:"uuid"`
}

// String is the same in words.
func (r Created) String() string { return fmt.Sprintf("created %s, domain %d", r.Name, r.ID) }

// Saved is what xenvoy tells of a domain that it has saved.
type Saved struct {
	Name  string `json:"name"`
	ID    uint32 `json:"id"`
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
	State string `json:"state"` // what became of the guest: running, paused or destroyed

	Compressed bool    `json:"compressed"`
	Content    int64   `json:"content_bytes"` // before compression
	Took       float64 `json:"took_s"`        // until the file was safe on disk
	Rate       float64 `json:"bytes_per_s"`   // of the content
}

// savedIn is what is told of a file and the time that it took.
func savedIn(f *stateWriter, took time.Duration) Saved {
	r := Saved{Bytes: f.file.Size(), Compressed: f.pack != nil, Content: f.raw, Took: took.Round(time.Millisecond).Seconds()}
	if s := took.Seconds(); s > 0 {
		r.Rate = math.Round(float64(r.Content) / s)
	}
	return r
}

// String is the same in words.
func (r Saved) String() string {
	size := fmt.Sprintf("%d bytes", r.Bytes)
	if r.Compressed {
		size += fmt.Sprintf(" of %d (%.0f%%)", r.Content, 100*float64(r.Bytes)/float64(max(r.Content, 1)))
	}
	return fmt.Sprintf("saved %s, domain %d, in %s: %s in %.1f s, %.1f MB/s; the guest is %s", r.Name, r.ID, r.File, size, r.Took, r.Rate/1e6, r.State)
}

// tell prints what a command has done, where xl would say nothing.
func tell(c *xl.Call, report fmt.Stringer) error {
	if !c.Strict {
		return nil
	}
	return c.Print(report, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, report)
		return err
	})
}

// say prints on standard error what xl says there of what it does.
func say(c *xl.Call, format string, args ...any) {
	if !c.Strict {
		c.Warnf(format, args...)
	}
}

// progress shows how far libxl is. xl has libxl's own lines for that.
func progress(c *xl.Call, what string) (show func(libxl.Progress), clear func()) {
	if c.Progress == nil || !c.Strict {
		return nil, func() {}
	}
	return c.Progress(what)
}
