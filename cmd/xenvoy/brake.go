package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/xenvoy/xenvoy/migrate"
)

// brakeOnSignals has each signal that ends other commands pull the brake, and say on standard error
// what that does, until stop is called. before is called before each such line.
func (a *app) brakeOnSignals(b *migrate.Brake, before func()) (stop func()) {
	came := make(chan os.Signal, 4)
	signal.Notify(came, endingSignals()...)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-came:
			}
			if says := b.Pull(context.Canceled); says != "" {
				before()
				fmt.Fprintln(a.stderr, "xenvoy: "+says)
			}
		}
	}()
	return func() {
		signal.Stop(came)
		close(done)
	}
}
