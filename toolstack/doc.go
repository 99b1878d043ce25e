// Package toolstack carries a domain through its life: from the desired
// configuration that a user wrote to a running domain, and to its end.
//
// Host is the one interface to a Xen host. Package native implements it over
// libxl; package fake implements it in memory for logic tests. Both pass the
// contract tests of package hosttest. toolstack knows no transport: moving a
// domain to another host is the business of package migrate.
package toolstack
