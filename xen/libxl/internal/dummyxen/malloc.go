package dummyxen

// #include <stdlib.h>
import "C"

// FreshByte returns what lies in memory that comes from malloc: what the C library was
// told to fill it with, at random otherwise.
func FreshByte() byte {
	p := C.malloc(64)
	defer C.free(p)
	return *(*byte)(p)
}
