package xlcfg

import (
	"slices"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Write is the way back from Config: a file from which xl gives libxl this
// configuration on that host. The zero Host is one with an empty xl.conf; the
// CPUs and NUMA nodes that the configuration names are taken to be there.
//
// It reads what it wrote and compares. A member that would not come back (no key
// of xl 4.17 says it, or xl always sets it to something else) is an error, and
// then there is no text. Equal is what libxl takes for equal: a device without a
// number and its place in the list when none has one, and what libxl starts out
// with and what is not set.
//
// Two members are random. A configuration without a UUID makes a file without
// uuid, which gets a new one at each reading; of a generation ID the file says
// only that there is one.
//
// The error is domcfg.Errors: all such members, by libxl's names for them, such
// as "b_info.iommu_memkb". They have no places.
func Write(config *idl.DomainConfig, host Host) ([]byte, error) {
	want, err := membersOf(config)
	if err != nil {
		return nil, domcfg.Errors{{Msg: "libxl has no such configuration: " + err.Error()}}
	}
	w := &writer{config: config, host: host.holding(config)}
	w.domain()
	text := []byte(w.out.String())
	w.readBack(text, want)
	if len(w.errs) > 0 {
		return nil, w.errs
	}
	return text, nil
}

// holding is the host with all CPUs and NUMA nodes that the configuration names.
func (h Host) holding(config *idl.DomainConfig) Host {
	h = h.withDefaults()
	b := &config.BInfo
	for _, m := range slices.Concat(b.VCPUHardAffinity, b.VCPUSoftAffinity) {
		if len(m) > 0 {
			h.CPUs = max(h.CPUs, int(m[len(m)-1])+1)
		}
	}
	for _, node := range b.VNUMANodes {
		h.Nodes = max(h.Nodes, int(node.Pnode)+1)
	}
	return h
}

// domain writes the keys in the order in which people write them.
func (w *writer) domain() {
	w.identity()
	w.memory()
	w.processors()
	w.boot()
	w.devices()
	w.platform()
	if u := w.config.BInfo.TypeHVM; u != nil {
		w.hvm(u)
	}
	w.deviceModel()
	w.actions()
}

func (w *writer) devices() {
	w.group()
	w.disks()
	w.nics()
	w.framebuffers()
	w.keyboards()
	w.displays()
	w.sounds()
	w.pci()
	w.usb()
	w.hardware()
	w.backends()
	w.channels()
}
