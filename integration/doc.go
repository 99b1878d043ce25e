// Package integration drives the product on real Xen, as an admin would: two
// hosts of package lab, the binary in them, and nothing mocked. Its tests have
// the build tag lab ("make lab").
package integration
