//go:build cgo

package libxl

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// The minimal guest is a domain of 4 MiB whose kernel halts at once: the cheapest that
// libxl builds, for tests that need many.

const (
	kernelBase = 1 << 20 // where the kernel lies and begins
	noteEntry  = 18      // XEN_ELFNOTE_PHYS32_ENTRY (xen/elfnote.h)
)

// minimalKernel writes the kernel and returns its path: an ELF file for i386 with one
// segment of code, and the note that says where a PVH guest begins (Xen's
// docs/misc/pvh.pandoc).
func minimalKernel(t testing.TB) string {
	t.Helper()
	code := []byte{0xfb, 0xf4, 0xeb, 0xfd} // sti (or Xen takes the halt for a shutdown); hlt; jmp to the hlt
	var note bytes.Buffer
	put := func(v ...any) {
		for _, x := range v {
			if err := binary.Write(&note, binary.LittleEndian, x); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(uint32(4), uint32(4), uint32(noteEntry), []byte("Xen\x00"), uint32(kernelBase))

	const headers = 52 + 2*32
	codeAt, noteAt := uint32(headers), uint32(headers+len(code))
	file := bytes.NewBufferString("\x7fELF\x01\x01\x01" + string(make([]byte, 9)))
	for _, v := range []any{
		// e_type EXEC, e_machine 386, e_version, e_entry, e_phoff, e_shoff, e_flags
		uint16(2), uint16(3), uint32(1), uint32(kernelBase), uint32(52), uint32(0), uint32(0),
		// e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx
		uint16(52), uint16(32), uint16(2), uint16(40), uint16(0), uint16(0),
		// PT_LOAD: type, offset, vaddr, paddr, filesz, memsz, flags RX, align
		uint32(1), codeAt, uint32(kernelBase), uint32(kernelBase), uint32(len(code)), uint32(4096), uint32(5), uint32(4),
		// PT_NOTE
		uint32(4), noteAt, uint32(0), uint32(0), uint32(note.Len()), uint32(note.Len()), uint32(4), uint32(4),
		code, note.Bytes(),
	} {
		if err := binary.Write(file, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "minimal")
	if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// minimalConfig is the n-th minimal guest of this process.
func minimalConfig(t testing.TB, kernel string, n int) *idl.DomainConfig {
	t.Helper()
	cfg := &idl.DomainConfig{
		CInfo: idl.DomainCreateInfo{Type: idl.DomainTypePVH, Name: fmt.Sprintf("xv-min-%d-%d", os.Getpid(), n)},
		BInfo: idl.DomainBuildInfo{
			MaxVCPUs:    1,
			AvailVCPUs:  idl.Bitmap{0},
			MaxMemKB:    new(idl.MemKB(4 << 10)),
			TargetMemKB: new(idl.MemKB(4 << 10)),
			ShadowMemKB: new(idl.MemKB(1 << 10)),
			Kernel:      kernel,
			TypePVH:     &idl.DomainBuildInfoPVH{},
		},
	}
	if _, err := rand.Read(cfg.CInfo.UUID[:]); err != nil {
		t.Fatal(err)
	}
	return cfg
}
