package domcfg

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// counting is a source of "random" bytes that are the same in each run.
type counting byte

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		*c++
		p[i] = byte(*c)
	}
	return len(p), nil
}

func TestLibxlConfig(t *testing.T) {
	for _, path := range goodFiles(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			d, err := Load(path)
			if err != nil {
				t.Fatal(err)
			}
			config, err := d.libxlConfig(new(counting))
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.MarshalIndent(config, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			base := strings.TrimSuffix(filepath.Base(path), ".yaml")
			golden(t, filepath.Join("testdata", "golden", base+".libxl.json"), string(text)+"\n")
		})
	}
}

func TestLibxlConfigUUID(t *testing.T) {
	d, err := Load("../../configs/domains/tiny-pv.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var seen [2]idl.UUID
	for i := range seen {
		config, err := d.LibxlConfig()
		if err != nil {
			t.Fatal(err)
		}
		seen[i] = config.CInfo.UUID
		if seen[i][6]>>4 != 4 || seen[i][8]>>6 != 0b10 {
			t.Errorf("%v is not a random UUID", seen[i])
		}
	}
	if seen[0] == seen[1] {
		t.Errorf("%v twice", seen[0])
	}
}

func TestLibxlConfigRandomFails(t *testing.T) {
	d := &Domain{Name: "a", Type: PV}
	if _, err := d.libxlConfig(strings.NewReader("short")); err == nil {
		t.Error("a UUID from no randomness")
	}
}

// A Domain made in Go may hold what Parse would refuse.
func TestLibxlConfigRefuses(t *testing.T) {
	for field, d := range map[string]*Domain{
		"type":             {},
		"uuid":             {Type: PV, UUID: "1"},
		"firmware":         {Type: HVM, Firmware: "coreboot"},
		"disk_controller":  {Type: HVM, DiskController: "scsi"},
		"vga":              {Type: HVM, VGA: "voodoo"},
		"boot[0]":          {Type: HVM, Boot: []BootDevice{"floppy"}},
		"viridian[0]":      {Type: HVM, Viridian: Viridian{Groups: []string{"time"}}},
		"disks[0].format":  {Type: PV, Disks: []Disk{{Format: "vmdk"}}},
		"networks[0].type": {Type: PV, Networks: []Network{{Type: "tap"}}},
		"networks[0].mac":  {Type: PV, Networks: []Network{{MAC: "1"}}},
		"on_crash":         {Type: PV, OnCrash: "explode"},
	} {
		_, err := d.LibxlConfig()
		var one *Error
		if !errors.As(err, &one) || one.Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

func TestViridianAllTakesBack(t *testing.T) {
	d := &Domain{Type: HVM, Viridian: Viridian{Groups: []string{"!base", "all", "!freq", "freq"}}}
	config, err := d.LibxlConfig()
	if err != nil {
		t.Fatal(err)
	}
	hvm := config.BInfo.TypeHVM
	if len(hvm.ViridianEnable) != len(viridianGroups()) || len(hvm.ViridianDisable) != 0 {
		t.Errorf("enable %v, disable %v", hvm.ViridianEnable, hvm.ViridianDisable)
	}
}
