package idl

import (
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"strings"
)

// A DomID identifies a running domain on one host. Zero is dom0.
type DomID uint32

// InvalidDomID is libxl's INVALID_DOMID: no domain (libxl.h).
const InvalidDomID DomID = math.MaxUint32

// RandomDomID has libxl draw the number of a new domain: its RANDOM_DOMID (libxl.h).
const RandomDomID = InvalidDomID - 1

// A DevID numbers a device of one kind within a domain; -1 lets libxl choose.
type DevID int32

// MemKB is an amount of memory in KiB.
type MemKB uint64

// StringList is a libxl_string_list.
type StringList []string

// HWCap holds the CPU feature words of the host. libxl's JSON carries the first
// four; libxl_get_physinfo fills eight.
type HWCap [8]uint32

// Defbool is libxl's three-state boolean (libxl_defbool).
type Defbool int8

// The states of a Defbool.
const (
	DefboolUnset Defbool = 0 // libxl chooses
	True         Defbool = 1
	False        Defbool = -1
)

// Bool returns the Defbool for b.
func Bool(b bool) Defbool {
	if b {
		return True
	}
	return False
}

// Value returns the boolean, or otherwise when it is unset.
func (d Defbool) Value(otherwise bool) bool {
	if d == DefboolUnset {
		return otherwise
	}
	return d > 0
}

// String returns libxl's text of the state.
func (d Defbool) String() string {
	switch {
	case d > 0:
		return "True"
	case d < 0:
		return "False"
	}
	return "<default>"
}

// MarshalText returns libxl's text of the state.
func (d Defbool) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads "True", "False" or "<default>".
func (d *Defbool) UnmarshalText(text []byte) error {
	switch string(text) {
	case "True":
		*d = True
	case "False":
		*d = False
	case "<default>":
		*d = DefboolUnset
	default:
		return fmt.Errorf("%q is not a defbool (True, False or <default>)", text)
	}
	return nil
}

// A UUID identifies a domain for its whole life, over moves and restarts.
type UUID [16]byte

// String returns the form 8-4-4-4-12, lower case.
func (u UUID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// NewUUID makes a random UUID, version 4 (RFC 9562, section 5.4). The error is that of reading random.
func NewUUID(random io.Reader) (UUID, error) {
	var u UUID
	if _, err := io.ReadFull(random, u[:]); err != nil {
		return UUID{}, fmt.Errorf("make a random UUID: %w", err)
	}
	u[6] = u[6]&0x0f | 4<<4
	u[8] = u[8]&0x3f | 0b10<<6
	return u, nil
}

// ParseUUID reads 32 hexadecimal digits in the form 8-4-4-4-12.
func ParseUUID(s string) (UUID, error) {
	var u UUID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return u, fmt.Errorf("%q is not a UUID (8-4-4-4-12 hexadecimal digits)", s)
	}
	if n, err := hex.Decode(u[:], []byte(strings.ReplaceAll(s, "-", ""))); err != nil || n != len(u) {
		return UUID{}, fmt.Errorf("%q is not a UUID (8-4-4-4-12 hexadecimal digits)", s)
	}
	return u, nil
}

// MarshalText returns the form of String.
func (u UUID) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads what ParseUUID reads.
func (u *UUID) UnmarshalText(text []byte) (err error) {
	*u, err = ParseUUID(string(text))
	return err
}

// A MAC is an Ethernet address; all zeros lets libxl choose one.
type MAC [6]byte

// String returns six pairs of lower-case hexadecimal digits with colons.
func (m MAC) String() string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

// ParseMAC reads six pairs of hexadecimal digits, with colons between them.
func ParseMAC(s string) (MAC, error) {
	var m MAC
	bad := fmt.Errorf("%q is not a MAC address (six pairs of hexadecimal digits with colons)", s)
	if len(s) != 17 {
		return m, bad
	}
	for i := range m {
		if i > 0 && s[3*i-1] != ':' {
			return MAC{}, bad
		}
		if _, err := hex.Decode(m[i:i+1], []byte(s[3*i:3*i+2])); err != nil {
			return MAC{}, bad
		}
	}
	return m, nil
}

// MarshalText returns the form of String.
func (m MAC) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what ParseMAC reads.
func (m *MAC) UnmarshalText(text []byte) (err error) {
	*m, err = ParseMAC(string(text))
	return err
}

// VMGenID is the generation ID of a Windows guest.
type VMGenID [16]byte
