package tune

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
)

func (f *fake) FlaskGetEnforce(context.Context) (bool, error) {
	return f.dom0CPUs == 1, f.fail["FlaskGetEnforce"]
}

func (f *fake) FlaskSetEnforce(_ context.Context, enforce bool) error {
	return f.call("FlaskSetEnforce", "%v", enforce)
}

func (f *fake) FlaskLoadPolicy(_ context.Context, policy []byte) error {
	return f.call("FlaskLoadPolicy", "%s", policy)
}

func TestFlask(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy")
	if err := os.WriteFile(file, []byte("rules"), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, nil, []row{
		{"getenforce", nil, "Permissive\n", "", 0},
		{"getenforce -h", nil, "Permissive\n", "", 0},
		{"setenforce 1", []string{"FlaskSetEnforce true"}, "", "", 0},
		{"setenforce Permissive", []string{"FlaskSetEnforce false"}, "", "", 0},
		{"loadpolicy " + file, []string{"FlaskLoadPolicy rules"}, "Successfully loaded policy.\n", "", 0},
		{"loadpolicy /nosuch", nil, "", "Error occurred opening policy file '/nosuch': no such file or directory\n", 255},
	})
	check(t, func(f *fake) { f.dom0CPUs = 1 }, []row{{"getenforce", nil, "Enforcing\n", "", 1}})
	check(t, func(f *fake) {
		for _, m := range []string{"FlaskGetEnforce", "FlaskSetEnforce", "FlaskLoadPolicy"} {
			f.fail[m] = fmt.Errorf("flask: %w", syscall.ENOSYS)
		}
	}, []row{
		{"getenforce", nil, "Flask XSM Disabled\n", "", 255},
		{"setenforce 0", []string{"FlaskSetEnforce false"}, "", "Flask XSM disabled\n", 255},
		{"loadpolicy " + file, []string{"FlaskLoadPolicy rules"}, "", "Flask XSM disabled\n", 255},
	})
	checkFailures(t, nil, []struct {
		words, method, stderr string
		status                int
	}{
		{"getenforce", "FlaskGetEnforce", "Failed to get enforcing mode\n", 255},
		{"setenforce 0", "FlaskSetEnforce", "error occurred while setting enforcing mode (-1)\n", 255},
		{"loadpolicy " + file, "FlaskLoadPolicy", "Unable to load new Flask policy: libxl: fail (-3)\n", 255},
	})
	checkUsage(t, map[string]int{"setenforce": 2, "setenforce x": 2, "setenforce -h": 2, "loadpolicy": 2})

	f := newFake()
	f.dom0CPUs = 1
	got := xltest.Bench{Commands: Commands(), Xen: f}.Xenvoy(t, "json", "getenforce")
	if got.Err != nil || strings.TrimSpace(got.Stdout) != `"enforcing"` {
		t.Errorf("%+v", got)
	}
}
