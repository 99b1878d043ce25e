//go:build lab

package integration

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/integration/lab"
	"github.com/xenvoy/xenvoy/integration/xlcompat"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
)

// corpus is the folder of xl's files: good and numa are those that xl takes, bad those with
// a fault, ours those of which we make something else on purpose.
const corpus = "../toolstack/domcfg/xlcfg/testdata"

// sampleEvery picks the files that the product reads in dom0, too. A start of it takes as long
// as one of xl, so this test reads the others itself, with what it has asked of the host.
const sampleEvery = 14

// endless is the file that xl needs minutes for: it goes through a billion vCPUs one by one.
const endless = "bad/vcpus-huge.cfg"

// compareFiles has xl read all files again, on this host, and compares what "create -n" prints.
func compareFiles(t *testing.T, h *lab.Host) {
	var all, sample []*xlcompat.Case
	for _, folder := range []string{"good", "numa", "ours", "bad"} {
		names, err := filepath.Glob(filepath.Join(corpus, folder, "*.cfg"))
		if err != nil || len(names) == 0 {
			t.Fatalf("no files in %s: %v", folder, err)
		}
		for _, name := range names {
			name = path.Join(folder, filepath.Base(name))
			c := &xlcompat.Case{ID: len(all) + 1, Where: name, Line: "xl create -n -q " + xlcompat.Quote("corpus/"+name)}
			if name == endless {
				c.Line = "timeout 2 " + c.Line
			}
			all = append(all, c)
			if c.ID%sampleEvery == 0 {
				sample = append(sample, c)
			}
		}
	}
	facts := hostFacts(t, h)
	provide(t, h, corpus, xlcompat.Folder+"/corpus")
	one := func(cases []*xlcompat.Case) []*xlcompat.File {
		return []*xlcompat.File{{Name: "corpus", Sections: []*xlcompat.Section{{Command: "create", Cases: cases}}}}
	}
	real, ours := runCases(t, h, one(all), "real"), runCases(t, h, one(sample), "ours")
	count := make(map[string]int)
	for _, c := range all {
		count[path.Dir(c.Where)]++
		r, own := real.Of(c, "real", "run"), ours.Of(c, "ours", "run")
		text, err := readFile(c.Where, facts)
		compareFile(t, c.Where, r, text, err)
		if c.ID%sampleEvery == 0 {
			count["sample"]++
			if again := plainOf(t, c.Where, own); (own.Status == 0) != (err == nil) || again != text {
				t.Errorf("%s: read in dom0: status %d\n%s\nhere: %v\n%s", c.Where, own.Status, again, err, text)
			}
		}
	}
	t.Logf("files: %v", count)
	if count["good"] < 150 || count["bad"] < 100 || count["sample"] < 40 {
		t.Error("those are too few")
	}
}

// compareFile compares what xl has left of a file with what we make of it. Some of the faults,
// and some files of numa, are only such on another host than this.
func compareFile(t *testing.T, name string, r *xlcompat.Result, text string, err error) {
	t.Helper()
	xl := plainOf(t, name, r)
	folder := path.Dir(name)
	switch {
	case folder == "ours":
		if err != nil { // what xl makes of them is left to what is in its memory
			t.Errorf("%s: %v", name, err)
		}
	case folder == "bad" && err != nil:
		if taken := accepted(t, path.Base(name)); (r.Status == 0) != taken {
			t.Errorf("%s: status %d of xl, listed as taken by it: %v; we say %v", name, r.Status, taken, err)
		}
	case folder == "numa" && err != nil && r.Status != 0:
	case err != nil || r.Status != 0 || xl != text:
		t.Errorf("%s: xl (status %d):\n%s%s\nwe: %v\n%s", name, r.Status, xl, r.Stderr, err, text)
	}
}

// accepted says whether xl is known to take a file with a fault.
func accepted(t *testing.T, base string) bool {
	t.Helper()
	list, err := os.ReadFile(filepath.Join(corpus, "bad/accepted-by-xl.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains("\n"+string(list), "\n"+strings.TrimSuffix(base, ".cfg")+":")
}

// plainOf makes what a run has printed comparable; it is "" for one that has failed.
func plainOf(t *testing.T, name string, r *xlcompat.Result) string {
	t.Helper()
	if r.Status != 0 {
		return ""
	}
	f, err := xlcfg.Load(filepath.Join(corpus, name))
	keep := err == nil && f.Lookup("uuid") != nil
	text, err := xlcompat.Plain([]byte(r.Stdout), keep)
	if err != nil && path.Dir(name) != "bad" { // of bad ones, xl prints JSON that is none
		t.Errorf("%s: %v", name, err)
	}
	return text
}

// readFile reads a file as the product does, and gives comparable JSON.
func readFile(name string, facts xlcfg.Host) (string, error) {
	f, err := xlcfg.Load(filepath.Join(corpus, name))
	if err != nil {
		return "", err
	}
	config, _, err := xlcfg.Config(f, facts)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(config)
	if err != nil {
		return "", err
	}
	return xlcompat.Plain(text, f.Lookup("uuid") != nil)
}

// hostFacts is what "create -n" asks of the host and of its xl.conf.
func hostFacts(t *testing.T, h *lab.Host) xlcfg.Host {
	t.Helper()
	var facts xlcfg.Host
	for key, into := range map[string]*int{"max_cpu_id": &facts.CPUs, "nr_cpus": &facts.Online, "nr_nodes": &facts.Nodes} {
		out, err := h.Output(t.Context(), "xl", "info", key)
		if err != nil {
			t.Fatal(err)
		}
		if *into, err = strconv.Atoi(strings.TrimSpace(out)); err != nil {
			t.Fatal(err)
		}
	}
	facts.CPUs++
	conf, err := h.Output(t.Context(), "cat", xlcfg.ConfPath)
	if err != nil {
		t.Fatal(err)
	}
	f, err := xlcfg.ParseBytes([]byte(conf), xlcfg.ConfPath)
	if err != nil {
		t.Fatal(err)
	}
	settings, _, err := xlcfg.ReadConf(f)
	if err != nil {
		t.Fatal(err)
	}
	facts.Defaults = settings.Defaults
	return facts
}
