package xlcfg

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func (w *writer) nics() {
	var items []string
	for i := range w.config.NICs {
		nic := &w.config.NICs[i]
		var e element
		if nic.MAC != (idl.MAC{}) {
			e.add("mac", nic.MAC.String())
		}
		e.unlike("bridge", nic.Bridge, w.host.VifBridge)
		e.text("ip", nic.IP)
		e.unlike("script", nic.Script, w.host.VifScript)
		e.unlike("gatewaydev", nic.Gatewaydev, w.host.VifGatewayDev)
		e.unlike("backend", nic.BackendDomName, w.host.VifBackend)
		e.text("vifname", nic.IfName)
		switch nic.NICType {
		case idl.NICTypeVif:
			e.add("type", "vif")
		case idl.NICTypeVifIoemu:
			e.add("type", "ioemu")
		}
		e.text("model", nic.Model)
		e.text("rate", formatRate(nic.RateBytesPerInterval, nic.RateIntervalUsecs))
		e.number("mtu", int64(nic.MTU))
		if nic.DevID != nil && int(*nic.DevID) != i {
			e.add("devid", fmt.Sprint(*nic.DevID))
		}
		e.either(nic.Trusted, "trusted", "untrusted")
		e.text("forwarddev", nic.ColoftForwarddev)
		colo := coloTexts(nic)
		for _, name := range slices.Sorted(maps.Keys(colo)) {
			e.text(name, *colo[name])
		}
		items = append(items, e.String())
	}
	w.elements("vif", items)
}

// unlike adds a text that is not the host's own.
func (e *element) unlike(key, value, host string) {
	if value != host {
		e.add(key, value)
	}
}

// formatRate is a vif's rate= that gives that many bytes in that many
// microseconds, with the largest unit that does; "" when there is none.
func formatRate(perInterval uint64, micros uint32) string {
	if micros == 0 || perInterval >= math.MaxUint64/1_000_000 {
		return ""
	}
	// The reader rounds down: the speeds from low to below high come to the same.
	low, high := roundUp(perInterval*1e6, uint64(micros)), roundUp((perInterval+1)*1e6, uint64(micros))
	for _, unit := range []struct {
		name string
		size uint64 // bytes
	}{{"GB/s", 1e9}, {"Gb/s", 1e9 / 8}, {"MB/s", 1e6}, {"Mb/s", 1e6 / 8}, {"KB/s", 1e3}, {"Kb/s", 1e3 / 8}, {"B/s", 1}} {
		if n := max(1, roundUp(low, unit.size)); n <= math.MaxUint32 && n*unit.size < high {
			return fmt.Sprint(n) + unit.name + formatInterval(micros)
		}
	}
	if low == 0 {
		return "1b/s" + formatInterval(micros) // no whole byte in a second
	}
	return ""
}

func roundUp(n, by uint64) uint64 {
	q := n / by
	if n%by != 0 {
		q++
	}
	return q
}

func formatInterval(micros uint32) string {
	switch {
	case micros == 50000: // what it is without one
		return ""
	case micros%1e6 == 0:
		return fmt.Sprintf("@%ds", micros/1e6)
	case micros%1e3 == 0:
		return fmt.Sprintf("@%dms", micros/1e3)
	}
	return fmt.Sprintf("@%dus", micros)
}
