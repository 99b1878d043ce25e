package domcfg

import (
	"fmt"
	"slices"
)

// checker looks at what single keys cannot tell: which keys go together.
type checker struct {
	r *reader
	d *Domain
}

// has reports whether field was written, be its value right or wrong. In what
// could not be read it may have been: nothing is missing there.
func (c *checker) has(field string) bool {
	_, ok := c.r.pos[field]
	return ok || c.r.broken[parentField(field)]
}

func (c *checker) fail(field, msg, hint string) {
	c.r.failIn(c.d.Pos(field), field, msg, hint)
}

// checkMeaning reports the keys that d's type does not have and those that do
// not go together.
func (r *reader) checkMeaning(d *Domain) {
	c := &checker{r: r, d: d}
	for _, u := range r.used {
		if !u.guests.has(d.Type) {
			c.fail(u.field, fmt.Sprintf("does not apply to type %s", d.Type), fmt.Sprintf("remove it: it belongs to %s", u.guests))
		}
	}
	checkAmounts(c)
	checkPlacement(c)
	checkBoot(c)
	checkDisks(c)
	checkNetworks(c)
	if d.Type == HVM && d.VGA == "none" && !d.VNC.IsZero() && d.VNC.Enabled != Off && d.VNC.Enabled != Auto {
		c.fail("vnc", "there is no picture to show with vga: none", "remove one of them")
	}
}

func checkAmounts(c *checker) {
	d := c.d
	if d.MaxMemory != 0 && d.MaxMemory < d.Memory {
		c.fail("max_memory", fmt.Sprintf("%s is less than memory, %s", d.MaxMemory, d.Memory), "write at least as much, or leave it out")
	}
	if d.MaxVCPUs != 0 && d.MaxVCPUs < d.VCPUs {
		c.fail("max_vcpus", fmt.Sprintf("%d is less than vcpus, %d", d.MaxVCPUs, d.VCPUs), "write at least as many, or leave it out")
	}
	if d.Type != HVM && d.Type != PVH {
		return
	}
	if d.VCPUs > maxHVMVCPUs {
		c.fail("vcpus", fmt.Sprintf("%d is more than type %s can have", d.VCPUs, d.Type), fmt.Sprintf("at most %d", maxHVMVCPUs))
	}
	if d.MaxVCPUs > maxHVMVCPUs {
		c.fail("max_vcpus", fmt.Sprintf("%d is more than type %s can have", d.MaxVCPUs, d.Type), fmt.Sprintf("at most %d", maxHVMVCPUs))
	}
}

func checkPlacement(c *checker) {
	for field, cpus := range map[string][]string{"cpus": c.d.CPUs.More, "cpus_soft": c.d.CPUsSoft.More} {
		if len(cpus) > c.d.LimitVCPUs() {
			c.fail(field, fmt.Sprintf("has %d elements for %d vcpus", len(cpus), c.d.LimitVCPUs()), "write one for each, or a text for all")
		}
	}
	if len(c.d.VNUMA) > maxVNodes {
		c.fail("vnuma", fmt.Sprintf("has %d nodes", len(c.d.VNUMA)), fmt.Sprintf("at most %d", maxVNodes))
	}
}

// said is has, or that what is under libxl says the same by one of its members.
func (c *checker) said(field string, members ...string) bool {
	return c.has(field) || slices.ContainsFunc(members, func(m string) bool { return c.r.overlaid("", m) })
}

func checkBoot(c *checker) {
	d := c.d
	switch {
	case c.has("kernel"):
		if d.Firmware == UEFI {
			c.fail("firmware", "uefi does not go with kernel", "remove kernel to boot from a disk, or firmware to boot the kernel directly")
		}
		if c.has("boot") {
			c.fail("boot", "has no effect with kernel, which is booted directly", "remove one of them")
		}
	case d.Type == PVH || d.Type == PV:
		if !c.said("bootloader", "b_info.kernel", "b_info.bootloader") {
			c.fail("kernel", "is missing", fmt.Sprintf("type %s boots from a kernel of the host, or with a bootloader that finds one", d.Type))
		}
	case !c.r.overlaid("", "b_info.kernel"):
		checkFirmwareBoot(c)
	}
}

// checkFirmwareBoot is for domains that boot as a PC does.
func checkFirmwareBoot(c *checker) {
	for _, field := range []string{"ramdisk", "cmdline"} {
		if c.has(field) {
			c.fail(field, "has no kernel to go with", "add kernel, or remove "+field)
		}
	}
	fromNetwork := slices.Contains(c.d.Boot, BootNetwork) && c.has("networks")
	if c.d.Type == HVM && !c.said("disks", "disks") && !fromNetwork {
		c.fail("disks", "is missing: there is nothing to boot from", "add a disk or a kernel, or networks and boot: [network]; write disks: [] for none")
	}
}
