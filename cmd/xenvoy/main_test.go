package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"xenvoy": func() { os.Exit(mainCode()) },
		"xl":     func() { os.Exit(mainCode()) },
	})
}

// TestScripts runs the command line as a user of a machine without Xen does. The
// scripts for machines with Xen are in integration/testdata.
func TestScripts(t *testing.T) {
	if _, err := os.Stat("/proc/xen/privcmd"); err == nil {
		t.Fatal("this machine runs Xen: these scripts are for one that does not")
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			if filepath.Base(e.WorkDir) != "script-stream" {
				return nil
			}
			return writeStreams(e.WorkDir)
		},
	})
}
