package xlcfg_test

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func Example() {
	file, err := xlcfg.Parse(strings.NewReader(`
name   = "web"
type   = "pvh"
kernel = "/boot/vmlinuz"
memory = 0512
vcpu   = 2
disk   = [ "/dev/vg0/web,raw,xvda,w" ]
`), "web.cfg")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := file.Add([]byte(`extra="quiet"`), "the command line"); err != nil {
		fmt.Println(err)
		return
	}
	config, warnings, err := xlcfg.Config(file, xlcfg.Host{CPUs: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*config.BInfo.MaxMemKB/1024, "MiB,", config.Disks[0].VDev+",", config.BInfo.Cmdline)
	fmt.Println(warnings)
	// Output:
	// 330 MiB, xvda, quiet
	// web.cfg:5:10: warning: memory: 0512 is octal (it means 330)
	// web.cfg:6:1: warning: vcpu: is an unknown key (it is ignored; did you mean vcpus?)
}

func ExampleWrite() {
	file, err := xlcfg.ParseBytes([]byte(`
builder = "hvm"; name = 'web'
disk = ['file:/srv/web.img,xvda,w']
memory = 0x200
`), "web.cfg")
	if err != nil {
		fmt.Println(err)
		return
	}
	config, _, err := xlcfg.Config(file, xlcfg.Host{})
	if err != nil {
		fmt.Println(err)
		return
	}
	config.CInfo.UUID = idl.UUID{} // it was made up
	text, err := xlcfg.Write(config, xlcfg.Host{})
	fmt.Printf("%s%v\n", text, err)

	config.BInfo.IOMMUMemKB = new(idl.MemKB(2048))
	_, err = xlcfg.Write(config, xlcfg.Host{})
	fmt.Println(err)
	// Output:
	// name = "web"
	// type = "hvm"
	//
	// memory = 512
	//
	// disk = ["/srv/web.img,raw,xvda,rw"]
	// <nil>
	// b_info.iommu_memkb: xl has no words for 2048
}

func ExampleConfig_errors() {
	file, err := xlcfg.ParseBytes([]byte("name = 'web'\ndisk = ['/a,raw,xvda,w,rw',\n        '/b,vmdk,xvdb']\n"), "web.cfg")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _, err = xlcfg.Config(file, xlcfg.Host{})
	fmt.Println(err)
	// Output:
	// web.cfg: kernel: is missing (a PV or PVH guest needs kernel, bootloader or firmware)
	// web.cfg:2:24: disk: too many parameters in "/a,raw,xvda,w,rw": "rw" (target, format, vdev and access stand without a key)
	// web.cfg:3:13: disk: unknown format "vmdk" (raw, qcow, qcow2, vhd, qed, empty)
}
