package idl

import "fmt"

// An ArmError is a keyed union with more than one arm set.
type ArmError struct {
	Union string // Go type and C key, such as "DomainBuildInfo.type"
	Arms  int    // how many are set
}

// Error names the union.
func (e *ArmError) Error() string {
	return fmt.Sprintf("%s: %d arms of a union are set, at most one may be", e.Union, e.Arms)
}

func oneArm(union string, set ...bool) error {
	n := 0
	for _, s := range set {
		if s {
			n++
		}
	}
	if n > 1 {
		return &ArmError{Union: union, Arms: n}
	}
	return nil
}
