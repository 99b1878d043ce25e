//go:build cgo

package libxl

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func TestXenHostFacts(t *testing.T) {
	c := openXen(t)
	ctx := t.Context()
	domains, err := c.ListDomains(ctx)
	if err != nil || len(domains) == 0 || domains[0].DomID != 0 || domains[0].VCPUOnline == 0 {
		t.Fatalf("domains %+v, %+v", domains, err)
	}
	if d, err := c.DomainInfo(ctx, 0); err != nil || d.UUID != domains[0].UUID || d.CurrentMemKB == 0 {
		t.Errorf("dom0 = %+v, %v", d, err)
	}
	if _, err := c.DomainInfo(ctx, 32000); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("no domain: %+v", err)
	}
	p, err := c.PhysInfo(ctx)
	if err != nil || p.NrCPUs == 0 || p.TotalPages == 0 || p.HwCap[0] == 0 || !p.CapPV {
		t.Errorf("physinfo %+v, %v", p, err)
	}
	v, err := c.VersionInfo(ctx)
	if err != nil || v.XenVersionMajor != 4 || v.Pagesize != 4096 || v.Changeset+v.Capabilities == "" {
		t.Errorf("version %+v, %v", v, err)
	}
	if s, err := c.Scheduler(ctx); err != nil || s == idl.SchedulerUnknown {
		t.Errorf("scheduler %v, %v", s, err)
	}
	if n, err := c.OnlineCPUs(ctx); err != nil || n != int(p.NrCPUs) {
		t.Errorf("online CPUs %d, %v; want %d", n, err, p.NrCPUs)
	}
	if n, err := c.FreeCPUs(ctx); err != nil || n != 0 {
		t.Errorf("free CPUs %d, %v; want 0: the default pool has them all", n, err)
	}
	if text, err := c.XenConsole(ctx, false); err != nil || !strings.Contains(text, "(XEN)") {
		t.Errorf("console of %d bytes, %v", len(text), err)
	}
}

func TestXenMemory(t *testing.T) {
	c := openXen(t)
	ctx := t.Context()
	free, err := c.FreeMemory(ctx)
	if err != nil || free == 0 {
		t.Fatalf("free %d, %+v", free, err)
	}
	if target, err := c.GetMemoryTarget(ctx, 0); err != nil || target == 0 {
		t.Errorf("dom0's target %d, %+v", target, err)
	}
	need, err := c.DomainNeedMemory(ctx, tinyConfig(t, idl.DomainTypeHVM))
	if err != nil || need < 128<<10 {
		t.Errorf("a guest of 128 MiB needs %d KiB, %+v", need, err)
	}
	if err := c.WaitForFreeMemory(ctx, 1); err != nil {
		t.Errorf("waiting for what is there: %+v", err)
	}
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	err = c.WaitForFreeMemory(short, free*1000)
	if !errors.Is(err, ErrNoMem) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for too much: %+v", err)
	}
}

func TestXenNames(t *testing.T) {
	c := openXen(t)
	ctx := t.Context()
	if name, err := c.DomIDToName(ctx, 0); err != nil || name != "Domain-0" {
		t.Errorf("name of 0: %q, %v", name, err)
	}
	if id, err := c.NameToDomID(ctx, "Domain-0"); err != nil || id != 0 {
		t.Errorf("id of Domain-0: %d, %v", id, err)
	}
	if _, err := c.NameToDomID(ctx, "no such domain"); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("unknown name: %v", err)
	}
	if _, err := c.DomIDToName(ctx, 32000); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("unknown id: %v", err)
	}
}
