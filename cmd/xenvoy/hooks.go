package main

import (
	"context"
	"os"
	"os/exec"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// hooks is what xl's commands need of this program.
func (a *app) hooks() xl.Hooks {
	return xl.Hooks{Monitor: a.xlMonitor, Self: selfAsXL}
}

// xlMonitor watches over a domain that one of xl's commands has made.
func (a *app) xlMonitor(ctx context.Context, id idl.DomID, log string) error {
	if log == "" {
		return a.monitor(ctx, toolstack.DomID(id), plainLog(a.stderr), nil)
	}
	return leaveMonitor(ctx, toolstack.DomID(id), log, "monitor", "--plain")
}

// selfAsXL is this program under xl's name.
func selfAsXL(words ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, words...)
	cmd.Args[0] = "xl"
	return cmd, nil
}
