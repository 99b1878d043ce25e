// Package room makes room for new domains as xl does: where xl.conf or dom0's share of the
// memory says so, dom0 gives some away. Whoever does that holds xl's lock until the domain is
// built, so that no two take the same memory, xl or not.
package room

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Xen is what this package asks of libxl: *libxl.Context has it.
type Xen interface {
	DomainNeedMemory(ctx context.Context, cfg *idl.DomainConfig) (idl.MemKB, error)
	FreeMemory(ctx context.Context) (idl.MemKB, error)
	SetMemoryTarget(ctx context.Context, id idl.DomID, kb int64, relative, enforce bool) error
	WaitForMemoryTarget(ctx context.Context, id idl.DomID) error
	VersionInfo(ctx context.Context) (idl.VersionInfo, error)
}

// How long dom0 may take to give memory away (freemem of tools/xl/xl_vmcontrol.c).
const (
	credit = 30 * time.Second // in all
	pace   = 10 * time.Second // without any progress
)

// Balloons says whether dom0 gives memory away on this host.
func Balloons(ctx context.Context, xen Xen, conf *xlcfg.Conf) (bool, error) {
	if conf.Autoballoon != xlcfg.Auto {
		return conf.Autoballoon == xlcfg.On, nil
	}
	v, err := xen.VersionInfo(ctx)
	return conf.Balloons(v.Commandline), err
}

// Spare is how much memory in KiB dom0 would give away for new domains: down to the least that
// libxl leaves it (LIBXL_MIN_DOM0_MEM).
func Spare(ctx context.Context, xen interface {
	Xen
	GetMemoryTarget(ctx context.Context, id idl.DomID) (idl.MemKB, error)
}, conf *xlcfg.Conf) (idl.MemKB, error) {
	const least = 128 << 10
	if on, err := Balloons(ctx, xen, conf); err != nil || !on {
		return 0, err
	}
	target, err := xen.GetMemoryTarget(ctx, 0)
	if err != nil {
		return 0, err
	}
	return max(target, least) - least, nil
}

// Make makes room for a domain. It waits for xl's lock for as long as ctx lasts; release gives the
// lock back, and must be called once the domain is built, or has failed to be. Where dom0
// keeps its memory, the lock is taken for a new domain alone: libxl looks whether its name is free
// some time before it takes the name. One that is restored, which may last, then needs none. The
// error is the lock file's, libxl's, ErrNoRoom or that of ctx.
func Make(ctx context.Context, xen Xen, conf *xlcfg.Conf, cfg *idl.DomainConfig, restored bool) (release func(), err error) {
	balloons, err := Balloons(ctx, xen, conf)
	if err != nil {
		return nil, err
	}
	if !balloons && restored {
		return func() {}, nil
	}
	release, err = Lock(ctx, conf.LockFile())
	if err != nil || !balloons {
		return release, err
	}
	if err := free(ctx, xen, cfg); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// ErrNoRoom says that dom0 did not give enough memory away in time.
var ErrNoRoom = errors.New("failed to free memory for the domain")

// free takes from dom0 what is missing.
func free(ctx context.Context, xen Xen, cfg *idl.DomainConfig) error {
	need, err := xen.DomainNeedMemory(ctx, cfg)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoRoom, err)
	}
	for left := credit; ; {
		have, err := xen.FreeMemory(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", ErrNoRoom, err)
		case have >= need:
			return nil
		case left <= 0:
			return fmt.Errorf("%w: it needs %d MiB, and %d MiB are free after %v", ErrNoRoom, (need+1023)>>10, have>>10, credit)
		}
		if err := xen.SetMemoryTarget(ctx, 0, int64(have)-int64(need), true, false); err != nil {
			return fmt.Errorf("%w: %w", ErrNoRoom, err)
		}
		start := time.Now()
		if err := waitForDom0(ctx, xen); err != nil {
			return fmt.Errorf("%w: %w", ErrNoRoom, err)
		}
		left -= time.Since(start)
	}
}

// waitForDom0 waits until dom0 has come down to its target.
func waitForDom0(ctx context.Context, xen Xen) error {
	ctx, stop := context.WithTimeout(ctx, pace)
	defer stop()
	return xen.WaitForMemoryTarget(ctx, 0)
}
