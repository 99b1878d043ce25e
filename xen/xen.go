// Package xen and the packages below it bind the hypervisor's C libraries. They
// are the only ones of this module that use cgo.
package xen

import "errors"

// ErrNoHypervisor says that this machine does not run Xen, or not as the domain
// that controls it.
var ErrNoHypervisor = errors.New("no Xen hypervisor that this machine controls")

// ErrNoXenstored says that xenstored does not run: nobody listens where it should.
var ErrNoXenstored = errors.New("xenstored does not run")

// ErrNotSupported says that the installed Xen libraries lack what was asked.
var ErrNotSupported = errors.New("not supported by the installed Xen libraries")

// ErrOtherRelease says that the hypervisor is of another release than the Xen libraries
// that this program was built with. They do not work together.
var ErrOtherRelease = errors.New("the hypervisor and this program are of different Xen releases")

// ErrNoCgo says that this program was built without cgo, and so has none of Xen's libraries.
// Errors of xen/libxl, xen/libxc and xen/xenstore that match it match ErrNoHypervisor too.
var ErrNoCgo = errors.New("this program was built without cgo and Xen's libraries")
