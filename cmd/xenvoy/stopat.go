package main

import (
	"os"
	"syscall"

	"github.com/xenvoy/xenvoy/migrate"
)

// stopAt stops this process, as SIGSTOP does, when a migration comes to the step that XENVOY_STOP_AT names:
// for a test that breaks something in just that moment. SIGCONT lets it go on. nil when it is not set.
func stopAt() func(migrate.Step) {
	name := os.Getenv("XENVOY_STOP_AT")
	if name == "" {
		return nil
	}
	return func(s migrate.Step) {
		if s.String() == name {
			_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) // to oneself it is allowed
		}
	}
}
