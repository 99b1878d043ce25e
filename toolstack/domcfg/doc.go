// Package domcfg is the desired state of a domain: what the user wrote, read
// strictly and checked before anything on a host is touched.
//
// A domain file is one YAML document; docs/domain-file.md lists its keys. The
// schema (schema.go) is a table: the reader, the check which guest types a key
// applies to, the suggestions for mistyped keys and the reference page all
// come from it.
//
// Parse reports every error of a file at once, each with file, line and
// column. The position of each value is kept, so that errors found later, on a
// host ("no such file"), can point at the same place: see Domain.Pos.
//
// The package is pure Go and needs no Xen: files are read and checked
// anywhere. Domain.LibxlConfig gives the configuration that `xl create` would
// hand to libxl for the same guest.
package domcfg
