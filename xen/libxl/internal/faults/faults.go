//go:build amd64

// Package faults lets tests make each C function that package libxl binds fail once.
//
// It defines functions of the same names; the linker takes these rather than libxl's.
// Each jumps to libxl's own unless it is armed. Only tests import it.
package faults

// #include "faults.h"
import "C"

import (
	"fmt"
	"unsafe"
)

//go:generate go run ./gen -from ../.. -o functions_gen.h

// Arm makes the next call of the C function return failure without reaching libxl: -3
// (ERROR_FAIL), a null pointer, or what else its kind of function has for it. The error says
// that the function is not one of those that can fail.
func Arm(name string) error {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	if C.faults_arm(s) != 0 {
		return fmt.Errorf("%s cannot be made to fail", name)
	}
	return nil
}

// Disarm disarms all functions, and returns how often armed ones were called.
func Disarm() int { return int(C.faults_disarm()) }

// Names lists the functions that can be armed.
func Names() []string {
	var names []string
	for i := C.int(0); ; i++ {
		s := C.faults_name(i)
		if s == nil {
			return names
		}
		names = append(names, C.GoString(s))
	}
}
