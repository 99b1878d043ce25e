//go:build cgo

package libxl_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// The domains of this host.
func Example() {
	ctx := context.Background()
	xl, err := libxl.Open(ctx, libxl.Options{})
	if err != nil {
		log.Fatal(err) // matches xen.ErrNoHypervisor on a machine without Xen
	}
	defer xl.Close()
	domains, err := xl.ListDomains(ctx)
	if err != nil {
		log.Print(err)
		return
	}
	for _, d := range domains {
		name, err := xl.DomIDToName(ctx, d.DomID)
		if errors.Is(err, libxl.ErrDomainNotFound) {
			continue // it has gone meanwhile
		}
		if err != nil {
			log.Printf("%+v", err) // with all that libxl has logged
			return
		}
		fmt.Printf("%d %s, %d MiB\n", d.DomID, name, d.CurrentMemKB>>10)
	}
}

// A PVH guest with a kernel and a ramdisk from dom0.
func ExampleContext_DomainCreateNew() {
	ctx := context.Background()
	xl, err := libxl.Open(ctx, libxl.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer xl.Close()

	cfg := &idl.DomainConfig{
		CInfo: idl.DomainCreateInfo{Type: idl.DomainTypePVH, Name: "example"},
		BInfo: idl.DomainBuildInfo{
			MaxVCPUs:    1,
			AvailVCPUs:  idl.Bitmap{0}, // vCPU 0
			MaxMemKB:    new(idl.MemKB(128 << 10)),
			TargetMemKB: new(idl.MemKB(128 << 10)),
			Kernel:      "/var/lib/xenvoy/guests/tiny/vmlinuz",
			Ramdisk:     "/var/lib/xenvoy/guests/tiny/initrd.img",
			Cmdline:     "console=hvc0",
			TypePVH:     &idl.DomainBuildInfoPVH{},
		},
	}
	rand.Read(cfg.CInfo.UUID[:]) // libxl chooses none

	id, err := xl.DomainCreateNew(ctx, cfg, libxl.CreateOptions{})
	if err != nil {
		log.Printf("%+v", err)
		return
	}
	defer xl.DomainDestroy(ctx, id) // an example leaves nothing
	if err := xl.DomainUnpause(ctx, id); err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("%s runs as domain %d\n", cfg.CInfo.Name, id)
}

// A creation that takes too long is interrupted, and what has been built of the domain
// is destroyed before DomainCreateNew returns.
func ExampleContext_DomainCreateNew_cancel() {
	xl, err := libxl.Open(context.Background(), libxl.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer xl.Close()

	cfg := &idl.DomainConfig{
		CInfo: idl.DomainCreateInfo{Type: idl.DomainTypePVH, Name: "example"},
		BInfo: idl.DomainBuildInfo{
			MaxVCPUs:    1,
			AvailVCPUs:  idl.Bitmap{0},
			MaxMemKB:    new(idl.MemKB(128 << 10)),
			TargetMemKB: new(idl.MemKB(128 << 10)),
			Kernel:      "/var/lib/xenvoy/guests/tiny/vmlinuz",
			TypePVH:     &idl.DomainBuildInfoPVH{},
		},
	}
	rand.Read(cfg.CInfo.UUID[:])

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	id, err := xl.DomainCreateNew(ctx, cfg, libxl.CreateOptions{})
	switch {
	case err == nil:
		fmt.Printf("domain %d was built in time\n", id)
		if err := xl.DomainDestroy(context.Background(), id); err != nil {
			log.Print(err)
		}
	case id != idl.InvalidDomID:
		log.Printf("domain %d is half-built, and could not be destroyed: %v", id, err)
	case errors.Is(err, context.DeadlineExceeded):
		fmt.Println("not built in time, and nothing is left of it")
	default:
		log.Printf("%+v", err)
	}
}

// What happens to the domains of this host, until one of them is gone or a minute is over.
func ExampleContext_Watch() {
	xl, err := libxl.Open(context.Background(), libxl.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer xl.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	watch, err := xl.Watch(ctx)
	if err != nil {
		log.Print(err)
		return
	}
	for e := range watch.Events() {
		switch e.Type {
		case idl.EventTypeDomainShutdown:
			fmt.Printf("domain %d has shut down: %v\n", e.Domain, e.Reason)
		case idl.EventTypeDiskEject:
			fmt.Printf("domain %d has ejected %s\n", e.Domain, e.VDev)
		case idl.EventTypeDomainDeath:
			fmt.Printf("domain %d is gone\n", e.Domain)
			return // the end of ctx ends the watch
		}
	}
	log.Print(watch.Err()) // such as context.DeadlineExceeded
}
