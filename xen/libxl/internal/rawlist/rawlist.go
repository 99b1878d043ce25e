// Package rawlist lists domains by libxl alone, in C: what the binding's time is
// compared with. Only tests import it.
package rawlist

// #cgo LDFLAGS: -lxenlight
// #include "rawlist.h"
import "C"

import (
	"errors"
	"time"
	"unsafe"
)

// Domains lists all domains rounds times with a libxl_ctx, and returns how many there are
// and what one round took.
func Domains(ctx unsafe.Pointer, rounds int) (int, time.Duration, error) {
	var ns C.int64_t
	n := C.rawlist_domains(ctx, C.int(rounds), &ns)
	if n < 0 {
		return 0, 0, errors.New("libxl_list_domain fails")
	}
	return int(n), time.Duration(ns) / time.Duration(rounds), nil
}
