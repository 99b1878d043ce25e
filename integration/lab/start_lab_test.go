//go:build lab

package lab_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/integration/lab"
)

// TestLab is the life of a lab: two hosts that see each other, a link that can be shaped and cut, a server that loses
// its power and comes back with its disk, and a reset.
func TestLab(t *testing.T) {
	l := lab.Start(t, lab.Options{WAN: "100mbit 80ms"})
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	a, b := host(t, l, "a"), host(t, l, "site-b")

	if out := output(t, a, ctx, "xl", "info"); !strings.Contains(out, " hvm ") {
		t.Errorf("host a takes no HVM guests:\n%s", out)
	}
	if got := output(t, a, ctx, "ssh", "site-b", "hostname"); got != "b\n" {
		t.Errorf("ssh from a to site-b reaches %q", got)
	}
	if rtt := roundTrip(t, a, ctx); rtt < 80*time.Millisecond || rtt > 400*time.Millisecond {
		t.Errorf("round trip %v over a link of 80 ms", rtt)
	}
	check(t, a.Cut(ctx))
	if res, err := a.Run(ctx, "ping", "-c", "2", "-W", "2", "b"); err != nil || res.Code == 0 {
		t.Errorf("ping over a cut link: %+v, %v", res, err)
	}
	check(t, a.Heal(ctx))
	roundTrip(t, a, ctx)

	check(t, b.Put(ctx, strings.NewReader("kept"), "/root/kept", 0o600))
	output(t, b, ctx, "sync")
	check(t, b.Kill(ctx))
	if _, err := b.Run(ctx, "true"); err == nil {
		t.Error("a killed host runs commands")
	}
	check(t, b.Boot(ctx))
	if got := output(t, b, ctx, "cat", "/root/kept"); got != "kept" {
		t.Errorf("after a power cut the file has %q", got)
	}
	check(t, b.Reset(ctx))
	if res, err := b.Run(ctx, "test", "-e", "/root/kept"); err != nil || res.Code != 1 {
		t.Errorf("after a reset the file is there: %+v, %v", res, err)
	}
	if rtt := roundTrip(t, b, ctx); rtt < 80*time.Millisecond {
		t.Errorf("round trip %v: the reset took the shaping away", rtt)
	}
}

// roundTrip is the shortest of some pings to the other host.
func roundTrip(t *testing.T, h *lab.Host, ctx context.Context) time.Duration {
	t.Helper()
	other := map[string]string{"a": "b", "b": "a"}[h.Name]
	out := output(t, h, ctx, "ping", "-c", "5", "-i", "0.3", "-W", "5", other)
	_, rest, _ := strings.Cut(out, "min/avg/max/mdev = ")
	least, _, _ := strings.Cut(rest, "/")
	d, err := time.ParseDuration(least + "ms")
	if err != nil {
		t.Fatalf("ping said %q: %v", out, err)
	}
	return d
}

func host(t *testing.T, l *lab.Lab, name string) *lab.Host {
	t.Helper()
	h, err := l.Host(name)
	check(t, err)
	return h
}

func output(t *testing.T, h *lab.Host, ctx context.Context, argv ...string) string {
	t.Helper()
	out, err := h.Output(ctx, argv...)
	check(t, err)
	return out
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
