package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// grubParts are files laid out like GRUB's: see bootSectors.
func grubParts(coreSize int) (boot, core []byte) {
	boot, core = bytes.Repeat([]byte{0xb0}, sector), bytes.Repeat([]byte{0xc0}, coreSize)
	binary.LittleEndian.PutUint64(boot[0x5c:], 1)
	binary.LittleEndian.PutUint64(core[sector-12:], 2)
	return boot, core
}

func TestBootSectors(t *testing.T) {
	boot, core := grubParts(3*sector + 7)
	head, err := bootSectors(boot, core)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(head[:tableOffset], boot[:tableOffset]) || !bytes.Equal(head[sector:], core) {
		t.Error("GRUB's code is not where it was put")
	}
	// One active Linux partition from sector 2048 on, 4194304 sectors long, and no other.
	want := append([]byte{0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff, 0, 8, 0, 0, 0, 0, 0x40, 0}, make([]byte, 48)...)
	if got := head[tableOffset : tableOffset+64]; !bytes.Equal(got, want) {
		t.Errorf("partition table\n% x, want\n% x", got, want)
	}
	if head[510] != 0x55 || head[511] != 0xaa {
		t.Errorf("signature % x", head[510:512])
	}
}

func TestBootSectorsRefusesAnotherGRUB(t *testing.T) {
	for what, change := range map[string]func(boot, core *[]byte){
		"a short boot.img":                  func(boot, _ *[]byte) { *boot = (*boot)[:100] },
		"a boot.img that loads sector 9":    func(boot, _ *[]byte) { (*boot)[0x5c] = 9 },
		"a core.img of one sector":          func(_, core *[]byte) { *core = (*core)[:sector] },
		"a core.img that goes on elsewhere": func(_, core *[]byte) { (*core)[sector-12] = 9 },
		"a core.img up to the partition":    func(_, core *[]byte) { _, *core = grubParts(partStart) },
	} {
		boot, core := grubParts(3 * sector)
		change(&boot, &core)
		if _, err := bootSectors(boot, core); !errors.Is(err, errGRUB) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestDebianKeyIsStable(t *testing.T) {
	a, err := debianKey()
	b, err2 := debianKey()
	if err != nil || err2 != nil || a != b || len(a) != 16 {
		t.Errorf("debianKey = %q %v, %q %v", a, err, b, err2)
	}
}

// Every file of the recipe is in the program.
func TestDebianFiles(t *testing.T) {
	for _, f := range debianOverlay {
		if _, err := debianFiles.ReadFile("debian/" + f.src); err != nil {
			t.Error(err)
		}
	}
}
