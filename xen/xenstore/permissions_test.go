package xenstore

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// parsePermissions reads what Permissions.String writes.
func parsePermissions(t *testing.T, text string) (p Permissions) {
	t.Helper()
	for i, s := range strings.Split(text, ",") {
		var letter string
		var id uint32
		if _, err := fmt.Sscanf(s, "%1s%d", &letter, &id); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		access := Access(strings.Index("nrwb", letter))
		if i == 0 {
			p = Permissions{Owner: id, Others: access}
		} else {
			p.Grants = append(p.Grants, Grant{id, access})
		}
	}
	return p
}

func TestPermissionsString(t *testing.T) {
	for want, p := range map[string]Permissions{
		"n0": {},
		"r7,b0,w65535,n1": {Owner: 7, Others: AccessRead,
			Grants: []Grant{{0, AccessReadWrite}, {65535, AccessWrite}, {1, AccessNone}}},
		"Access(4)0": {Others: 4},
	} {
		if p.String() != want {
			t.Errorf("%v, want %s", p, want)
		}
	}
}

func TestPermissionsCheck(t *testing.T) {
	const path = "/p"
	room := payloadMax - len(path) - 1
	for _, c := range []struct {
		name string
		p    Permissions
		want error
	}{
		{"none", Permissions{}, nil},
		{"all that fits", Permissions{Grants: make([]Grant, room/3-1)}, nil}, // "n0" and NUL each
		{"one more", Permissions{Grants: make([]Grant, room/3)}, syscall.E2BIG},
		{"a million", Permissions{Grants: make([]Grant, 1e6)}, syscall.E2BIG},
		{"too long by their digits", Permissions{Owner: 65535, Grants: make([]Grant, room/3-1)}, syscall.E2BIG},
		{"no such owner", Permissions{Owner: 65536}, syscall.EINVAL},
		{"no such domain", Permissions{Grants: []Grant{{Domain: 65536}}}, syscall.EINVAL},
		{"no such access", Permissions{Others: 4}, syscall.EINVAL},
		{"no such access in a grant", Permissions{Grants: []Grant{{Access: 8}}}, syscall.EINVAL},
	} {
		if err := c.p.check(path); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}
