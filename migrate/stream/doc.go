// Package stream reads, checks and writes Xen's own migration formats: what
// libxl_domain_suspend writes to its file descriptor and libxl_domain_create_restore
// reads, and the save files of xl.
//
// The layers lie in one another, see docs/streams.md for their octets:
//
//	xl save header          XLHeader              only in save files and between two xl
//	 libxl stream, v2       LibxlHeader, records  one LIBXC_CONTEXT record, then
//	  libxc stream, v2, v3  ImageHeader, records  memory and device state, inline
//	   HVM context          HVMRecord             Xen's own records, in HVM_CONTEXT
//
// A Scanner follows a stream that passes by. It changes nothing and keeps nothing of
// it, so that a relay can say which pass over memory is being sent, and can tell a whole
// stream from one that was cut off. It is the only one that knows the grammar; the
// others ask it. A Reader gives a stream record by record, a Writer takes it so, and
// what goes through both has the same bytes. Verify, Inspect and ExtractPage are for
// files.
//
// A Scanner refuses what Xen refuses, and takes what Xen takes, also of a newer
// release. NewVerifier makes one that holds to every rule of the specifications: see
// Rules.
//
// The package is pure Go. What it reads is hostile: every length is checked
// against what the record can be before anything is made of it.
package stream
