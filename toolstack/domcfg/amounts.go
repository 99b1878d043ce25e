package domcfg

import "github.com/xenvoy/xenvoy/xen/libxl/idl"

func giveType(c *converter, field string, d *Domain, out *idl.DomainConfig) {
	switch d.Type {
	case HVM:
		out.CInfo.Type, out.BInfo.TypeHVM = idl.DomainTypeHVM, &idl.DomainBuildInfoHVM{}
	case PVH:
		out.CInfo.Type, out.BInfo.TypePVH = idl.DomainTypePVH, &idl.DomainBuildInfoPVH{}
	case PV:
		out.CInfo.Type, out.BInfo.TypePV = idl.DomainTypePV, &idl.DomainBuildInfoPV{}
	default:
		c.fail(field, d.Type)
	}
}

// takeType asks the part that a type has for itself, which libxl goes by.
func takeType(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
	kind, ok := in.BInfo.Type()
	if !ok {
		kind = in.CInfo.Type
	}
	switch kind {
	case idl.DomainTypeHVM:
		d.Type = HVM
	case idl.DomainTypePVH:
		d.Type = PVH
	case idl.DomainTypePV:
		d.Type = PV
	}
}

func giveUUID(c *converter, field string, d *Domain, out *idl.DomainConfig) {
	if d.UUID != "" {
		out.CInfo.UUID = c.uuid(field, d.UUID)
		return
	}
	var err error
	if out.CInfo.UUID, err = idl.NewUUID(c.random); err != nil {
		c.errs = append(c.errs, &Error{Pos: c.d.Pos(field), Field: field, Msg: err.Error()})
	}
}

func takeUUID(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
	if in.CInfo.UUID != (idl.UUID{}) {
		d.UUID = in.CInfo.UUID.String()
	}
}

func (c *converter) uuid(field, text string) idl.UUID {
	u, err := idl.ParseUUID(text)
	if err != nil {
		c.errs = append(c.errs, &Error{Pos: c.d.Pos(field), Field: field, Msg: err.Error()})
	}
	return u
}

func giveMemory(_ *converter, _ string, d *Domain, out *idl.DomainConfig) {
	if d.Memory != 0 {
		out.BInfo.TargetMemKB = new(idl.MemKB(d.MemoryKiB()))
	}
}

func takeMemory(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
	if m := in.BInfo.TargetMemKB; m != nil {
		d.Memory = Size(*m)
	}
}

func giveMaxMemory(_ *converter, _ string, d *Domain, out *idl.DomainConfig) {
	if most := d.MaxMemoryKiB(); most != 0 {
		out.BInfo.MaxMemKB = new(idl.MemKB(most))
	}
}

func takeMaxMemory(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
	if m := in.BInfo.MaxMemKB; m != nil && Size(*m) != d.Memory {
		d.MaxMemory = Size(*m)
	}
}

func giveVCPUs(_ *converter, _ string, d *Domain, out *idl.DomainConfig) {
	for v := range d.VCPUs {
		out.BInfo.AvailVCPUs = append(out.BInfo.AvailVCPUs, uint32(v))
	}
}

func takeVCPUs(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
	d.VCPUs = len(in.BInfo.AvailVCPUs)
}

func giveMaxVCPUs(_ *converter, _ string, d *Domain, out *idl.DomainConfig) {
	out.BInfo.MaxVCPUs = int32(max(d.VCPUs, d.MaxVCPUs))
}

func takeMaxVCPUs(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
	if most := int(in.BInfo.MaxVCPUs); most != d.VCPUs {
		d.MaxVCPUs = most
	}
}
