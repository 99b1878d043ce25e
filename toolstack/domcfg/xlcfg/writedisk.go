package xlcfg

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// disks writes none when xl would refuse one of them.
func (w *writer) disks() {
	var specs []string
	back, refused := slices.Clone(w.config.Disks), false
	for i := range back {
		spec, read, err := diskSpec(&w.config.Disks[i])
		if err != nil {
			refused = true
			w.refuse(fmt.Sprintf("disks[%d]", i), err.Msg, err.Hint)
			continue
		}
		specs = append(specs, spec)
		back[i] = *read
	}
	if refused {
		w.disksBack = back
		return
	}
	w.elements("disk", specs)
}

// diskSpec is the text that reads back best, and as what: in places when the target
// is an ordinary path, else with keys, where the target comes last and may have any
// character in it but a line feed.
func diskSpec(disk *idl.DeviceDisk) (spec string, read *idl.DeviceDisk, err *domcfg.Error) {
	inPlaces, keyed := diskInPlaces(disk), diskKeyed(disk)
	specs := []string{keyed, inPlaces}
	if isPlain(disk.PDevPath) {
		specs = []string{inPlaces, keyed}
	}
	for _, text := range specs {
		got, problem := parseDisk(&Value{Text: text})
		switch {
		case problem != nil:
			err = problem
		case reflect.DeepEqual(got, disk):
			return text, got, nil
		case read == nil:
			spec, read = text, got // the comparison tells in what it differs
		}
	}
	if read != nil {
		err = nil
	}
	return spec, read, err
}

// isPlain is for paths that mean the same in all places of a disk.
func isPlain(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.ContainsAny(path, ",=: \t\n")
}

func diskInPlaces(disk *idl.DeviceDisk) string {
	e := element{disk.PDevPath, diskFormat(disk), disk.VDev, diskAccess(disk)}
	if disk.IsCdrom != 0 {
		e = append(e, "cdrom")
	}
	e.diskOptions(disk)
	return e.String()
}

func diskKeyed(disk *idl.DeviceDisk) string {
	var e element
	if disk.IsCdrom == 0 || disk.PDevPath != "" { // an empty drive has no format
		e.add("format", diskFormat(disk))
	}
	e.add("vdev", disk.VDev)
	e.add("access", diskAccess(disk))
	if disk.IsCdrom != 0 {
		e.add("devtype", "cdrom")
	}
	e.diskOptions(disk)
	if disk.IsCdrom == 0 || disk.PDevPath != "" {
		target := disk.PDevPath
		if strings.HasSuffix(target, ",") {
			target += "," // one is taken off
		}
		e.add("target", target)
	}
	return e.String()
}

func diskFormat(disk *idl.DeviceDisk) string {
	if disk.Format == idl.DiskFormatUnknown {
		return "raw" // what xl takes it for
	}
	return disk.Format.String()
}

func diskAccess(disk *idl.DeviceDisk) string {
	if disk.Readwrite == 0 {
		return "ro"
	}
	return "rw"
}

// diskOptions adds what has no place.
func (e *element) diskOptions(disk *idl.DeviceDisk) {
	if disk.Backend != 0 {
		e.add("backendtype", disk.Backend.String())
	}
	e.text("backend", disk.BackendDomName)
	e.text("script", disk.Script)
	if disk.Specification != 0 {
		e.add("specification", disk.Specification.String())
	}
	if disk.DirectIoSafe {
		*e = append(*e, "direct-io-safe")
	}
	e.either(disk.DiscardEnable, "discard", "no-discard")
	e.either(disk.Trusted, "trusted", "untrusted")
	e.either(disk.ColoEnable, "colo", "no-colo")
	e.text("colo-host", disk.ColoHost)
	e.number("colo-port", int64(disk.ColoPort))
	e.text("colo-export", disk.ColoExport)
	e.text("active-disk", disk.ActiveDisk)
	e.text("hidden-disk", disk.HiddenDisk)
}
