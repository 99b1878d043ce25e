package xenstore

import (
	"fmt"
	"strings"
	"syscall"
)

// Access is what a domain may do with a node.
type Access uint8

// What a domain may do with a node. The values are those of XS_PERM_… in xenstore_lib.h.
const (
	AccessNone      Access = 0
	AccessRead      Access = 1
	AccessWrite     Access = 2
	AccessReadWrite Access = AccessRead | AccessWrite
)

// String is the letter that xenstore's tools use: n, r, w or b.
func (a Access) String() string {
	if a > AccessReadWrite {
		return fmt.Sprintf("Access(%d)", uint8(a))
	}
	return "nrwb"[a : a+1]
}

// Permissions say who may use a node. Domain 0 may use all nodes, whatever they say.
type Permissions struct {
	Owner  uint32 // the domain id of the owner, who may read, write and set permissions
	Others Access // what domains may do that are neither the owner nor in Grants
	Grants []Grant
}

// A Grant is what one domain may do with a node.
type Grant struct {
	Domain uint32 // domain id
	Access Access
}

// String is what xenstore-ls -p prints, such as "n0,r5".
func (p Permissions) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v%d", p.Others, p.Owner)
	for _, g := range p.Grants {
		fmt.Fprintf(&b, ",%v%d", g.Access, g.Domain)
	}
	return b.String()
}

// check refuses what xenstored would misunderstand, and more than one request carries:
// libxenstore takes stack for each grant before it looks.
func (p Permissions) check(path string) error {
	for _, g := range append([]Grant{{p.Owner, p.Others}}, p.Grants...) {
		if g.Domain > maxDomID || g.Access > AccessReadWrite {
			return syscall.EINVAL
		}
	}
	return checkPayload(path, "permissions", len(p.String())+1) // each string ends with a NUL in the comma's place
}
