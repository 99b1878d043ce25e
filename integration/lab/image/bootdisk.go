package image

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Layout of the debian guest's disk: the only partition begins at 1 MiB, and GRUB lies before it.
const (
	sector     = 512     // bytes
	partStart  = 1 << 20 // bytes
	partSize   = 2 << 30 // bytes
	linuxType  = 0x83    // of a partition, in the DOS table
	activeFlag = 0x80

	tableOffset = 446 // of the DOS partition table in the first sector
)

// disk makes the partition's file system from the root folder, and puts GRUB and the table before it.
func (b *debianBuilder) disk(ctx context.Context) error {
	boot, core, err := b.grub(ctx)
	if err != nil {
		return err
	}
	if err := removeGlob(filepath.Join(b.root, "usr/lib/grub")); err != nil {
		return err
	}
	f, err := os.Create(b.Disk)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Truncate(partStart+partSize), f.Close()); err != nil {
		return err
	}
	err = run(ctx, nil, "mke2fs", "-q", "-t", "ext4", "-L", "debian", "-m", "0", "-d", b.root,
		"-E", fmt.Sprintf("offset=%d,lazy_itable_init=0,lazy_journal_init=0", partStart), b.Disk, fmt.Sprintf("%dk", partSize>>10))
	if err != nil {
		return err
	}
	head, err := bootSectors(boot, core)
	if err != nil {
		return err
	}
	if f, err = os.OpenFile(b.Disk, os.O_WRONLY, 0); err != nil {
		return err
	}
	_, err = f.Write(head)
	return errors.Join(err, f.Close())
}

// grub returns GRUB's first sector and its core, with the commands to boot by inside.
func (b *debianBuilder) grub(ctx context.Context) (boot, core []byte, err error) {
	const lib = "/usr/lib/grub/i386-pc"
	config, err := debianFiles.ReadFile("debian/grub.cfg")
	if err != nil {
		return nil, nil, err
	}
	if err := writeFile(filepath.Join(b.root, "boot/grub/early.cfg"), config, 0o644); err != nil {
		return nil, nil, err
	}
	// The guest's own program fits the guest's own modules.
	args := []string{b.root, "grub-mkimage", "-O", "i386-pc", "-d", lib, "-p", "(hd0,msdos1)/boot/grub",
		"-c", "/boot/grub/early.cfg", "-o", "/boot/grub/core.img"}
	if err := run(ctx, nil, "chroot", append(args, debianGRUB[:]...)...); err != nil {
		return nil, nil, err
	}
	boot, err = os.ReadFile(filepath.Join(b.root, lib, "boot.img"))
	if err != nil {
		return nil, nil, err
	}
	core, err = os.ReadFile(filepath.Join(b.root, "boot/grub/core.img"))
	return boot, core, err
}

// errGRUB is a GRUB that is not laid out as expected.
var errGRUB = errors.New("unexpected GRUB image")

// bootSectors lays out what precedes the partition: GRUB's first sector with the partition table in it, then its
// core. GRUB's files are made for this place: boot.img loads sector 1, which loads the rest from sector 2 on
// (GRUB_BOOT_MACHINE_KERNEL_SECTOR and the block list in include/grub/i386/pc/boot.h of GRUB).
func bootSectors(boot, core []byte) ([]byte, error) {
	const kernelSector = 0x5c
	if len(boot) != sector || binary.LittleEndian.Uint64(boot[kernelSector:]) != 1 {
		return nil, fmt.Errorf("%w: boot.img has %d bytes and does not load sector 1", errGRUB, len(boot))
	}
	if len(core) <= sector || sector+len(core) > partStart {
		return nil, fmt.Errorf("%w: core.img has %d bytes", errGRUB, len(core))
	}
	if next := binary.LittleEndian.Uint64(core[sector-12:]); next != 2 {
		return nil, fmt.Errorf("%w: core.img goes on in sector %d", errGRUB, next)
	}
	head := append(append([]byte{}, boot...), core...)
	entry := head[tableOffset : tableOffset+16]
	clear(head[tableOffset : tableOffset+64])
	// No one asks for cylinders and heads: the largest value stands for "use the sector numbers".
	copy(entry, []byte{activeFlag, 0xfe, 0xff, 0xff, linuxType, 0xfe, 0xff, 0xff})
	binary.LittleEndian.PutUint32(entry[8:], partStart/sector)
	binary.LittleEndian.PutUint32(entry[12:], partSize/sector)
	head[sector-2], head[sector-1] = 0x55, 0xaa
	return head, nil
}
