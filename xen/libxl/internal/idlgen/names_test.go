package main

import "testing"

func TestGoNames(t *testing.T) {
	for c, want := range map[string]string{
		"libxl_device_nic":         "DeviceNIC",
		"LIBXL_DOMAIN_TYPE_HVM":    "DomainTypeHVM",
		"backend_domid":            "BackendDomID",
		"c_info":                   "CInfo",
		"max_vcpus":                "MaxVCPUs",
		"libxl_error":              "ErrorCode",
		"ERROR_DOMAIN_NOTFOUND":    "ErrorDomainNotfound",
		"libxl_rdm_reserve_policy": "RDMReservePolicy",
	} {
		if got := goName(c); got != want {
			t.Errorf("goName(%s) = %s, want %s", c, got, want)
		}
	}
}
