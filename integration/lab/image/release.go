package image

import (
	"errors"
	"fmt"
	"strings"
)

// release is one version of Xen and the Debian release that brings it.
type release struct {
	xen        string // MAJOR.MINOR, as in the names of its packages
	suite      string
	hypervisor string // its package, at the version that the lab boots
}

// releases is what a host can run, oldest first. The hypervisor of 4.17 is the Debian release's own: the security
// update's is built without shadow paging (CONFIG_SHADOW_PAGING in /boot/xen-4.17-amd64.config), and then no PV guest
// can move live. Debian 13 has no build with it.
var releases = [...]release{
	{xen: "4.17", suite: "bookworm", hypervisor: "xen-hypervisor-4.17-amd64/bookworm"},
	{xen: "4.20", suite: "trixie", hypervisor: "xen-hypervisor-4.20-amd64"},
}

// ErrRelease is a version of Xen that the lab has no recipe for.
var ErrRelease = errors.New("no such Xen release")

// Releases lists the versions of Xen that a host can run, oldest first.
func Releases() []string {
	var all []string
	for _, r := range releases {
		all = append(all, r.xen)
	}
	return all
}

// findRelease fails with ErrRelease.
func findRelease(xen string) (release, error) {
	for _, r := range releases {
		if r.xen == xen {
			return r, nil
		}
	}
	return release{}, fmt.Errorf("%w %q; there are %s", ErrRelease, xen, strings.Join(Releases(), ", "))
}

// packages are what dom0 holds beyond mmdebstrap's minimal base.
func (r release) packages() []string {
	return append([]string{"xen-utils-" + r.xen, r.hypervisor}, packages[:]...)
}
