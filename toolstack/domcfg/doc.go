// Package domcfg is the desired state of a domain: what the user wrote, read
// strictly and checked before anything on a host is touched.
//
// A domain file is one YAML document; docs/domain-file.md lists its keys. The
// schema (schema.go, link.go) is a table: the reader, the check which guest types
// a key applies to, the suggestions for mistyped keys, the way to libxl's
// configuration and back, the reference page and the JSON Schema all come from it.
//
// What no key says is said in libxl's own words, see Overlay, so that a domain
// file can say all that libxl can be given: see FromLibxl.
//
// Parse reports every error of a file at once, each with file, line and
// column. The position of each value is kept, so that errors found later, on a
// host ("no such file"), can point at the same place: see Domain.Pos.
//
// The package is pure Go and needs no Xen: files are read and checked
// anywhere. Domain.LibxlConfig gives the configuration that `xl create` would
// hand to libxl for the same guest.
package domcfg
