package life

import (
	"fmt"
	"io"

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
}

// String is the same in words.
func (r Saved) String() string {
	return fmt.Sprintf("saved %s, domain %d, in %s: %d bytes; the guest is %s", r.Name, r.ID, r.File, r.Bytes, r.State)
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
