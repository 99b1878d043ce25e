package xenstore_test

import (
	"context"
	"os"
	"testing"

	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// TestXenExamples runs each example of the package's documentation.
func TestXenExamples(t *testing.T) {
	if os.Getenv("XENVOY_TEST_XEN") == "" {
		t.Skip("XENVOY_TEST_XEN is not set: this needs xenstored, which dom0 has")
	}
	c, err := xenstore.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	for _, e := range []struct {
		name    string
		example func()
		want    string // what it prints
	}{
		{"read", Example, "Domain-0\n"},
		{"transaction", ExampleClient_Transact, "counted to 1\n"},
		{"watch", func() { whileAnotherGetsReady(t, c, ExampleClient_Watch) }, "it is ready\n"},
		{"permissions", ExampleClient_SetPermissions, "n0,r5\n"},
	} {
		if got := processtest.Printed(t, e.example); got != e.want {
			t.Errorf("%s prints %q, want %q", e.name, got, e.want)
		}
	}
	for _, path := range []string{"/tool/example-counter", "/tool/example-state", "/tool/example-secret"} {
		if there, err := c.Exists(t.Context(), path); err != nil || there {
			t.Errorf("%s is left: %v, %v", path, there, err)
		}
	}
}

// whileAnotherGetsReady runs f while another client writes what f waits for.
func whileAnotherGetsReady(t *testing.T, c *xenstore.Client, f func()) {
	const path = "/tool/example-state"
	defer func() {
		if err := c.Remove(context.WithoutCancel(t.Context()), path); err != nil {
			t.Error(err)
		}
	}()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	for _, state := range []string{"starting", "ready"} {
		if err := c.Write(t.Context(), path, state); err != nil {
			t.Error(err)
		}
	}
	<-done
}
