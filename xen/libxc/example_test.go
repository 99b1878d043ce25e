//go:build cgo

package libxc_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxc"
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
		stats, err := x.LogDirtyPeek(ctx, d.ID, nil)
		if err != nil {
			log.Print(err)
		}
		fmt.Printf("domain %d: %d of %d pages\n", d.ID, stats.Dirty, d.Pages)
		if err := x.LogDirtyOff(ctx, d.ID); err != nil {
			log.Print(err)
		}
	}
}

// A live save that stops when what is left fits into the time that the guest may stand
// still, and gives up after a minute.
func ExampleInterface_SaveDomain() {
	x, err := libxc.Open(libxc.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer x.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	const domain = 1
	const bytesPerSecond, downtime = 100e6, 300 * time.Millisecond
	start := time.Now()
	err = x.SaveDomain(ctx, domain, os.Stdout, libxc.SaveOptions{
		Live: true,
		Policy: func(s libxc.PrecopyStats) libxc.PrecopyDecision {
			left := float64(s.DirtyPages) * libxc.PageSize / bytesPerSecond
			if s.DirtyPages >= 0 && left < downtime.Seconds() {
				return libxc.PrecopyStop
			}
			return libxc.PrecopyContinue
		},
		Suspend: func(ctx context.Context) error {
			return errors.ErrUnsupported // ask the guest through xenstore, and wait
		},
	})
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		log.Printf("not done after %v, the guest runs on: %v", time.Since(start), err)
	case err != nil:
		log.Print(err)
	}
}
