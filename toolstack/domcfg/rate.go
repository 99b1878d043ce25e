package domcfg

import (
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"strconv"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// rate is the credit of an interface for what it sends, and how often it is
// renewed.
type rate struct {
	bytes  uint64
	micros uint32
}

var rateForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([1-9][0-9]{0,9})([GMK]?)([Bb])/s(?:@([1-9][0-9]{0,9})(s|ms|us))?$`)
})

// usualInterval is what xl takes without an interval, in microseconds
// (tools/libs/util/libxlu_vif.c).
const usualInterval = 50000

// rates is "10Mb/s" or "1MB/s@20ms": bits or bytes in a second with decimal
// units, as in xl.cfg.
func rates() code[rate] {
	return code[rate]{form: rateForm().String(), hint: "as 10Mb/s (bits) or 1MB/s@20ms (bytes)", parse: parseRate, format: rateText}
}

func parseRate(text string) (rate, error) {
	m := rateForm().FindStringSubmatch(text)
	if m == nil {
		return rate{}, fmt.Errorf("%q is not a rate", text)
	}
	perSecond, _ := strconv.ParseUint(m[1], 10, 64) // the form leaves no more
	perSecond *= map[string]uint64{"": 1, "K": 1e3, "M": 1e6, "G": 1e9}[m[2]]
	if m[3] == "b" {
		perSecond /= 8
	}
	micros := uint64(usualInterval)
	if m[4] != "" {
		micros, _ = strconv.ParseUint(m[4], 10, 64)
		micros *= map[string]uint64{"us": 1, "ms": 1e3, "s": 1e6}[m[5]]
	}
	high, low := bits.Mul64(perSecond, micros)
	if high != 0 || micros > math.MaxUint32 {
		return rate{}, fmt.Errorf("%q is too large", text)
	}
	return rate{low / 1e6, uint32(micros)}, nil
}

// rateText is the smallest rate that parseRate makes the same of; where there
// is none, FromLibxl finds the difference.
func rateText(r rate) string {
	high, low := bits.Mul64(r.bytes, 1e6)
	if r.micros == 0 || high >= uint64(r.micros) {
		return ""
	}
	perSecond, rest := bits.Div64(high, low, uint64(r.micros))
	if rest > 0 {
		perSecond++
	}
	text := scaled(max(perSecond, 1), []unitName{{1e9, "G"}, {1e6, "M"}, {1e3, "K"}, {1, ""}}) + "B/s"
	if r.micros == usualInterval {
		return text
	}
	return text + "@" + scaled(uint64(r.micros), []unitName{{1e6, "s"}, {1e3, "ms"}, {1, "us"}})
}

type unitName struct {
	factor uint64
	name   string
}

// scaled is n in the largest unit that it is a multiple of.
func scaled(n uint64, units []unitName) string {
	for _, u := range units {
		if n >= u.factor && n%u.factor == 0 {
			return strconv.FormatUint(n/u.factor, 10) + u.name
		}
	}
	return strconv.FormatUint(n, 10) + units[len(units)-1].name
}

func rateKey() link[Network, idl.DeviceNIC] {
	k := key[Network]{name: "rate", def: "no limit", xl: "rate="}
	return link[Network, idl.DeviceNIC]{
		key: spec(k, "bits or bytes in a second, as 10Mb/s or 1MB/s@20ms", patternShape(rates().form),
			func(r *reader, n *yaml.Node, f string, v *Network) { v.Rate = rates().read(r, n, f) }),
		give: func(c *converter, field string, v *Network, out *idl.DeviceNIC) {
			if v.Rate != "" {
				limit := rates().give(c, field, v.Rate)
				out.RateBytesPerInterval, out.RateIntervalUsecs = limit.bytes, limit.micros
			}
		},
		take: func(_ *taker, _ string, in *idl.DeviceNIC, v *Network) {
			if in.RateIntervalUsecs != 0 {
				v.Rate = rateText(rate{in.RateBytesPerInterval, in.RateIntervalUsecs})
			}
		},
	}
}
