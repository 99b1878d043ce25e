package main

import "strings"

// goType returns the Go type of an ordinary member.
func goType(m member) string {
	typ := scalar(m.Type)
	if typ == "" {
		typ = goName(m.Type)
	}
	if m.Type == "uint64_t" && strings.HasSuffix(m.Name, "memkb") {
		typ = "MemKB"
	}
	if m.Array {
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

// numberBits returns the width of a C type that is a plain number in JSON, negative for
// a signed one; 0 for another type.
func numberBits(ctype string) int {
	switch ctype {
	case "int", "libxl_devid":
		return -32
	case "uint8_t":
		return 8
	case "uint16_t":
		return 16
	case "uint32_t", "libxl_domid":
		return 32
	case "uint64_t":
		return 64
	}
	return 0
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
