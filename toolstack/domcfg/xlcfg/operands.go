package xlcfg

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Operands describe one device on the command line of one of xl's …-attach commands, in the
// words of a domain file but without its commas: each operand is one of the parts.
//
// Its methods read them. The error is domcfg.Errors with all that is wrong; an error's place
// names the operand, or nothing when the operands lack something together. What a domain file
// may say in vain is an error here. Operands that are not UTF-8, or longer than
// maxOperand, are refused.
type Operands struct {
	Words []string
	First int // which of the command's operands the first is, from 1
}

// maxOperand is more than the longest path, in bytes.
const maxOperand = 8192

// values gives each word with its place.
func (o Operands) values() []*Value {
	all := make([]*Value, len(o.Words))
	for i, w := range o.Words {
		all[i] = &Value{Pos: domcfg.Position{File: fmt.Sprintf("operand %d", o.First+i)}, Text: w}
	}
	return all
}

// readOperands gives dev each operand, and then all together; faulty says that there were errors.
func readOperands[T any](o Operands, dev T, each func(*converter, *T, part), whole func(c *converter, dev *T, faulty bool)) (T, Warnings, error) {
	c := &converter{reader: reader{warned: map[Warning]bool{}}, operands: true}
	for _, v := range o.values() {
		if fault := unreadable(v.Text); fault != "" {
			c.fail(v.Pos, "", fault, "")
			continue
		}
		each(c, &dev, part{value: v, text: v.Text})
	}
	if whole != nil {
		whole(c, &dev, len(c.errs) > 0)
	}
	if len(c.errs) > 0 {
		return dev, c.warnings, c.errs
	}
	return dev, c.warnings, nil
}

// unreadable is why a text is not read at all, or "".
func unreadable(text string) string {
	switch {
	case len(text) > maxOperand:
		return fmt.Sprintf("is %d bytes long, more than %d", len(text), maxOperand)
	case !utf8.ValidString(text) || strings.Contains(text, "\x00"):
		return fmt.Sprintf("%q is not UTF-8", text)
	}
	return ""
}

// Disk reads the operands of block-attach. Each may be more than one part, as in a domain file.
func (o Operands) Disk() (idl.DeviceDisk, Warnings, error) {
	return readOperands(o, idl.DeviceDisk{}, func(*converter, *idl.DeviceDisk, part) {}, func(c *converter, dev *idl.DeviceDisk, faulty bool) {
		if faulty {
			return
		}
		disk, err := parseDisk(o.values()...)
		if err != nil {
			c.fail(err.Pos, "disk", err.Msg, err.Hint)
			return
		}
		*dev = *disk
	})
}

// CDROM is the disk of a CD-ROM drive with a file in it, or with nothing when file is empty.
// The error is domcfg.Errors.
func CDROM(vdev, file string) (idl.DeviceDisk, error) {
	v := &Value{Text: "vdev=" + vdev + ",access=r,devtype=cdrom,target=" + file}
	if fault := unreadable(v.Text); fault != "" {
		return idl.DeviceDisk{}, domcfg.Errors{{Msg: fault}}
	}
	disk, err := parseDisk(v)
	if err != nil {
		return idl.DeviceDisk{}, domcfg.Errors{err}
	}
	return *disk, nil
}

// NIC reads the operands of network-attach; what they do not say comes from host's xl.conf.
func (o Operands) NIC(host Host) (idl.DeviceNIC, Warnings, error) {
	return readOperands(o, host.nic(), (*converter).nic, nil)
}

// VTPM reads the operands of vtpm-attach.
func (o Operands) VTPM() (idl.DeviceVTPM, Warnings, error) {
	return readOperands(o, idl.DeviceVTPM{}, func(c *converter, dev *idl.DeviceVTPM, p part) { c.vtpmOption(dev, p.pair()) }, nil)
}

// VKB reads the operands of vkb-attach.
func (o Operands) VKB() (idl.DeviceVKB, Warnings, error) {
	return readOperands(o, idl.DeviceVKB{}, func(c *converter, dev *idl.DeviceVKB, p part) { c.keyboard(dev, p.pair()) },
		func(c *converter, dev *idl.DeviceVKB, faulty bool) { c.wholeKeyboard(dev, domcfg.Position{}, faulty) })
}

// Vdispl reads the operands of vdispl-attach.
func (o Operands) Vdispl() (idl.DeviceVdispl, Warnings, error) {
	return readOperands(o, idl.DeviceVdispl{}, (*converter).display,
		func(c *converter, dev *idl.DeviceVdispl, faulty bool) { c.wholeDisplay(dev, domcfg.Position{}, faulty) })
}

// Vsnd reads the operands of vsnd-attach. Each is a card, a pcm or a stream with its parts, as
// in a domain file.
func (o Operands) Vsnd() (idl.DeviceVsnd, Warnings, error) {
	return readOperands(o, idl.DeviceVsnd{}, func(c *converter, dev *idl.DeviceVsnd, p part) { c.soundPart(dev, p.value) }, nil)
}

// USBCtrl reads the operands of usbctrl-attach.
func (o Operands) USBCtrl() (idl.DeviceUSBCtrl, Warnings, error) {
	return readOperands(o, idl.DeviceUSBCtrl{}, (*converter).usbController, nil)
}

// USBDev reads the operands of usbdev-attach.
func (o Operands) USBDev() (idl.DeviceUSBDev, Warnings, error) {
	return readOperands(o, idl.DeviceUSBDev{TypeHostdev: &idl.DeviceUSBDevHostdev{}}, (*converter).usbDevice, nil)
}

// PCI reads the one operand of pci-attach, which is what an element of pci= is.
func (o Operands) PCI() (idl.DevicePCI, Warnings, error) {
	return readOperands(o, idl.DevicePCI{}, func(c *converter, dev *idl.DevicePCI, p part) { c.pciDevice(dev, p.value) }, nil)
}

// PCIAddress is the device at [DDDD:]BB:DD.F. The error names the text.
func PCIAddress(text string) (idl.DevicePCI, error) {
	var dev idl.DevicePCI
	err := parseBDF(&dev, text)
	return dev, err
}
