package main

import "strings"

// goType returns the Go type of an ordinary member.
func (w *writer) goType(m member) string {
	typ := scalar(m.ctype)
	if typ == "" {
		typ = goName(m.ctype)
	}
	if m.ctype == "uint64_t" && strings.HasSuffix(m.name, "memkb") {
		typ = "MemKB"
	}
	if m.array {
		return "[]" + typ
	}
	return typ
}

// scalar maps the C types that libxl's header uses but does not declare as structures.
func scalar(ctype string) string {
	switch ctype {
	case "int":
		return "int32"
	case "uint8_t", "uint16_t", "uint32_t", "uint64_t":
		return strings.TrimSuffix(ctype, "_t")
	case "bool":
		return "bool"
	case "char *":
		return "string"
	case "libxl_defbool":
		return "Defbool"
	case "libxl_domid":
		return "DomID"
	case "libxl_devid":
		return "DevID"
	case "libxl_uuid":
		return "UUID"
	case "libxl_mac":
		return "MAC"
	case "libxl_bitmap":
		return "Bitmap"
	case "libxl_hwcap":
		return "HWCap"
	case "libxl_string_list":
		return "StringList"
	case "libxl_key_value_list":
		return "KeyValueList"
	case "libxl_cpuid_policy_list":
		return "CPUIDPolicyList"
	case "libxl_ms_vm_genid":
		return "VMGenID"
	}
	return ""
}

func (d *declarations) isStruct(cname string) bool {
	for _, t := range d.structs {
		if t.cname == cname {
			return true
		}
	}
	return false
}

// isOutput reports whether libxl only ever fills the structure and never reads it.
// There, "unset" has no meaning, so numbers need no pointer. The header does not
// tell; these are the types that libxl_types.idl marks DIR_OUT and that have a
// member whose initial value is not zero.
func isOutput(cname string) bool {
	switch cname {
	case "libxl_dominfo", "libxl_diskinfo", "libxl_nicinfo", "libxl_vtpminfo", "libxl_usbctrlinfo",
		"libxl_vdisplinfo", "libxl_vsndinfo", "libxl_vkbinfo":
		return true
	}
	return false
}
