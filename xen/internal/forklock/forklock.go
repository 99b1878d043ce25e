//go:build cgo

// Package forklock makes it safe that libxl forks while other threads call the hypervisor.
//
// libxencall keeps freed hypercall buffers in a cache behind one mutex (cache_mutex, in Xen's
// tools/libs/call/buffer.c) and does nothing about it at a fork. A child that is born while
// another thread holds the mutex waits for it for ever with its first hypercall; libxl's child
// that destroys a domain is such a child, and then that domain is never gone. xl has one thread
// and does not see it.
//
// Here the functions that take the mutex stand before libxencall's own in the program, behind
// a lock that a fork takes first. Whoever links libxenctrl imports this package.
package forklock

// #cgo LDFLAGS: -lxencall
import "C"
