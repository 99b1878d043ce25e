package xl

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func TestBitmapText(t *testing.T) {
	for _, tc := range []struct {
		set  idl.Bitmap
		n    int
		want string
	}{
		{nil, 4, "none"}, {idl.Bitmap{4, 5}, 4, "none"}, {idl.Bitmap{0, 1, 2, 3}, 4, "all"}, {idl.Bitmap{0, 1, 2, 3, 4}, 4, "all"},
		{idl.Bitmap{0}, 1, "all"}, {idl.Bitmap{0, 1, 2}, 4, "0-2"}, {idl.Bitmap{0, 2, 3}, 4, "0,2-3"}, {idl.Bitmap{1, 2, 3}, 4, "1-3"},
		{idl.Bitmap{0, 1, 3, 5, 6, 9}, 8, "0-1,3,5-6"}, {idl.Bitmap{0}, 0, "none"},
	} {
		if got := BitmapText(tc.set, tc.n); got != tc.want {
			t.Errorf("%v of %d: %q, want %q", tc.set, tc.n, got, tc.want)
		}
	}
}

// What xl passes over is told, and is an error where nothing may be passed over.
func TestLenient(t *testing.T) {
	logged := &libxl.Error{Op: "x", Domain: 5, Code: libxl.ErrFail, Log: []libxl.Record{{Level: libxl.LevelError, Text: "said"}}}
	for _, tc := range []struct {
		err  error
		said string
	}{{nil, ""}, {logged, ""}, {errors.New("silent"), "xl: silent\n"}} {
		var errs bytes.Buffer
		c := &Call{Session: &Session{Stderr: &errs}}
		if err := c.Lenient(tc.err); err != nil || errs.String() != tc.said {
			t.Errorf("%v: %v, said %q", tc.err, err, errs.String())
		}
		c.Strict = true
		if err := c.Lenient(tc.err); !errors.Is(err, tc.err) {
			t.Errorf("%v, strictly: %v", tc.err, err)
		}
	}
}

func TestBecause(t *testing.T) {
	var errs bytes.Buffer
	c := &Call{Session: &Session{Stderr: &errs}, Command: &Command{Name: "x"}}
	if err := c.Because(libxl.ErrFail, "it failed.\n"); err.Error() != "it failed.\n" || !errors.Is(err, libxl.ErrFail) {
		t.Errorf("%q", err)
	}
	if err := c.PassOver(libxl.ErrFail, "it failed."); err != nil || errs.String() != "it failed.\n" {
		t.Errorf("%v, %q", err, errs.String())
	}
	c.Strict = true
	for _, err := range []error{c.Because(libxl.ErrFail, "it failed.\n"), c.PassOver(libxl.ErrFail, "it failed.")} {
		if err == nil || err.Error() != "it failed: fail" || !errors.Is(err, libxl.ErrFail) {
			t.Errorf("strictly: %v", err)
		}
	}
}

// Guests of the format's time have one line for each property; PVH is not among them.
func TestSXP(t *testing.T) {
	var cfg idl.DomainConfig
	cfg.CInfo.Type, cfg.CInfo.PoolName, cfg.CInfo.XSData = idl.DomainTypeHVM, "fast", idl.KeyValueList{{Key: "a"}}
	cfg.BInfo.TypeHVM = &idl.DomainBuildInfoHVM{VGA: idl.VGAInterfaceInfo{Kind: idl.VGAInterfaceTypeStd}, Boot: "dc"}
	cfg.BInfo.APIC, cfg.BInfo.VideoMemKB = idl.True, new(idl.MemKB(8192))
	text, err := SXP(-1, "", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"(domain\n\t(domid -1)\n", "\n\t(hvm 1)\n", "\n\t(uuid <unknown>)\n", "\n\t(cpupool fast)\n", "\n\t(xsdata contains data)\n",
		"\n\t\t(hvm\n\t\t\t(firmware (null))\n\t\t\t(video_memkb 8192)\n\t\t\t(shadow_memkb -1)\n", "\n\t\t\t(apic True)\n", "\n\t\t\t(timer_mode unknown)\n",
		"\n\t\t\t(stdvga True)\n", "\n\t\t\t(device_model default)\n", "\n\t\t\t(boot dc)\n", "\n\t\t\t(vkb_device <default>)\n\t\t)\n\t)\n)\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("%q is not in\n%s", line, text)
		}
	}
	if strings.Count(text, "(") != strings.Count(text, ")") {
		t.Error("brackets are left open")
	}
	cfg.CInfo.Type = idl.DomainTypePVH
	text, err = SXP(5, "u", &cfg)
	if err == nil || err.Error() != "Unknown domain type 3" || !strings.HasSuffix(text, "\t(image\n") {
		t.Errorf("%v, %q", err, text)
	}
}

// Messages end as those of Xen's own logger.
func TestLogger(t *testing.T) {
	var errs bytes.Buffer
	p := &Program{Stderr: &errs}
	log := p.logger(&Session{}, global{level: libxl.LevelProgress})
	log(libxl.Record{Level: libxl.LevelError, Context: "libxl", Text: "open it", Errno: 2})
	log(libxl.Record{Level: libxl.LevelError, Context: "libxl", Text: "it failed", Errno: -1})
	log(libxl.Record{Level: libxl.LevelDebug, Context: "libxl", Text: "not shown", Errno: -1})
	if want := "libxl: error: open it: No such file or directory\nlibxl: error: it failed\n"; errs.String() != want {
		t.Errorf("%q", errs.String())
	}
}
