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
		"firmware":         {Type: HVM, Start: Start{Firmware: "coreboot"}},
		"disk_controller":  {Type: HVM, Start: Start{DiskController: "scsi"}},
		"vga":              {Type: HVM, Graphics: Graphics{VGA: "voodoo"}},
		"boot[0]":          {Type: HVM, Start: Start{Boot: []BootDevice{"floppy"}}},
		"viridian[0]":      {Type: HVM, Viridian: Viridian{Groups: []string{"time"}}},
		"disks[0].format":  {Type: PV, Disks: []Disk{{Format: "vmdk"}}},
		"networks[0].type": {Type: PV, Networks: []Network{{Type: "tap"}}},
		"networks[0].mac":  {Type: PV, Networks: []Network{{MAC: "1"}}},
		"on_crash":         {Type: PV, OnCrash: "explode"},
		"cpus":             {Type: PV, Placement: Placement{CPUs: OneOrMore{One: "all"}}},
		"cpus[1]":          {Type: PV, Placement: Placement{CPUs: OneOrMore{More: []string{"0", "1-"}}}},
		"networks[0].rate": {Type: PV, Networks: []Network{{Rate: "fast"}}},
		"pci[0].address":   {Type: PV, Hardware: Hardware{PCI: []PCI{{Address: "0:0"}}}},
		"generation_id":    {Type: HVM, Platform: Platform{GenerationID: "1"}},
		"ioports[0]":       {Type: PV, Hardware: Hardware{IOPorts: []string{"2-1"}}},
		"vtpms[0].uuid":    {Type: PV, Peripherals: Peripherals{VTPMs: []VTPM{{UUID: "1"}}}},
		"libxl.c_info.hap": {Type: HVM, Libxl: `{"c_info":{"hap":1}}`},
		"libxl":            {Type: HVM, Libxl: `{"b_info":{"type.pv":{}}}`},
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
	if len(hvm.ViridianEnable) != viridianWidth || len(hvm.ViridianDisable) != 0 {
		t.Errorf("enable %v, disable %v", hvm.ViridianEnable, hvm.ViridianDisable)
	}
}
