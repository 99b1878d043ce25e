//go:build cgo

package libxc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxc"
	"github.com/xenvoy/xenvoy/xen/libxl"
)

// The share of its memory that each running domain writes to in a second.
func Example() {
	ctx := context.Background()
	x, err := libxc.Open(libxc.Options{})
	if err != nil {
		log.Fatal(err) // xen.ErrNoHypervisor on a machine without Xen
	}
	defer x.Close()
	domains, err := x.ListDomains(ctx, 1, libxc.MaxDomains)
	if err != nil {
		log.Print(err)
		return
	}
	for _, d := range domains {
		if err := x.LogDirtyEnable(ctx, d.ID); err != nil {
			log.Print(err) // it is being saved, or has just gone
			continue
		}
		time.Sleep(time.Second)
		if stats, err := x.LogDirtyPeek(ctx, d.ID, nil); err != nil {
			log.Print(err)
		} else {
			fmt.Printf("domain %d: %d of %d pages\n", d.ID, stats.Dirty, d.Pages)
		}
		if err := x.LogDirtyOff(ctx, d.ID); err != nil {
			log.Print(err)
		}
	}
}

// A live save of the newest domain that stops when what is left fits into the time that
// the guest may stand still, and gives up after five minutes. The guest then runs on.
func ExampleInterface_SaveDomain() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	x, err := libxc.Open(libxc.Options{})
	if err != nil {
		log.Print(err)
		return
	}
	defer x.Close()
	xl, err := libxl.Open(ctx, libxl.Options{})
	if err != nil {
		log.Print(err)
		return
	}
	defer xl.Close()
	f, err := os.CreateTemp("", "memory")
	if err != nil {
		log.Print(err)
		return
	}
	defer os.Remove(f.Name()) // an example leaves nothing
	defer f.Close()

	domains, err := x.ListDomains(ctx, 1, libxc.MaxDomains)
	if err != nil || len(domains) == 0 {
		log.Print("no domain but dom0: ", err)
		return
	}
	id := domains[len(domains)-1].ID
	const bytesPerSecond, downtime = 100e6, 300 * time.Millisecond
	err = x.SaveDomain(ctx, id, f, libxc.SaveOptions{
		Live: true,
		Policy: func(s libxc.PrecopyStats) libxc.PrecopyDecision {
			left := float64(s.DirtyPages) * libxc.PageSize / bytesPerSecond
			if s.DirtyPages >= 0 && left < downtime.Seconds() || s.Iteration >= 10 {
				return libxc.PrecopyStop
			}
			return libxc.PrecopyContinue
		},
		Suspend: func(ctx context.Context) error { return xl.DomainSuspendOnly(ctx, id) },
	})
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		log.Print("not done in time: ", err)
		return
	case err != nil:
		log.Printf("%+v", err)
		return
	}
	if size, err := f.Seek(0, io.SeekEnd); err == nil {
		fmt.Printf("domain %d: saved %d MB\n", id, size/1e6)
	}
	if err := xl.DomainResume(ctx, id, true); err != nil {
		log.Print(err)
	}
}
