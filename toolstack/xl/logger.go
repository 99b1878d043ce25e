package xl

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxl"
)

// A logger prints what libxl says as xl does (tools/libs/toollog/xtl_logger_stdio.c). It is
// used by one goroutine.
type logger struct {
	w     io.Writer
	s     *Session
	g     global
	last  int // percent of the progress that was shown last
	width int // of the progress that stands on the last line
}

// logger is for a command's session.
func (p *Program) logger(s *Session, g global) func(libxl.Record) {
	return (&logger{w: p.Stderr, s: s, g: g}).print
}

func (l *logger) print(r libxl.Record) {
	if r.Progress != nil {
		l.progress(r)
		return
	}
	l.message(r.Level, r, r.Text)
}

func (l *logger) message(level libxl.Level, r libxl.Record, text string) {
	if level < l.g.level {
		return
	}
	var b strings.Builder
	if l.width > 0 {
		fmt.Fprintf(&b, "\r%*s\r", l.width, "")
	}
	if l.g.times {
		fmt.Fprintf(&b, "%s [%d] ", time.Now().Format("2006-01-02 15:04:05 MST"), os.Getpid())
	}
	if r.Context != "" {
		b.WriteString(r.Context + ": ")
	}
	fmt.Fprintf(&b, "%v: %s", level, text)
	if r.Errno >= 0 && r.Progress == nil {
		b.WriteString(": " + Strerror(syscall.Errno(r.Errno)))
	}
	fmt.Fprintln(l.w, b.String())
}

// progress shows each step of a length of 5 percent, and others to who wants to see details.
func (l *logger) progress(r libxl.Record) {
	percent := r.Progress.Percent
	level := libxl.LevelProgress
	switch {
	case l.s.hidden.Load() || percent == l.last:
		return
	case percent > l.last && percent < l.last+5:
		level = libxl.LevelDetail
	}
	if level < l.g.level {
		return
	}
	l.last = percent
	text := fmt.Sprintf("%s: %d/%d  %3d%%", r.Progress.Doing, r.Progress.Done, r.Progress.Total, percent)
	if !l.g.progress {
		l.message(level, r, text)
		return
	}
	if r.Context != "" {
		text = r.Context + ": " + text
	}
	end := ""
	if r.Progress.Done == r.Progress.Total {
		end = "\n"
	}
	fmt.Fprintf(l.w, "\r%-*s%s", l.width, text, end)
	l.width = len(text)
}

// Strerror is an error of the system in the words of C's strerror.
func Strerror(err syscall.Errno) string {
	if err == 0 {
		return "Success"
	}
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}
