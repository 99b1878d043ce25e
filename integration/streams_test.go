//go:build lab

package integration

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/xenvoy/xenvoy/integration/lab"
	"github.com/xenvoy/xenvoy/migrate/stream"
)

// recordings make streams of every kind in dom0, in the file image: what is saved, by xl and by the
// product, what is sent live, and checkpoints. $1 is the program, as xl.
func recordings() map[string]string {
	const create = `printf 'name="rec"\ntype="%s"\nkernel="/var/lib/xenvoy/guests/tiny/vmlinuz"\nramdisk="/var/lib/xenvoy/guests/tiny/initrd.img"\nextra="console=hvc0 quiet"\nmemory=96\n' "$2" >rec.cfg
$1 create -q -e rec.cfg
n=0; until [ "$(xenstore-read /local/domain/$($1 domid rec)/control/feature-suspend 2>/dev/null)" = 1 ] || [ $((n += 1)) -gt 600 ]; do sleep 0.2; done
`
	return map[string]string{
		"save": create + `$1 save rec image`,
		"live": create + `$1 migrate -e -s '' rec "tee image | $1 migrate-receive -e"; $1 destroy rec`,
		"remus": create + `timeout 25 $1 remus -Fnd -i 1000 -e -s '' rec "tee image | $1 migrate-receive -r -e" || true; sync
until [ "$($1 list | grep -c ^rec)" = 0 ]; do $1 destroy rec || $1 destroy rec--incoming || true; done`,
	}
}

// streams has recordings made on a host, reads and checks them, writes each anew to the same bytes, and
// has Xen's own program check that.
func streams(t *testing.T, h *lab.Host, kinds []string, ways ...string) {
	bin := "/usr/lib/xen-" + h.Xen() + "/bin/"
	const links = `mkdir -p /var/tmp/rec/real /var/tmp/rec/ours; ln -sf "$1" /var/tmp/rec/real/xl; ln -sf "$2" /var/tmp/rec/ours/xl`
	if _, err := h.Output(t.Context(), "sh", "-c", links, "links", bin+"xl", program); err != nil {
		t.Fatal(err)
	}
	for _, way := range ways {
		for _, kind := range kinds {
			for _, who := range []string{"real", "ours"} {
				t.Run(way+"/"+kind+"/"+who, func(t *testing.T) {
					script := "set -e; cd /var/tmp/rec; rm -f image; " + recordings()[way]
					if out, err := h.Run(t.Context(), "timeout", "300", "bash", "-c", script, "rec", "/var/tmp/rec/"+who+"/xl", kind); err != nil || out.Code != 0 {
						t.Fatalf("%v, %+v", err, out)
					}
					again := rewrite(t, h)
					if way == "remus" { // it has no end, and is not one for Xen's program
						return
					}
					cmd, err := h.Command(t.Context(), bin+"verify-stream-v2", "-v")
					if err != nil {
						t.Fatal(err)
					}
					f, err := os.Open(again)
					if err != nil {
						t.Fatal(err)
					}
					defer f.Close()
					cmd.Stdin = f
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Errorf("verify-stream-v2: %v: %s", err, out)
					}
				})
			}
		}
	}
}

// rewrite reads the file image out of a host, verifies it, writes it anew, and gives the name of that file.
func rewrite(t *testing.T, h *lab.Host) string {
	t.Helper()
	again := filepath.Join(t.TempDir(), "again")
	out, err := os.Create(again)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	first, second := sha256.New(), sha256.New()
	var head bytes.Buffer
	err = fromHost(t, h, "cat", func(r io.Reader) error {
		verdict, err := stream.Verify(io.TeeReader(r, first), stream.ReaderOptions{})
		fmt.Fprintf(&head, "%+v", verdict)
		return err
	})
	t.Log(head.String())
	if err != nil {
		t.Fatal(err)
	}
	err = fromHost(t, h, "cat", func(r io.Reader) error {
		err := stream.Rewrite(io.MultiWriter(out, second), r, stream.ReaderOptions{Strict: true})
		if err == nil { // xl's permission to start stands behind a stream that was sent
			_, err = io.Copy(second, r)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Sum(nil), second.Sum(nil)) {
		t.Error("written anew, the stream has other bytes")
	}
	return again
}

// fromHost runs a command on the file image in the host and gives its output to f.
func fromHost(t *testing.T, h *lab.Host, command string, f func(io.Reader) error) error {
	t.Helper()
	cmd, err := h.Command(t.Context(), command, "/var/tmp/rec/image")
	if err != nil {
		return err
	}
	return piped(cmd, f)
}

func piped(cmd *exec.Cmd, f func(io.Reader) error) error {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	failed := f(out)
	_, _ = io.Copy(io.Discard, out) // its end tells more
	if err := cmd.Wait(); failed == nil {
		return err
	}
	return failed
}
