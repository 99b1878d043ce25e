package packed

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/xenvoy/xenvoy/migrate/stream"
	"github.com/xenvoy/xenvoy/toolstack/durable"
)

// Errors of PackFile and UnpackFile.
var (
	ErrPacked    = errors.New("it is compressed already")
	ErrNotPacked = errors.New("it is not compressed")
)

// Repacked is what became of a save file.
type Repacked struct {
	In       string `json:"in"`
	Out      string `json:"out"`
	InBytes  int64  `json:"in_bytes"`
	OutBytes int64  `json:"out_bytes"`
	DryRun   bool   `json:"dry_run"` // nothing was written
}

// PackFile compresses a save file into another. That is there as a whole or not at all; with
// dryRun nothing is written. The error is ErrPacked, a *stream.Error for a file that is cut off or
// no save file, or the file system's.
func PackFile(ctx context.Context, from, to string, dryRun bool) (Repacked, error) {
	return repack(ctx, from, to, dryRun, func(in io.Reader, was bool, out io.Writer) error {
		if was {
			return ErrPacked
		}
		w, err := NewWriter(out)
		if err != nil {
			return err
		}
		return errors.Join(copyState(w, in), w.Close())
	})
}

// UnpackFile is the reverse: it makes a file that xl reads. The error is ErrNotPacked, ErrDamaged, or one of
// PackFile's.
func UnpackFile(ctx context.Context, from, to string, dryRun bool) (Repacked, error) {
	return repack(ctx, from, to, dryRun, func(in io.Reader, was bool, out io.Writer) error {
		if !was {
			return ErrNotPacked
		}
		return copyState(out, in)
	})
}

// copyState copies a save file, and makes sure that it is a whole one.
func copyState(w io.Writer, r io.Reader) error {
	r = io.TeeReader(r, w)
	if _, err := stream.ReadXLHeader(r); err != nil {
		return err
	}
	scan := stream.NewScanner(nil)
	if _, err := io.Copy(scan, r); err != nil {
		return err
	}
	return scan.Close()
}

func repack(ctx context.Context, from, to string, dryRun bool, do func(io.Reader, bool, io.Writer) error) (Repacked, error) {
	f, err := os.Open(from)
	if err != nil {
		return Repacked{}, err
	}
	defer f.Close()
	read, write := counter{ctx: ctx, r: f}, counter{w: io.Discard}
	in, was, err := Open(&read)
	if err != nil {
		return Repacked{}, err
	}
	defer in.Close()
	var out *durable.File
	if !dryRun {
		if out, err = durable.Create(to, 0o600); err != nil { // it has all that the guest knows
			return Repacked{}, err
		}
		defer out.Discard()
		write.w = out
	}
	if err = do(in, was, &write); err == nil && out != nil {
		err = out.Commit()
	}
	return Repacked{In: from, Out: to, InBytes: read.n, OutBytes: write.n, DryRun: dryRun}, err
}

// counter counts what passes through it. Reading ends with ctx.
type counter struct {
	ctx context.Context
	r   io.Reader
	w   io.Writer
	n   int64
}

func (c *counter) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
