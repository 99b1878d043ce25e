package xl

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl"
)

func TestLoggerShowsProgressInSteps(t *testing.T) {
	var b bytes.Buffer
	p := &Program{Stderr: &b}
	s := &Session{}
	log := p.logger(s, global{level: libxl.LevelProgress})
	frames := func(percent int) libxl.Record {
		return libxl.Record{Level: libxl.LevelProgress, Context: "xc", Text: "Frames", Errno: -1, Progress: &libxl.Progress{Doing: "Frames", Percent: percent, Done: uint64(percent), Total: 100}}
	}
	for percent := range 12 {
		log(frames(percent))
	}
	log(frames(3)) // the next pass
	s.HideProgress(true)
	log(frames(50))
	const want = "xc: progress: Frames: 5/100    5%\nxc: progress: Frames: 10/100   10%\nxc: progress: Frames: 3/100    3%\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestLoggerDrawsProgressAnew(t *testing.T) {
	var b bytes.Buffer
	log := (&Program{Stderr: &b}).logger(&Session{}, global{level: libxl.LevelProgress, progress: true})
	for _, done := range []uint64{50, 100} {
		log(libxl.Record{Level: libxl.LevelProgress, Context: "xc", Errno: -1, Progress: &libxl.Progress{Doing: "Frames", Percent: int(done), Done: done, Total: 100}})
	}
	log(libxl.Record{Level: libxl.LevelError, Context: "libxl", Text: "no", Errno: 2})
	const want = "\rxc: Frames: 50/100   50%\rxc: Frames: 100/100  100%\n\r"
	if got := b.String(); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "\rlibxl: error: no: No such file or directory\n") {
		t.Errorf("%q", got)
	}
}

func TestLoggerMindsTheLevelAndTheTime(t *testing.T) {
	var b bytes.Buffer
	log := (&Program{Stderr: &b}).logger(&Session{}, global{level: libxl.LevelInfo, times: true})
	log(libxl.Record{Level: libxl.LevelDetail, Context: "xc", Text: "hidden", Errno: -1})
	log(libxl.Record{Level: libxl.LevelInfo, Context: "xc", Text: "shown", Errno: -1})
	if got := b.String(); strings.Contains(got, "hidden") || !strings.HasPrefix(got, "20") || !strings.HasSuffix(got, "] xc: info: shown\n") {
		t.Errorf("%q", got)
	}
}
