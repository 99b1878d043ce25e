//go:build cgo

package native

import (
	"context"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl/inspect"
)

// Info describes the machine as xl info does.
func (h *Host) Info(ctx context.Context) (*toolstack.HostInfo, error) {
	xl, err := h.xl.get(ctx)
	if err != nil {
		return nil, err
	}
	if h.confErr != nil {
		return nil, h.confErr
	}
	return inspect.Host(ctx, xl, h.conf)
}

// BootLog is the hypervisor's message buffer.
func (h *Host) BootLog(ctx context.Context) (string, error) {
	xl, err := h.xl.get(ctx)
	if err != nil {
		return "", err
	}
	return xl.XenConsole(ctx, false)
}

// CPUPools are the names of the pools of CPUs.
func (h *Host) CPUPools(ctx context.Context) ([]string, error) {
	xl, err := h.xl.get(ctx)
	if err != nil {
		return nil, err
	}
	all, err := xl.ListCPUPools(ctx)
	var names []string
	for _, p := range all {
		names = append(names, p.PoolName)
	}
	return names, err
}
