package main

import (
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"
)

// consoles writes to all of the guest's consoles; one that fails does not stop the others.
type consoles []*os.File

func (c consoles) Write(p []byte) (int, error) {
	for _, f := range c {
		f.Write(p) //nolint:errcheck // nowhere is left to say so
	}
	return len(p), nil
}

// openConsoles opens Xen's console, and the serial port when the command line names it: under emulation each
// character there costs several exits.
func openConsoles(set map[string]string) consoles {
	names := []string{"/dev/hvc0"}
	if strings.Contains(set["console"], "ttyS0") {
		names = append(names, "/dev/ttyS0")
	}
	var all consoles
	for _, n := range names {
		if f, err := os.OpenFile(n, os.O_RDWR|syscall.O_NOCTTY, 0); err == nil {
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		all = append(all, os.Stdout)
	}
	return all
}

// loadModules loads the drivers listed in dir/order.
func loadModules(dir string) {
	order, err := os.ReadFile(filepath.Join(dir, "order"))
	if err != nil {
		log.Printf("tiny: %v", err)
	}
	for _, m := range strings.Fields(string(order)) {
		f, err := os.Open(filepath.Join(dir, m))
		if err != nil {
			log.Printf("tiny: %v", err)
			continue
		}
		const finitModule = 313 // finit_module(2) on amd64
		params := []byte{0}
		if _, _, e := syscall.Syscall(finitModule, f.Fd(), uintptr(unsafe.Pointer(&params[0])), 0); e != 0 {
			log.Printf("tiny: module %s: %v", m, e)
		}
		f.Close()
	}
}

// watchNetwork gives address ("A.B.C.D/PREFIX") to eth0 when the kernel says that it has appeared, and again
// when it was unplugged and comes back. It has to be listening before the driver is loaded.
func watchNetwork(address string) {
	up("lo", net.IPv4(127, 0, 0, 1), net.CIDRMask(8, 32))
	if address == "" {
		return
	}
	ip, network, err := net.ParseCIDR(address)
	if err != nil || ip.To4() == nil {
		log.Printf("tiny: tiny.ip=%s is not an IPv4 address with prefix", address)
		return
	}
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_DGRAM, syscall.NETLINK_KOBJECT_UEVENT)
	if err == nil {
		err = syscall.Bind(fd, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK, Groups: 1})
	}
	if err != nil {
		log.Printf("tiny: kernel events: %v", err)
		return
	}
	go func() {
		buf := make([]byte, 8192)
		for {
			n, err := syscall.Read(fd, buf)
			if err != nil && err != syscall.EINTR && err != syscall.ENOBUFS {
				log.Printf("tiny: kernel events: %v", err)
				return
			}
			head, _, _ := strings.Cut(string(buf[:max(n, 0)]), "\x00")
			if strings.HasPrefix(head, "add@") && strings.HasSuffix(head, "/net/eth0") {
				up("eth0", ip, network.Mask)
			}
		}
	}()
}

// Interface requests of ioctl(2), from linux/sockios.h.
const (
	setFlags   = 0x8914
	setAddress = 0x8916
	setMask    = 0x891c
)

// up sets an interface's address and turns it on.
func up(name string, ip net.IP, mask net.IPMask) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		log.Printf("tiny: %s: %v", name, err)
		return
	}
	defer syscall.Close(fd)
	inet := func(b []byte) []byte { return append([]byte{syscall.AF_INET, 0, 0, 0}, b...) }
	for _, r := range []struct {
		op   uintptr
		data []byte
	}{
		{setAddress, inet(ip.To4())},
		{setMask, inet(mask)},
		{setFlags, []byte{syscall.IFF_UP | syscall.IFF_RUNNING, 0}},
	} {
		var req [40]byte // struct ifreq: the name in 16 bytes, then the value
		copy(req[:15], name)
		copy(req[16:], r.data)
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), r.op, uintptr(unsafe.Pointer(&req))); e != 0 {
			log.Printf("tiny: %s: ioctl %#x: %v", name, r.op, e)
			return
		}
	}
}
