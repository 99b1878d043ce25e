//go:build cgo

package libxl_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/libxl"
)

// TestXenExamples runs each example of the package's documentation.
func TestXenExamples(t *testing.T) {
	xl := libxl.OpenXen(t)
	before := domains(t, xl)
	for _, c := range []struct {
		name    string
		example func()
		want    string // what it prints, a regular expression
	}{
		{"list", Example, `(?m)^0 \S+, [1-9][0-9]* MiB$`},
		{"create", ExampleContext_DomainCreateNew, `^example runs as domain [1-9][0-9]*\n$`},
		{"cancel", ExampleContext_DomainCreateNew_cancel, `^not built in time, and nothing is left of it\n$`},
		{"watch", func() { whileDomainsGo(t, xl, ExampleContext_Watch) }, `(?m)^domain [1-9][0-9]* is gone\n\z`},
	} {
		if got := processtest.Printed(t, c.example); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("%s prints %q, want %q", c.name, got, c.want)
		}
		if now := domains(t, xl); now != before {
			t.Errorf("%s: %d domains before, %d after", c.name, before, now)
		}
	}
}

// domains counts those that are not about to go.
func domains(t *testing.T, xl *libxl.Context) (n int) {
	t.Helper()
	all, err := xl.ListDomains(t.Context())
	if err != nil {
		t.Fatalf("%+v", err)
	}
	for _, d := range all {
		if !d.Dying {
			n++
		}
	}
	return n
}

// whileDomainsGo makes domains and destroys them, one after the other, until f returns.
func whileDomainsGo(t *testing.T, xl *libxl.Context, f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	for {
		id, err := xl.DomainCreateNew(t.Context(), libxl.TinyConfig(t), libxl.CreateOptions{})
		if err == nil {
			err = xl.DomainDestroy(context.WithoutCancel(t.Context()), id)
		}
		if err != nil {
			t.Errorf("%+v", err)
			<-done
			return
		}
		select {
		case <-done:
			return
		default:
		}
	}
}
