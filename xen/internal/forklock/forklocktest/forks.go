//go:build cgo

// Package forklocktest forks while other threads use hypercall buffers, on a real Xen.
package forklocktest

// #cgo LDFLAGS: -lxenctrl
// #include "forks.h"
import "C"

import (
	"fmt"
	"syscall"
)

// Hung forks children, each of which takes a hypercall buffer, while busy threads do the same,
// and counts those that had not ended after some seconds. The error is for a machine where
// this cannot be tried.
func Hung(children, busy int) (int, error) {
	n := C.hung(C.int(children), C.int(busy))
	if n < 0 {
		return 0, fmt.Errorf("fork with hypercall buffers in use: %w", syscall.Errno(-n))
	}
	return int(n), nil
}
