// Package processtest tells tests of their own process: what it prints, and what it holds.
// Only tests import it.
package processtest

import (
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Descriptors counts the process's file descriptors.
func Descriptors(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

// WaitGoroutines waits until no more than n goroutines are left: one that has said that it
// is done still needs a moment to end.
func WaitGoroutines(t *testing.T, n int) {
	t.Helper()
	for range 1000 {
		if runtime.NumGoroutine() <= n {
			return
		}
		time.Sleep(time.Millisecond)
	}
	buf := make([]byte, 1<<16)
	t.Errorf("%d goroutines before, %d now:\n%s", n, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
}

// Printed returns what f writes to os.Stdout.
func Printed(t *testing.T, f func()) string {
	t.Helper()
	return written(t, func(file *os.File) {
		stdout := os.Stdout
		os.Stdout = file
		defer func() { os.Stdout = stdout }()
		f()
	})
}

// Stderr returns what reaches file descriptor 2 while f runs, C included.
func Stderr(t *testing.T, f func()) string {
	t.Helper()
	return written(t, func(file *os.File) {
		saved, err := syscall.Dup(2)
		if err != nil {
			t.Fatal(err)
		}
		syscall.CloseOnExec(saved)
		defer syscall.Close(saved)
		if err := syscall.Dup3(int(file.Fd()), 2, 0); err != nil {
			t.Fatal(err)
		}
		defer syscall.Dup3(saved, 2, 0)
		f()
	})
}

// written returns what f writes to the file that it is given.
func written(t *testing.T, f func(*os.File)) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "written")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	f(file)
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
