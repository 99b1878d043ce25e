// Package privcmd opens the device by which Linux lets a program reach the hypervisor.
package privcmd

import (
	"errors"
	"os"
	"syscall"

	"github.com/xenvoy/xenvoy/xen"
)

// Open opens /dev/xen/privcmd, formerly /proc/xen/privcmd, as libxencall finds it
// (tools/libs/call/linux.c). Where there is neither, the error is xen.ErrNoHypervisor; else
// it is that of os.OpenFile, which matches fs.ErrPermission without the right to use it.
func Open() (*os.File, error) { return openFirst(devices()...) }

// Exists tells whether there is such a device, whoever may use it.
func Exists() bool {
	for _, path := range devices() {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return false
}

func devices() []string { return []string{"/dev/xen/privcmd", "/proc/xen/privcmd"} }

func openFirst(paths ...string) (*os.File, error) {
	for _, path := range paths {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENXIO) || errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.ENOTDIR) {
			continue // not Xen, or not its control domain
		}
		return f, err
	}
	return nil, xen.ErrNoHypervisor
}
