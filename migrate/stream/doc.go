// Package stream reads Xen's own migration formats: what libxl_domain_suspend
// writes to its file descriptor and libxl_domain_create_restore reads.
//
// Three layers lie in one another, see docs/streams.md for their octets:
//
//	xl save header          ReadXLHeader    only in save files and between two xl
//	 libxl stream, v2       Scanner         one LIBXC_CONTEXT record, then
//	  libxc stream, v2, v3  Scanner         memory and device state, inline
//
// A Scanner looks at a stream that passes by. It changes nothing and keeps
// nothing of it, so that a relay can say which pass over memory is being sent,
// and can tell a whole stream from one that was cut off.
//
// The package is pure Go. What it reads is hostile: every length is checked
// against what the record can be before anything is made of it.
package stream
