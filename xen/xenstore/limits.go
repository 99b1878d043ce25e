package xenstore

import (
	"strings"
	"syscall"
)

// Limits of the protocol in bytes (xen/include/public/io/xs_wire.h). Xenstored ends the
// connection over a payload that is too long.
const (
	payloadMax = 4096
	absPathMax = 3072
	relPathMax = 2048
)

// maxDomID is the highest domain id (domid_t). Xenstored does not notice larger ones.
const maxDomID = 1<<16 - 1

// checkPath refuses paths that cannot cross: C would cut them at a NUL.
func checkPath(path string) error {
	limit := relPathMax
	if strings.HasPrefix(path, "/") {
		limit = absPathMax
	}
	switch {
	case len(path) > limit:
		return &SizeError{What: "path", Size: len(path), Limit: limit}
	case strings.IndexByte(path, 0) >= 0:
		return syscall.EINVAL
	}
	return nil
}

// checkPayload refuses what does not fit beside the path and its NUL.
func checkPayload(path, what string, size int) error {
	if limit := payloadMax - len(path) - 1; size > limit {
		return &SizeError{What: what, Size: size, Limit: limit}
	}
	return nil
}
