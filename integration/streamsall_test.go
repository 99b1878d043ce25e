//go:build lab && chaos

package integration

import (
	"os"
	"testing"

	"github.com/xenvoy/xenvoy/integration/lab"
)

// TestStreams has streams of all kinds recorded on a host of each release, and checks them.
func TestStreams(t *testing.T) {
	for _, release := range lab.Releases() {
		t.Run(release, func(t *testing.T) {
			if only := os.Getenv("XENVOY_XEN"); only != "" && only != release {
				t.Skipf("XENVOY_XEN is %s", only)
			}
			var env []string
			if release != lab.DefaultXen {
				root, err := lab.BuildRoot(t.Context(), "", release, func(_, text string) { t.Log(text) })
				if err != nil {
					t.Fatal(err)
				}
				env = root.Env()
			}
			h, err := lab.Start(t, lab.Options{Hosts: 1, Xen: release}).Host("a")
			if err != nil {
				t.Fatal(err)
			}
			install(t, h, build(t, release, env...))
			streams(t, h, []string{"pvh", "pv", "hvm"}, "save", "live")
			streams(t, h, []string{"pvh", "pv"}, "remus")
		})
	}
}
