package xenstore_test

import (
	"context"
	"io"
	"os"
	"testing"

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
		if got := printed(t, e.example); got != e.want {
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

// printed returns what f writes to standard output.
func printed(t *testing.T, f func()) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "stdout")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stdout := os.Stdout
	os.Stdout = file
	defer func() { os.Stdout = stdout }()
	f()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
