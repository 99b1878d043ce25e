package wan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Version of the frame protocol. Ends of different versions refuse each other.
const Version = 1

// greeting is what each side sends first: 16 bytes that no shell prints by
// chance, the last two the version (big endian).
var greeting = [16]byte{'X', 'e', 'n', 'v', 'o', 'y', ' ', 'm', 'o', 'v', 'e', '\r', '\n', 0, Version >> 8, Version & 0xff}

// ErrNoPeer says that the other side does not speak this protocol.
var ErrNoPeer = errors.New("the other side does not answer as xenvoy migrate-receive")

// maxNoise is how much of a wrong greeting an error quotes, in bytes.
const maxNoise = 200

// Greet sends our greeting and reads the peer's. When something else arrives,
// the error matches ErrNoPeer and quotes it: a login banner, a shell's message.
func (c *Conn) Greet() error {
	sent := make(chan error, 1)
	go func() {
		c.sendMu.Lock()
		defer c.sendMu.Unlock()
		_, err := c.rw.Write(greeting[:])
		sent <- err
	}()
	err := c.readGreeting()
	if err != nil {
		c.shut() // lets the writer go when nobody reads
		<-sent
		return err
	}
	return c.why(<-sent)
}

func (c *Conn) readGreeting() error {
	var got [len(greeting)]byte
	n, err := io.ReadFull(heardReader{c}, got[:])
	if !bytes.Equal(got[:min(n, 14)], greeting[:min(n, 14)]) || (err != nil && n > 0) {
		return fmt.Errorf("%w: it sent %q", ErrNoPeer, c.noise(got[:n]))
	}
	if err != nil {
		return c.why(err)
	}
	if v := int(got[14])<<8 | int(got[15]); v != Version {
		return fmt.Errorf("%w: it speaks version %d, this side version %d", ErrNoPeer, v, Version)
	}
	return nil
}

// noise gives what arrived in place of a greeting. A peer that prints text
// usually ends after it, but nothing waits for that: it takes what is there.
func (c *Conn) noise(start []byte) []byte {
	more := make([]byte, maxNoise-len(start))
	if bytes.IndexByte(start, '\n') < 0 && len(start) == len(greeting) {
		n, _ := c.rw.Read(more)
		start = append(bytes.Clone(start), more[:n]...)
	}
	line, _, _ := bytes.Cut(start, []byte("\n"))
	return line
}
