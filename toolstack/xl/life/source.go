package life

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
)

// FileAndLines sorts the operands of create and config-update: each with a "=" in it is a line of
// the configuration, one without is the file, which option can name too. A second file is an
// error.
func FileAndLines(words []string, option string) (file string, lines []string, err error) {
	file = option
	for _, word := range words {
		switch {
		case strings.Contains(word, "="):
			lines = append(lines, word)
		case file == "":
			file = word
		default:
			return "", nil, fmt.Errorf("more than one configuration file: %q and %q", file, word)
		}
	}
	return file, lines, nil
}

// devNull as a domain file says that all is on the command line.
const devNull = "/dev/null"

// ReadSource is the text of a domain file. It reads little more than the language takes, which
// then says that the file is too large. The error is a *Failure with the status.
func ReadSource(file string, status int) ([]byte, error) {
	var text []byte
	if file != devNull {
		f, err := domcfg.Open(file)
		if err == nil {
			defer f.Close()
			text, err = io.ReadAll(io.LimitReader(f, xlcfg.MaxFileBytes+1))
		}
		if err != nil {
			f := xl.Failf(status, "Failed to read config file: %s: %s", file, reason(err))
			f.Err = err
			return nil, f
		}
	}
	return text, nil
}

// LinesOf is the words of a command line as the end of a domain file, as xl writes it.
func LinesOf(words []string) []byte {
	if len(words) == 0 {
		return nil
	}
	return []byte(strings.Join(words, "\n") + "\n\n")
}

// reason is the system's words for an error, as C's strerror has them.
func reason(err error) string {
	var number syscall.Errno
	if !errors.As(err, &number) {
		return err.Error()
	}
	return xl.Strerror(number)
}

// The statuses of create for failures that libxl has no part in: its codes with the other sign.
const (
	statusFail  = -int(libxl.ErrFail)
	statusInval = -int(libxl.ErrInval)
)
