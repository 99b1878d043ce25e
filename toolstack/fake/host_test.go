package fake

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/hosttest"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func TestContract(t *testing.T) {
	hosttest.Run(t, hosttest.Setup{
		Host: New(1024),
		Config: func(_ *testing.T, name string) *idl.DomainConfig {
			mem := idl.MemKB(64 << 10)
			cfg := &idl.DomainConfig{}
			cfg.CInfo.Type, cfg.CInfo.Name = idl.DomainTypePVH, name
			rand.Read(cfg.CInfo.UUID[:])
			cfg.BInfo.MaxMemKB, cfg.BInfo.TargetMemKB = &mem, &mem
			cfg.BInfo.MaxVCPUs, cfg.BInfo.AvailVCPUs = 2, idl.Bitmap{0, 1}
			cfg.BInfo.TypePVH = &idl.DomainBuildInfoPVH{}
			return cfg
		},
		Bridge: "br0",
		Booted: func(context.Context, toolstack.DomID) error { return nil },
	})
}
