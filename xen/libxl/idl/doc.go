// Package idl holds libxl's data types in Go, with the JSON that libxl itself
// writes and reads (libxl_X_to_json, libxl_X_from_json). It is pure Go: it needs
// neither Xen nor a C compiler.
//
// The types follow the C structures member by member; the json tags are libxl's
// names. Some rules hold for all of them:
//
//   - What is unset is left out of the JSON, and libxl then uses its own default.
//     For most members unset is Go's zero value. Where zero is a value of its own
//     and the default is another one, the member is a pointer and nil means unset.
//   - A NULL string and an empty one are the same here: both are "", and left out.
//   - A keyed union is a set of pointers, of which at most one is set, such as
//     DomainBuildInfo.TypeHVM; the method named after the key tells which.
//     Encoding and decoding refuse more than one: libxl would abort the process.
//   - Numbers have the width of the C type, so that a value that C would
//     truncate is an error when it is decoded.
//
// The types are the union of what several releases of Xen have. A member that came after
// the oldest of them has a tag with its release, such as xen:"4.20"; a value of an
// enumeration or a structure that did, a method Since. [Newer] finds what a value needs.
//
// The types rest on tools/libs/light/libxl_types.idl of those releases (the generator's
// data names them); the JSON rules on gentypes.py and libxl_json.c there.
package idl

//go:generate go run ../internal/idlgen -o .
