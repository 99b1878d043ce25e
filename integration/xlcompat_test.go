//go:build lab

package integration

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/integration/lab"
	"github.com/xenvoy/xenvoy/integration/xlcompat"
)

// compareXL runs cases of testdata/xl with xl itself and with the product under its name, and
// compares: those of the files whose names begin with one of the beginnings.
func compareXL(t *testing.T, h *lab.Host, beginnings ...string) ([]*xlcompat.File, []xlcompat.Verdict) {
	t.Helper()
	files, err := xlcompat.Read(os.DirFS("testdata/xl"))
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(f *xlcompat.File) bool {
		return !slices.ContainsFunc(beginnings, func(s string) bool { return strings.HasPrefix(f.Name, s) })
	})
	if len(files) == 0 {
		t.Fatalf("no file of cases begins with one of %q", beginnings)
	}
	all := runCases(t, h, files, "real", "ours")
	recordXL(t, files, all)
	for _, fault := range xlcompat.Around(files, all) {
		t.Error(fault)
	}
	var verdicts []xlcompat.Verdict
	for _, f := range files {
		for _, s := range f.Sections {
			for _, c := range s.Cases {
				v := xlcompat.Judge(c, all)
				for _, fault := range v.Faults {
					t.Errorf("%s: %s: %s", c.Where, c.Line, fault)
				}
				verdicts = append(verdicts, v)
			}
		}
	}
	return files, verdicts
}

// recordXL writes what xl itself does, for whoever writes a command, to the file XENVOY_RECORD.
func recordXL(t *testing.T, files []*xlcompat.File, all xlcompat.Results) {
	t.Helper()
	path := os.Getenv("XENVOY_RECORD")
	if path == "" {
		return
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := xlcompat.Record(f, files, all); err != nil {
		t.Fatal(err)
	}
}

// runCases puts the cases' files and both programs into the host, and runs the script there.
func runCases(t *testing.T, h *lab.Host, files []*xlcompat.File, who ...string) xlcompat.Results {
	t.Helper()
	provideCases(t, h)
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Minute)
	defer cancel()
	const script = xlcompat.Folder + "/cases.sh"
	if err := h.Put(ctx, strings.NewReader(xlcompat.Script(files, who...)), script, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, err := h.Command(ctx, "bash", script, xlcompat.Folder)
	if err != nil {
		t.Fatal(err)
	}
	var out, progress bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &progress
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	t.Log(progress.String())
	all, err := xlcompat.Parse(&out)
	if err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	return all
}

// provideCases puts testdata/xl into the host, beside the folders real and ours with the
// two programs that are called xl.
func provideCases(t *testing.T, h *lab.Host) {
	t.Helper()
	provide(t, h, "testdata/xl", xlcompat.Folder)
	const link = `mkdir -p "$1/real" "$1/ours" && ln -sf "/usr/lib/xen-$2/bin/xl" "$1/real/xl" && ln -sf "$3" "$1/ours/xl"`
	if _, err := h.Output(t.Context(), "sh", "-c", link, "link", xlcompat.Folder, h.Xen(), program); err != nil {
		t.Fatal(err)
	}
}

// provide puts a folder into the host.
func provide(t *testing.T, h *lab.Host, folder, dst string) {
	t.Helper()
	cmd, err := h.Command(t.Context(), "sh", "-c", `mkdir -p "$1" && tar x -C "$1"`, "unpack", dst)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = bytes.NewReader(archive(t, folder))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// archive is a folder as a tar file.
func archive(t *testing.T, folder string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.AddFS(os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
