package libvirtcfg

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// FuzzParse: messages are ours and bounded, a configuration has libxl's JSON, and what
// Format writes is read without a warning, and again the same.
func FuzzParse(f *testing.F) {
	for _, path := range append(glob(f, "testdata/good/*.xml", 46), glob(f, "testdata/bad/*.xml", 19)...) {
		f.Add(read(f, path))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		config, warnings, err := Parse(data, "f.xml")
		for _, w := range warnings {
			if w.Msg == "" || strings.ContainsAny(w.String(), "\n\r\x00") || w.Pos.Line < 1 {
				t.Errorf("%q", w.String())
			}
		}
		if err != nil {
			var errs domcfg.Errors
			if !errors.As(err, &errs) || len(errs) == 0 || len(errs) > maxErrors+1 {
				t.Fatalf("%T: %v", err, err)
			}
			for _, e := range errs {
				if e.Pos.Line < 1 || e.Msg == "" || strings.ContainsAny(e.Error(), "\n\r\x00") {
					t.Errorf("%q", e.Error())
				}
			}
			return
		}
		checkJSON(t, config)
		text, dropped, err := Format(config)
		if err != nil {
			t.Fatalf("%v\nof\n%s", err, data)
		}
		back, warnings, err := Parse(text, "f.xml")
		if err != nil || len(warnings) > 0 {
			t.Fatalf("%v, %v in\n%s", warnings, err, text)
		}
		different, err := difference(config, back)
		if err != nil || !slices.Equal(different, dropped) {
			t.Errorf("%v: %v is not what differs, %v, in\n%s", err, dropped, different, text)
		}
	})
}

func checkJSON(t *testing.T, config *idl.DomainConfig) {
	t.Helper()
	var back idl.DomainConfig
	if err := json.Unmarshal([]byte(normal(t, config)), &back); err != nil {
		t.Fatal(err)
	}
	if normal(t, &back) != normal(t, config) {
		t.Error("does not come back from its JSON")
	}
	if err := idl.CheckNumbers(config); err != nil {
		t.Error(err)
	}
}

func normal(t *testing.T, config *idl.DomainConfig) string {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// FuzzFormat writes any configuration that is libxl's JSON, also one that xl would not
// make: it fails with our errors, or its text can be read.
func FuzzFormat(f *testing.F) {
	for _, path := range glob(f, "testdata/good/*.json", 46) {
		f.Add(read(f, path))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var config idl.DomainConfig
		if err := json.Unmarshal(text, &config); err != nil {
			return
		}
		written, _, err := Format(&config)
		var errs domcfg.Errors
		switch {
		case errors.As(err, &errs):
			for _, e := range errs {
				if e.Pos.IsValid() || e.Msg == "" {
					t.Errorf("%q", e.Error())
				}
			}
			return
		case err != nil:
			t.Fatal(err)
		}
		if _, warnings, err := Parse(written, "f.xml"); err != nil || len(warnings) > 0 {
			t.Errorf("%v, %v in\n%s", warnings, err, written)
		}
	})
}
