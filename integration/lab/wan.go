package lab

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// WAN is how the link between the sites behaves. The zero value is the bare link.
type WAN struct {
	Rate  int64         // bit/s in each direction; 0: not limited
	Delay time.Duration // round trip; each direction gets half
	Loss  float64       // packets lost in each direction, in percent
}

// Bounds of a WAN: what netem takes, and a round trip that anyone could wait for.
const (
	maxRate  = 100_000_000_000
	maxDelay = 10 * time.Second
)

var wanWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(kbit|mbit|gbit|us|ms|s|%)$`) })

// ParseWAN reads a specification such as "100mbit 80ms 0.1%": rate (kbit, mbit, gbit a second), round trip time
// (us, ms, s) and loss (%), each at most once, in any order. "off" is the bare link. The error names the word.
func ParseWAN(spec string) (WAN, error) {
	var w WAN
	words := strings.Fields(spec)
	if len(words) == 0 {
		return w, fmt.Errorf("WAN %q: empty; write for example \"100mbit 80ms 0.1%%\", or off", spec)
	}
	if len(words) == 1 && words[0] == "off" {
		return w, nil
	}
	seen := make(map[string]string)
	for _, word := range words {
		kind, err := w.set(word)
		if err != nil {
			return WAN{}, fmt.Errorf("WAN %q: %w", spec, err)
		}
		if seen[kind] != "" {
			return WAN{}, fmt.Errorf("WAN %q: two words for the %s, %s and %s", spec, kind, seen[kind], word)
		}
		seen[kind] = word
	}
	return w, nil
}

// set takes one word and says what it was about.
func (w *WAN) set(word string) (kind string, err error) {
	m := wanWord().FindStringSubmatch(word)
	if m == nil {
		return "", fmt.Errorf("%q is neither a rate (100mbit), a round trip (80ms) nor a loss (0.1%%)", word)
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return "", fmt.Errorf("%q: %w", word, err)
	}
	switch unit := m[2]; unit {
	case "%":
		if v > 100 {
			return "", fmt.Errorf("%q: more than all packets", word)
		}
		w.Loss = v
		return "loss", nil
	case "us", "ms", "s":
		d := v * float64(map[string]time.Duration{"us": time.Microsecond, "ms": time.Millisecond, "s": time.Second}[unit])
		if d > float64(maxDelay) {
			return "", fmt.Errorf("%q: longer than %v", word, maxDelay)
		}
		w.Delay = time.Duration(d)
		return "round trip", nil
	default:
		r := v * map[string]float64{"kbit": 1e3, "mbit": 1e6, "gbit": 1e9}[unit]
		if r < 1000 || r > maxRate {
			return "", fmt.Errorf("%q: a rate is 1kbit to 100gbit", word)
		}
		w.Rate = int64(r)
		return "rate", nil
	}
}

// String is a specification that ParseWAN reads back.
func (w WAN) String() string {
	if w == (WAN{}) {
		return "off"
	}
	var words []string
	if w.Rate != 0 {
		words = append(words, rateString(w.Rate))
	}
	if w.Delay != 0 {
		words = append(words, strconv.FormatFloat(float64(w.Delay)/float64(time.Millisecond), 'f', -1, 64)+"ms")
	}
	if w.Loss != 0 {
		words = append(words, strconv.FormatFloat(w.Loss, 'f', -1, 64)+"%")
	}
	return strings.Join(words, " ")
}

func rateString(r int64) string {
	for _, u := range []struct {
		name string
		size int64
	}{{"gbit", 1e9}, {"mbit", 1e6}} {
		if r%u.size == 0 {
			return strconv.FormatInt(r/u.size, 10) + u.name
		}
	}
	return strconv.FormatFloat(float64(r)/1e3, 'f', -1, 64) + "kbit"
}

// The queue of a shaped direction, in packets of packetBytes: tc-netem's default, or twice what a long fat link
// holds in flight.
const (
	minQueue    = 1000
	packetBytes = 1500
)

// tc returns the arguments of tc(8) that give device this behaviour in its sending direction.
func (w WAN) tc(device string) []string {
	args := []string{"qdisc", "replace", "dev", device, "root"}
	if w == (WAN{}) {
		return append(args, "pfifo_fast")
	}
	inFlight := float64(w.Rate) / 8 * w.Delay.Seconds() / packetBytes
	args = append(args, "netem", "limit", strconv.Itoa(max(minQueue, int(math.Ceil(2*inFlight)))))
	if w.Delay != 0 {
		args = append(args, "delay", strconv.FormatInt((w.Delay/2).Microseconds(), 10)+"us")
	}
	if w.Loss != 0 {
		args = append(args, "loss", strconv.FormatFloat(w.Loss, 'f', -1, 64)+"%")
	}
	if w.Rate != 0 {
		args = append(args, "rate", strconv.FormatInt(w.Rate, 10)+"bit")
	}
	return args
}
