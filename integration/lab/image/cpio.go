package image

import (
	"fmt"
	"io"
)

// cpioWriter writes the "newc" archive that Linux unpacks as its initial ramdisk
// (Documentation/driver-api/early-userspace/buffer-format.rst in the kernel's source). Every entry belongs to
// root and has no time stamp, so that equal content gives equal bytes.
type cpioWriter struct {
	w   io.Writer
	ino int
	err error
}

// Modes of the entries: file type and permissions as in stat(2).
const (
	cpioDir  = 0o040755
	cpioExec = 0o100755
	cpioFile = 0o100644
	cpioLink = 0o120777
	cpioChar = 0o020600
)

// Dir adds an empty directory; a parent has to come before its children.
func (c *cpioWriter) Dir(name string) { c.entry(name, cpioDir, nil, 0, 0) }

// File adds a regular file; mode is cpioFile or cpioExec.
func (c *cpioWriter) File(name string, mode int, data []byte) { c.entry(name, mode, data, 0, 0) }

// Symlink adds a symbolic link to target.
func (c *cpioWriter) Symlink(name, target string) { c.entry(name, cpioLink, []byte(target), 0, 0) }

// CharDev adds a character device node.
func (c *cpioWriter) CharDev(name string, major, minor int) {
	c.entry(name, cpioChar, nil, major, minor)
}

// Close writes the trailer and returns the first error of any call.
func (c *cpioWriter) Close() error {
	c.ino = -1
	c.entry("TRAILER!!!", 0, nil, 0, 0)
	return c.err
}

func (c *cpioWriter) entry(name string, mode int, data []byte, major, minor int) {
	if c.err != nil {
		return
	}
	c.ino++
	head := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
		c.ino, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name)+1, 0, name)
	c.padded([]byte(head))
	c.padded(data)
}

// padded writes p and zeros up to the next multiple of four.
func (c *cpioWriter) padded(p []byte) {
	if c.err != nil {
		return
	}
	if _, c.err = c.w.Write(p); c.err != nil {
		return
	}
	if n := len(p) % 4; n != 0 {
		_, c.err = c.w.Write(make([]byte, 4-n))
	}
}
