package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/xenvoy/xenvoy/migrate"
)

// bar shows a migration's progress: one line drawn anew on a terminal; elsewhere
// a plain line for each step and pass, and every plainEvery in between.
type bar struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	name     string
	columns  func() int // of the terminal
	width    int        // of the line that stands on the terminal
	last     migrate.Progress
	lastAt   time.Time
}

const plainEvery = 5 * time.Second

func newBar(w io.Writer, terminal bool, name string) *bar {
	return &bar{w: w, terminal: terminal, name: name, columns: func() int { return columnsOf(w) }}
}

// columnsOf is the width of the terminal that w is, 80 when it does not tell.
func columnsOf(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 80
}

func (b *bar) show(p migrate.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	line := b.name + ": " + progressLine(p, b.terminal)
	switch {
	case b.terminal:
		text := []rune(line)
		if room := max(1, b.columns()-1); len(text) > room {
			text = text[:room] // a line that wraps could not be drawn anew
		}
		pad := max(0, b.width-len(text))
		fmt.Fprintf(b.w, "\r%s%s", string(text), strings.Repeat(" ", pad))
		b.width = len(text)
	case p.Step != b.last.Step || p.Pass != b.last.Pass || time.Since(b.lastAt) >= plainEvery:
		fmt.Fprintln(b.w, line)
		b.lastAt = time.Now()
	}
	b.last = p
}

// clear takes the bar off the terminal so that the report stands alone.
func (b *bar) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.terminal && b.width > 0 {
		fmt.Fprintf(b.w, "\r%s\r", strings.Repeat(" ", b.width))
		b.width = 0
	}
}

// progressLine is the state of a migration in one line.
func progressLine(p migrate.Progress, graphic bool) string {
	line := fmt.Sprintf("step %d/%d %s", p.Step, migrate.StepRetire, p.Step)
	if p.Pass == 0 || p.Step > migrate.StepFinalPages {
		return line
	}
	done := 0.0
	if p.Total > 0 {
		done = min(1, float64(p.Done)/float64(p.Total))
	}
	line += fmt.Sprintf("  pass %d ", p.Pass)
	if graphic {
		const cells = 20
		n := int(done * cells)
		line += "[" + strings.Repeat("#", n) + strings.Repeat(".", cells-n) + "] "
	}
	line += fmt.Sprintf("%3.0f%%  %d/%d pages  %.1f MB sent  %.1f MB/s", done*100, p.Done, p.Total, float64(p.Bytes)/1e6, p.Rate/1e6)
	if p.DirtyRate > 0 {
		line += fmt.Sprintf("  dirty %.0f pages/s", p.DirtyRate)
	}
	if p.ETA > 0 {
		line += fmt.Sprintf("  pass ends in %s", p.ETA.Round(time.Second))
	}
	return line
}
