package lab

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestParseWAN(t *testing.T) {
	for _, c := range []struct {
		spec string
		want WAN
		tc   string // arguments after "dev eth1 root"
	}{
		{"off", WAN{}, "pfifo_fast"},
		{"100mbit 80ms 0.1%", WAN{100e6, 80 * time.Millisecond, 0.1}, "netem limit 1334 delay 40000us loss 0.1% rate 100000000bit"},
		{"0.1%  80ms 100mbit", WAN{100e6, 80 * time.Millisecond, 0.1}, "netem limit 1334 delay 40000us loss 0.1% rate 100000000bit"},
		{"1.5gbit", WAN{Rate: 15e8}, "netem limit 1000 rate 1500000000bit"},
		{"512kbit 1s", WAN{Rate: 512e3, Delay: time.Second}, "netem limit 1000 delay 500000us rate 512000bit"},
		{"250us", WAN{Delay: 250 * time.Microsecond}, "netem limit 1000 delay 125us"},
		{"100%", WAN{Loss: 100}, "netem limit 1000 loss 100%"},
	} {
		got, err := ParseWAN(c.spec)
		if err != nil || got != c.want {
			t.Errorf("ParseWAN(%q) = %+v, %v; want %+v", c.spec, got, err, c.want)
			continue
		}
		if tc := strings.Join(got.tc("eth1"), " "); tc != "qdisc replace dev eth1 root "+c.tc {
			t.Errorf("%q: tc %s; want … %s", c.spec, tc, c.tc)
		}
		if again, err := ParseWAN(got.String()); err != nil || again != got {
			t.Errorf("%q: its text %q reads back as %+v, %v", c.spec, got, again, err)
		}
	}
}

func TestParseWANRefuses(t *testing.T) {
	for spec, want := range map[string]string{
		"":               "empty",
		"  ":             "empty",
		"fast":           `"fast" is neither`,
		"100":            `"100" is neither`,
		"100mbit off":    `"off" is neither`,
		"-5ms":           `"-5ms" is neither`,
		"1e3ms":          `"1e3ms" is neither`,
		"100mbit;reboot": "is neither",
		"1mbit 2mbit":    "two words for the rate, 1mbit and 2mbit",
		"80ms 1s":        "two words for the round trip, 80ms and 1s",
		"1% 2%":          "two words for the loss, 1% and 2%",
		"101%":           "more than all packets",
		"11s":            "longer than 10s",
		"0mbit":          "1kbit to 100gbit",
		"101gbit":        "1kbit to 100gbit",
	} {
		if w, err := ParseWAN(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseWAN(%q) = %+v, %v; want an error with %q", spec, w, err, want)
		}
	}
}

func FuzzParseWAN(f *testing.F) {
	if seeds, err := os.ReadDir("testdata/fuzz/FuzzParseWAN"); err != nil || len(seeds) < 3 {
		f.Fatalf("%d seeds, %v", len(seeds), err)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		w, err := ParseWAN(spec)
		if err != nil {
			return
		}
		if w.Loss < 0 || w.Loss > 100 || w.Rate < 0 || w.Delay < 0 {
			t.Fatalf("ParseWAN(%q) = %+v", spec, w)
		}
		again, err := ParseWAN(w.String())
		if err != nil || again.Rate != w.Rate || again.Loss != w.Loss || (again.Delay-w.Delay).Abs() > 1 {
			t.Fatalf("%q: its text %q reads back as %+v, %v", spec, w, again, err)
		}
	})
}
