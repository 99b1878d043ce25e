package libxl

import (
	"os"
	"syscall"
	"testing"
)

// redirect makes descriptor fd a copy of f's, until the function that it returns is called.
func redirect(t *testing.T, fd int, f *os.File) func() {
	t.Helper()
	saved, err := syscall.Dup(fd)
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(saved)
	if err := syscall.Dup3(int(f.Fd()), fd, 0); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := syscall.Dup3(saved, fd, 0); err != nil {
			t.Fatal(err)
		}
		syscall.Close(saved)
	}
}
