package xlcfg

import (
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// rate is a vif's rate=SPEED[@INTERVAL] (tools/libs/util/libxlu_vif.c): bytes
// or bits in a second with decimal units, and how often the credit for them is
// renewed, in seconds, milliseconds or microseconds; 50 ms if not given.
func (c *converter) rate(nic *idl.DeviceNIC, p part, value string) {
	speed, interval, given := strings.Cut(value, "@")
	perSecond, ok := parseSpeed(speed)
	if !ok {
		c.fail(p.pos(), "vif", fmt.Sprintf("%q is not a rate", speed), "as 10Mb/s (bits) or 1MB/s (bytes)")
		return
	}
	micros := uint64(50000)
	if given {
		if micros, ok = parseInterval(interval); !ok {
			c.fail(p.pos(), "vif", fmt.Sprintf("%q is not an interval of a rate", interval), "as 50ms, 1s or 100us")
			return
		}
	}
	if n, _ := scanNumber(speed, 0); n.octal {
		c.warn(p.pos(), "vif", fmt.Sprintf("the rate %s is octal", speed), fmt.Sprintf("it means %d", n.value))
	}
	high, low := bits.Mul64(perSecond, micros)
	if high != 0 {
		c.fail(p.pos(), "vif", fmt.Sprintf("the rate %q is too large", value), "")
		return
	}
	nic.RateBytesPerInterval = low / 1e6
	nic.RateIntervalUsecs = uint32(micros)
}

func parseSpeed(text string) (perSecond uint64, ok bool) {
	if !regexp.MustCompile(`^[0-9]+[GMK]?[Bb]/s$`).MatchString(text) {
		return 0, false
	}
	n, used := scanNumber(text, 0)
	if n.value == 0 || n.value > math.MaxUint32 || n.overflow {
		return 0, false
	}
	unit := strings.TrimSuffix(text[used:], "/s")
	perSecond = n.value
	switch unit[0] {
	case 'G':
		perSecond *= 1e9
	case 'M':
		perSecond *= 1e6
	case 'K':
		perSecond *= 1e3
	}
	if unit[0] == 'b' || strings.HasPrefix(unit[1:], "b") { // xl looks no further
		perSecond /= 8
	}
	return perSecond, true
}

func parseInterval(text string) (micros uint64, ok bool) {
	if !regexp.MustCompile(`^[0-9]+[mu]?s?$`).MatchString(text) {
		return 0, false
	}
	n, used := scanNumber(text, 0)
	if n.value == 0 || n.value > math.MaxUint32 || n.overflow {
		return 0, false
	}
	micros = n.value
	switch rest := text[used:]; {
	case rest == "" || rest[0] == 's':
		micros *= 1e6
	case rest[0] == 'm':
		micros *= 1e3
	}
	return micros, micros <= math.MaxUint32
}
