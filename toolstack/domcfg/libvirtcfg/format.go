package libvirtcfg

import (
	"errors"
	"fmt"
	"strconv"

	"libvirt.org/go/libvirtxml"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Format writes a configuration as virsh would print it. dropped is all that the text does
// not say, or says otherwise, by libxl's names and in their order: what Parse would not
// give back. Members that are libxl's defaults are not in it. A configuration without a uuid
// is a domain without one.
//
// The error is domcfg.Errors: libvirt has no domain without a name, memory and a type, and
// whatever else Parse would refuse.
func Format(config *idl.DomainConfig) (text []byte, dropped []Dropped, err error) {
	w := &writer{in: config, out: &libvirtxml.Domain{Type: "xen", OS: &libvirtxml.DomainOS{}, Devices: &libvirtxml.DomainDeviceList{}}}
	if err := w.domain(); err != nil {
		return nil, nil, err
	}
	plain, err := w.out.Marshal()
	if err != nil {
		return nil, nil, fmt.Errorf("write the domain as XML: %w", err)
	}
	root, err := parseElements([]byte(plain), "")
	if err != nil {
		return nil, nil, fmt.Errorf("write the domain as XML: %w", err)
	}
	text = printElements(root)
	again, _, err := Parse(text, "")
	if err != nil {
		return nil, nil, withoutPlaces(err)
	}
	if config.CInfo.UUID == (idl.UUID{}) {
		again.CInfo.UUID = idl.UUID{} // a random one
	}
	dropped, err = difference(config, again)
	return text, dropped, err
}

// withoutPlaces takes away the places in a text that nobody has seen.
func withoutPlaces(err error) error {
	var errs domcfg.Errors
	if errors.As(err, &errs) {
		for _, e := range errs {
			e.Pos = domcfg.Position{}
		}
	}
	return err
}

// writer builds libvirt's domain.
type writer struct {
	in  *idl.DomainConfig
	out *libvirtxml.Domain
}

func (w *writer) domain() error {
	info, b := &w.in.CInfo, &w.in.BInfo
	if err := w.osType(); err != nil {
		return err
	}
	w.out.Name = info.Name
	if info.UUID != (idl.UUID{}) {
		w.out.UUID = info.UUID.String()
	}
	w.memory()
	w.vcpus()
	w.numa()
	w.cpu()
	w.boot()
	w.features()
	w.clock()
	w.lifecycle()
	w.out.Devices.Emulator = b.DeviceModel
	w.controllers()
	w.disks()
	w.nics()
	w.ports()
	w.display()
	w.hostdevs()
	if len(b.Extra) > 0 {
		w.out.XenCommandline = &libvirtxml.DomainXenCommandline{}
		for _, arg := range b.Extra {
			w.out.XenCommandline.Args = append(w.out.XenCommandline.Args, libvirtxml.DomainXenCommandlineArg{Value: arg})
		}
	}
	return nil
}

func (w *writer) osType() error {
	words := map[idl.DomainType][2]string{
		idl.DomainTypeHVM: {"hvm", "xenfv"}, idl.DomainTypePV: {"linux", "xenpv"}, idl.DomainTypePVH: {"xenpvh", "xenpvh"},
	}
	kind, ok := words[w.in.CInfo.Type]
	b := &w.in.BInfo
	arms := map[idl.DomainType]bool{
		idl.DomainTypeHVM: b.TypeHVM != nil, idl.DomainTypePV: b.TypePV != nil, idl.DomainTypePVH: b.TypePVH != nil,
	}
	if !ok || !arms[w.in.CInfo.Type] {
		return domcfg.Errors{{Field: "c_info.type", Msg: "the configuration has no type that libvirt knows", Hint: "hvm, pv, pvh"}}
	}
	w.out.OS.Type = &libvirtxml.DomainOSType{Arch: "x86_64", Machine: kind[1], Type: kind[0]}
	return nil
}

func (w *writer) memory() {
	b := &w.in.BInfo
	most, now := b.MaxMemKB, b.TargetMemKB
	if most == nil {
		most = now
	}
	if now == nil {
		now = most
	}
	if most == nil {
		return // Parse says what is missing
	}
	total := *most
	if len(b.VNUMANodes) > 0 { // libvirt counts the nodes
		total = 0
	}
	for _, n := range b.VNUMANodes {
		if n.MemKB != nil {
			total += *n.MemKB
		}
	}
	w.out.Memory = &libvirtxml.DomainMemory{Value: uint(total), Unit: "KiB"}
	w.out.CurrentMemory = &libvirtxml.DomainCurrentMemory{Value: uint(min(*now, total)), Unit: "KiB"}
}

func (w *writer) vcpus() {
	b := &w.in.BInfo
	vcpu := &libvirtxml.DomainVCPU{Placement: "static", Value: uint(max(b.MaxVCPUs, int32(len(b.AvailVCPUs)), 1))}
	if n := uint(len(b.AvailVCPUs)); n > 0 && n < vcpu.Value {
		vcpu.Current = n
	}
	w.out.VCPU = vcpu
	pins := b.VCPUHardAffinity
	if len(pins) == 0 {
		return
	}
	first, same := formatSet(pins[0]), len(pins) == int(b.MaxVCPUs)
	for _, p := range pins {
		same = same && formatSet(p) == first
	}
	if same && b.NUMAPlacement == idl.DefboolUnset {
		vcpu.CPUSet = first
		return
	}
	w.out.CPUTune = &libvirtxml.DomainCPUTune{}
	for i, p := range pins {
		w.out.CPUTune.VCPUPin = append(w.out.CPUTune.VCPUPin, libvirtxml.DomainCPUTuneVCPUPin{VCPU: uint(i), CPUSet: formatSet(p)})
	}
}

func (w *writer) numa() {
	nodes := w.in.BInfo.VNUMANodes
	if len(nodes) == 0 {
		return
	}
	numa := &libvirtxml.DomainNuma{}
	for i, n := range nodes {
		cell := libvirtxml.DomainCell{ID: new(uint(i)), CPUs: formatSet(n.VCPUs), Unit: "KiB"}
		if n.MemKB != nil {
			cell.Memory = uint(*n.MemKB)
		}
		if len(n.Distances) > 0 {
			cell.Distances = &libvirtxml.DomainCellDistances{}
		}
		for to, d := range n.Distances {
			cell.Distances.Siblings = append(cell.Distances.Siblings, libvirtxml.DomainCellSibling{ID: uint(to), Value: uint(d)})
		}
		numa.Cell = append(numa.Cell, cell)
	}
	w.out.CPU = &libvirtxml.DomainCPU{Numa: numa}
}

func (w *writer) lifecycle() {
	for _, a := range []struct {
		into   *string
		action idl.ActionOnShutdown
	}{
		{&w.out.OnPoweroff, w.in.OnPoweroff}, {&w.out.OnReboot, w.in.OnReboot}, {&w.out.OnCrash, w.in.OnCrash},
	} {
		*a.into = "destroy"
		if word, ok := wordFor(actions(), a.action); ok {
			*a.into = word
		}
	}
}

// wordFor is the first word, in their order, that stands for a value.
func wordFor[V comparable](words map[string]V, value V) (string, bool) {
	found, ok := "", false
	for word, v := range words {
		if v == value && word != "" && (!ok || word < found) {
			found, ok = word, true
		}
	}
	return found, ok
}

func onOff(d idl.Defbool) string {
	if d > 0 {
		return "on"
	}
	return "off"
}

func yesNo(d idl.Defbool) string {
	if d > 0 {
		return "yes"
	}
	return "no"
}

func decimal[T ~int32 | ~uint32 | ~uint64](n T) string { return strconv.FormatInt(int64(n), 10) }
