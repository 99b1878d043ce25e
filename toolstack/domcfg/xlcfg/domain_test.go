package xlcfg

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

func TestDomainPlaces(t *testing.T) {
	f, err := ParseBytes([]byte(`name = "web"
builder = "hvm"
maxmem = 64
kernel = "/boot/k"
ramdisk = "relative"
disk = [ "/dev/vg/web,raw,xvda,rw", "vdev=hdc,cdrom", "backend=storage,vdev=xvdb,target=/x", "script=block-nbd,vdev=xvdc,target=/y" ]
vif = [ "script=vif-route", "backend=net,script=/z" ]
`), "web.cfg")
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := NewDomain(f, Host{})
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"name": "web.cfg:1:8", "type": "web.cfg:2:11", "memory": "web.cfg:3:10", "disks[1].path": "web.cfg:6:8",
		"networks[0].script": "web.cfg:7:7", "on_crash": "web.cfg",
	} {
		if got := d.Pos(field).String(); got != want {
			t.Errorf("%s is at %s, want %s", field, got, want)
		}
		if d.Says(field) != strings.Contains(want, ":") {
			t.Errorf("Says(%s) = %v", field, d.Says(field))
		}
	}
	var files []string
	for _, ref := range d.Files() {
		files = append(files, ref.Field+" "+ref.Path)
	}
	if want := []string{"kernel /boot/k", "disks[0].path /dev/vg/web"}; !slices.Equal(files, want) {
		t.Errorf("files %q, want %q", files, want)
	}
}

func TestBootLoaderBringsTheKernel(t *testing.T) {
	f, err := ParseBytes([]byte("name='a'\nbootloader='pygrub'\nkernel='/in/the/guest'\n"), "a.cfg")
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := NewDomain(f, Host{})
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Files(); len(got) != 0 {
		t.Errorf("files of a domain with a boot loader: %+v", got)
	}
}

func TestLoadConf(t *testing.T) {
	conf := func(text string) string {
		path := filepath.Join(t.TempDir(), "xl.conf")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var h Host
	warnings, err := h.LoadConf(conf(`run_hotplug_scripts=0
claim_mode=0
vif.default.bridge="new"
defaultbridge="old"
vifscript="vif-old"
blkdev_start="xvdb"
max_grant_frames=64
autoballoon="on"
lockfile="/run/xl"
`))
	if err != nil {
		t.Fatal(err)
	}
	if !h.NoHotplug || !h.NoClaim || h.VifBridge != "new" || h.VifScript != "vif-old" || h.BlkdevStart != "xvdb" ||
		h.MaxGrantFrames == nil || *h.MaxGrantFrames != 64 || h.MaxGrantVersion != nil {
		t.Errorf("%+v", h)
	}
	want := []string{"defaultbridge", "vifscript"}
	if len(warnings) != 2 || warnings[0].Key != want[0] || warnings[1].Key != want[1] {
		t.Errorf("warnings: %v", warnings)
	}
	if warnings, err := h.LoadConf(conf("autoballoon='off'\n")); err != nil || len(warnings) != 0 {
		t.Errorf("autoballoon off: %v, %v", warnings, err)
	}
	var faults domcfg.Errors
	if _, err := h.LoadConf(conf("max_grant_frames=-1\n'")); !errors.As(err, &faults) {
		t.Errorf("wrong grammar: %v", err)
	}
	if _, err := h.LoadConf(conf("max_grant_version='-1'\nmax_grant_frames=9999999999\n")); !errors.As(err, &faults) || len(faults) != 2 {
		t.Errorf("numbers out of range: %v", err)
	}
	if warnings, err := h.LoadConf(filepath.Join(t.TempDir(), "none")); err != nil || warnings != nil {
		t.Errorf("no file: %v, %v", warnings, err)
	}
}
