// Package hypercall asks the hypervisor itself, through the kernel's privcmd device and
// without Xen's libraries: for what a program must be able to do that is built without cgo
// and so runs on a host of any release, and for what must not wait for twenty libraries
// to be loaded. It is no second libxenctrl: it looks, and changes nothing.
//
// Structures are those of xen/include/public, which are the same from 4.17 to 4.20
// (layout_test.go compares them with the installed headers). A hypervisor that counts
// another version of the interface refuses the call, and gets an error that matches
// xen.ErrOtherRelease.
package hypercall
