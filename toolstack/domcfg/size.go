package domcfg

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is an amount of memory in KiB, the unit of libxl. In a file it is a
// number with a binary unit ("128MiB"), or a plain number of MiB as in xl.cfg.
type Size uint64

// Units of a Size.
const (
	KiB Size = 1
	MiB      = 1024 * KiB
	GiB      = 1024 * MiB
	TiB      = 1024 * GiB
)

// Limits of a domain's memory: the largest is the 16 TiB that x86 Xen can
// address. The smallest is below what any kernel boots in; it is there to
// catch a forgotten unit.
const (
	MinMemory = 1 * MiB
	MaxMemory = 16 * TiB
)

type unit struct {
	name string
	size Size
}

// units from the largest to the smallest, as String needs them.
func units() [4]unit {
	return [4]unit{{"TiB", TiB}, {"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB}}
}

// KiB is the size in KiB, as libxl's *_memkb fields have it.
func (s Size) KiB() uint64 { return uint64(s) }

// String is the shortest exact form with a binary unit; ParseSize reads it back.
func (s Size) String() string {
	for _, u := range units() {
		if s >= u.size && s%u.size == 0 {
			return strconv.FormatUint(uint64(s/u.size), 10) + u.name
		}
	}
	return strconv.FormatUint(uint64(s), 10) + "KiB"
}

// MarshalText is String: sizes in YAML and JSON carry their unit.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML is String.
func (s Size) MarshalYAML() (any, error) { return s.String(), nil }

var (
	errSizeForm     = errors.New("is not a size")
	errSizeDecimal  = errors.New("has a decimal unit")
	errSizeOverflow = errors.New("is too large")
)

// ParseSize reads a size: decimal digits and one of KiB, MiB, GiB and TiB, or
// digits alone for MiB. It does not check that a domain can have it.
func ParseSize(text string) (Size, error) {
	digits := text
	if i := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = text[:i]
	}
	factor, err := unitOf(text[len(digits):])
	if digits == "" {
		err = errSizeForm
	}
	if err != nil {
		return 0, fmt.Errorf("%q %w", text, err)
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n > math.MaxUint64/uint64(factor) {
		return 0, fmt.Errorf("%q %w", text, errSizeOverflow)
	}
	return Size(n) * factor, nil
}

func unitOf(suffix string) (Size, error) {
	if suffix == "" {
		return MiB, nil
	}
	for _, u := range units() {
		if suffix == u.name {
			return u.size, nil
		}
	}
	switch strings.ToUpper(suffix) {
	case "K", "KB", "M", "MB", "G", "GB", "T", "TB":
		return 0, errSizeDecimal
	}
	return 0, errSizeForm
}

// sizeHint says how to write text, which ParseSize refused with err.
func sizeHint(text string, err error) string {
	if errors.Is(err, errSizeDecimal) {
		digits := strings.TrimRight(text, "KMGTBkmgtb")
		letter := strings.ToUpper(text[len(digits) : len(digits)+1])
		return "units are binary: write " + digits + letter + "iB"
	}
	return "write a whole number of KiB, MiB, GiB or TiB, as 512MiB; a plain number is MiB"
}
