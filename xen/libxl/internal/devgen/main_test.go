package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGeneratedIsCommitted regenerates from the installed header.
func TestGeneratedIsCommitted(t *testing.T) {
	if _, err := os.Stat(headerPath); os.IsNotExist(err) {
		t.Skipf("%s is not installed (Debian: libxen-dev), so there is nothing to generate from", headerPath)
	}
	want, err := generate(headerPath)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join("..", "..", "devices_gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("devices_gen.go is not what the installed header gives: run go generate ./xen/libxl")
	}
}

// header returns a header with every kind's functions for disks, so that the table is content.
func header() string {
	var b strings.Builder
	for _, k := range kinds {
		b.WriteString(strings.ReplaceAll("int libxl_device_K_add(libxl_ctx *ctx, uint32_t domid, libxl_device_K *dev, const libxl_asyncop_how *ao_how);\n", "K", k.name))
	}
	return b.String()
}

func TestParse(t *testing.T) {
	found, err := parse(`
#define EXTRA(x) \
	int libxl_device_nic_add(x);
/* int libxl_device_nic_list(void); */` + header() + `
int libxl_device_nic_remove(libxl_ctx *ctx, uint32_t domid,
                            libxl_device_nic *nic,
                            const libxl_asyncop_how *ao_how)
                            LIBXL_EXTERNAL_CALLERS_ONLY;
libxl_device_nic *
libxl_device_nic_list(libxl_ctx *ctx, uint32_t domid, int *num);
void libxl_device_nic_list_free(libxl_device_nic*, int nr);
int libxl_device_disk_safe_remove(libxl_ctx *ctx, uint32_t domid, libxl_device_disk *disk, const libxl_asyncop_how *ao_how);
int libxl_device_9pfs_add(libxl_ctx *ctx, uint32_t domid, libxl_device_p9 *p9, const libxl_asyncop_how *ao_how);
int libxl_device_pci_assignable_add(libxl_ctx *ctx, libxl_device_pci *pci, int rebind);`)
	if err != nil {
		t.Fatal(err)
	}
	want := "int libxl_device_nic_remove(libxl_ctx *ctx, uint32_t domid, libxl_device_nic *nic, const libxl_asyncop_how *ao_how)"
	if got := found["nic"][remove]; got != want {
		t.Errorf("prototype %q, want %q", got, want)
	}
	if found["nic"][list] == "" || found["nic"][listFree] == "" || len(found["nic"]) != 4 || len(found["disk"]) != 1 {
		t.Errorf("found %v", found)
	}
}

// TestHeadersThatDoNotFit: nothing is left out in silence.
func TestHeadersThatDoNotFit(t *testing.T) {
	for text, want := range map[string]string{
		"": `no functions for devices of the kind "disk"`,
		header() + "int libxl_device_toy_add(libxl_ctx *ctx, uint32_t domid, libxl_device_toy *toy, const libxl_asyncop_how *ao_how);": `"toy" are not in the table`,
		header() + "int libxl_device_nic_remove(libxl_ctx *ctx, uint32_t domid, libxl_device_nic *nic);":                               "libxl_device_nic_remove: its types are",
		header() + "libxl_device_nic *libxl_device_nic_list(libxl_ctx *ctx, uint32_t domid, int *num);":                                "not both there",
		header() + "int libxl_device_nic_getinfo(libxl_ctx *ctx, uint32_t domid, libxl_device_nic *nic, libxl_nicinfo *info);":         "libxl_device_nic_getinfo: its types are",
	} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestCommentsAreSentences: what the table has for comments ends as a sentence does.
func TestCommentsAreSentences(t *testing.T) {
	for _, k := range kinds {
		for _, s := range []string{k.add, k.list, k.info, k.take, k.remove} {
			if s != "" && !strings.HasSuffix(s, ".") {
				t.Errorf("%s: %q", k.name, s)
			}
		}
	}
}
