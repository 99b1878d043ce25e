package xlcfg

import (
	"math"
	"strings"
)

// scanned is a number as C's strtol sees it.
type scanned struct {
	negative bool
	value    uint64 // of the digits
	overflow bool   // of 64 bits
	octal    bool   // base 0 and a leading zero before other digits
}

// scanNumber reads like strtol: blanks, a sign, digits; base 0 takes 0x for
// hexadecimal and a leading 0 for octal. It returns how many bytes it took, 0
// when there is no number.
func scanNumber(s string, base int) (scanned, int) {
	var out scanned
	i := len(s) - len(strings.TrimLeft(s, " \t\n\v\f\r"))
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		out.negative = s[i] == '-'
		i++
	}
	hex := i+2 < len(s) && s[i] == '0' && (s[i+1] == 'x' || s[i+1] == 'X') && digit(s[i+2]) < 16
	switch {
	case hex && (base == 0 || base == 16):
		i, base = i+2, 16
	case base == 0 && i < len(s) && s[i] == '0':
		base = 8
	case base == 0:
		base = 10
	}
	start := i
	for ; i < len(s) && digit(s[i]) < base; i++ {
		if out.value > (math.MaxUint64-uint64(digit(s[i])))/uint64(base) {
			out.overflow = true
			continue
		}
		out.value = out.value*uint64(base) + uint64(digit(s[i]))
	}
	if i == start {
		return scanned{}, 0
	}
	out.octal = base == 8 && i > start+1
	return out, i
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	}
	return 99
}

// long is the value as a C long; ok is false when it does not fit.
func (n scanned) long() (value int64, ok bool) {
	switch {
	case n.overflow:
		return 0, false
	case n.negative && n.value <= 1<<63:
		return -int64(n.value-1) - 1, true
	case n.negative || n.value > math.MaxInt64:
		return 0, false
	}
	return int64(n.value), true
}

// ulong is the value as strtoul gives it: a minus sign wraps around.
func (n scanned) ulong() uint64 {
	switch {
	case n.overflow:
		return math.MaxUint64
	case n.negative:
		return -n.value
	}
	return n.value
}

// atoi is C's: what is not a number is 0, what follows it does not count.
func atoi(s string) int32 {
	n, _ := scanNumber(s, 10)
	v, _ := n.long()
	return int32(v) // truncated as in C
}

// Strtol reads a number as C's strtol does, in base 10, or in base 0 which takes 0x and a
// leading 0 too. used is how many bytes it took, 0 when there is no number. What does not fit
// becomes the nearest number that does.
func Strtol(s string, base int) (n int64, used int) {
	got, used := scanNumber(s, base)
	n, ok := got.long()
	switch {
	case ok || used == 0:
	case got.negative:
		n = math.MinInt64
	default:
		n = math.MaxInt64
	}
	return n, used
}

// Strtoul is C's strtoul; otherwise it is as Strtol. A minus sign wraps around.
func Strtoul(s string, base int) (n uint64, used int) {
	got, used := scanNumber(s, base)
	return got.ulong(), used
}
