package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/xenvoy/xenvoy/integration/lab/image"
)

// machine is one host as QEMU sees it.
type machine struct {
	Host      string // a or b
	Number    int    // 1 or 2: the last part of its addresses
	Image     *image.Image
	Accel     string
	CPU       string
	CPUs      int
	Spare     bool          // hardware that dom0 has no use for
	Memory    int           // MiB
	Disk      string        // its own qcow2 file
	Debian    *image.Debian // the debian guest, or nil
	GuestDisk string        // its disk on this host, a qcow2 file
	Dir       string        // state: logs
	RunDir    string        // sockets
	Load      string        // snapshot to start from; "" boots
}

// siteNetdev is the QEMU name of the link between the sites, bootedTag that of the snapshot after the boot.
const (
	siteNetdev = "site"
	bootedTag  = "booted"
)

// Memory of dom0: its own daemons take 60 MiB, a device model about 60 each.
const dom0Memory = 640 // MiB

func (m *machine) path(suffix string) string   { return filepath.Join(m.Dir, m.Host+suffix) }
func (m *machine) socket(suffix string) string { return filepath.Join(m.RunDir, m.Host+suffix) }

// hardware is the part of the command line that a snapshot depends on.
func (m *machine) hardware() []string {
	// Without -no-reboot a panic would boot the host again; with it, QEMU ends and that is seen.
	args := []string{"-M", "q35", "-cpu", m.CPU, "-m", strconv.Itoa(m.Memory), "-smp", strconv.Itoa(m.CPUs), "-display", "none", "-nodefaults", "-no-reboot"}
	if m.Accel == accelKVM {
		args = append(args, "-accel", "kvm")
	} else {
		args = append(args, "-accel", "tcg,thread=multi,tb-size=512")
	}
	args = append(args, "-device", "virtio-blk-pci,drive=disk")
	if m.Debian != nil {
		args = append(args, "-device", "virtio-blk-pci,drive=guest")
	}
	if m.Spare {
		args = append(args, "-device", "intel-iommu,intremap=off", "-device", "pci-testdev", "-device", "qemu-xhci,id=usb", "-device", "usb-tablet,bus=usb.0")
	}
	return append(args,
		"-device", "virtio-net-pci,netdev=user,mac=52:54:00:58:56:1"+strconv.Itoa(m.Number),
		"-device", "virtio-net-pci,netdev="+siteNetdev+",mac=52:54:00:58:56:2"+strconv.Itoa(m.Number),
		"-append", m.xenLine())
}

// xenLine is Xen's command line. bootscrub=0: scrubbing would touch, and so allocate, all of the host's memory.
// no-sharept: the IOMMU, which is Intel's since QEMU cannot save AMD's, does not read the page tables of AMD-V.
// passthrough: else each page table that dom0 makes changes the IOMMU's, which makes it many times slower.
func (m *machine) xenLine() string {
	mem := fmt.Sprintf("%dM", dom0Memory)
	return "dom0_mem=" + mem + ",max:" + mem + " dom0_max_vcpus=1 console=com1 com1=115200,8n1" +
		" loglvl=all guest_loglvl=all console_timestamps=boot spec-ctrl=no xpti=no bootscrub=0" +
		map[bool]string{true: " iommu=no-sharept dom0-iommu=passthrough"}[m.Spare]
}

// linuxLine is dom0's command line. panic=5: a panic ends dom0, Xen restarts the machine, and QEMU ends.
func (m *machine) linuxLine() string {
	return fmt.Sprintf("console=hvc0 net.ifnames=0 panic=5 xenvoy.host=%s xenvoy.ip=%s", m.Host, m.address())
}

// address is the host's own in the network between the sites.
func (m *machine) address() string { return "192.168.50." + strconv.Itoa(m.Number) }

// args is QEMU's command line. qmp and console say how QEMU gets at the two server sockets: "path=…", or "fd=…" for
// one that listens already. The port for ssh is QEMU's choice, so that no two labs can race for it.
func (m *machine) args(qmp, console string) []string {
	other := machine{Host: hostNames[len(hostNames)-m.Number], RunDir: m.RunDir}
	args := append([]string{"-name", "xenvoy-lab-" + m.Host}, m.hardware()...)
	args = append(args,
		"-kernel", m.Image.Xen,
		"-initrd", comma(m.Image.Kernel)+" "+m.linuxLine()+","+comma(m.Image.Initrd),
		"-drive", "if=none,id=disk,cache=unsafe,format=qcow2,file="+comma(m.Disk))
	if m.Debian != nil {
		args = append(args, "-drive", "if=none,id=guest,cache=unsafe,format=qcow2,file="+comma(m.GuestDisk))
	}
	args = append(args,
		"-netdev", "user,id=user,hostfwd=tcp:127.0.0.1:0-:22",
		"-netdev", "dgram,id="+siteNetdev+",local.type=unix,local.path="+comma(m.socket(".link"))+
			",remote.type=unix,remote.path="+comma(other.socket(".link")),
		"-chardev", "socket,id=qmp,server=on,wait=off,"+qmp, "-mon", "chardev=qmp,mode=control",
		"-chardev", "socket,id=console,server=on,wait=off,logappend=on,logfile="+comma(m.path(".serial.log"))+","+console,
		"-serial", "chardev:console")
	if m.Load != "" {
		args = append(args, "-loadvm", m.Load)
	}
	return args
}

// command is what a person types to start the same host, with its console on the terminal's side of the socket.
func (m *machine) command() []string {
	return append([]string{qemuProgram}, m.args("path="+comma(m.socket(".qmp")), "path="+comma(m.socket(".console")))...)
}

// snapshotKey names the snapshots that fit this machine under this version of QEMU.
func (m *machine) snapshotKey(qemuVersion string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", []string{m.Image.Key, qemuVersion, m.linuxLine()})
	fmt.Fprintf(h, "%q\n", m.hardware())
	if m.Debian != nil {
		fmt.Fprintf(h, "%q\n", m.Debian.Key)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// comma doubles commas, as QEMU's option parser wants them in a value.
func comma(s string) string { return strings.ReplaceAll(s, ",", ",,") }
