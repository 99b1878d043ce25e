//go:build cgo

package libxl

import (
	"context"
	"errors"
	"testing"

	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// TestHostWatchEndsWithXenstored: the loss is told, unless the watch was ended on purpose.
func TestHostWatchEndsWithXenstored(t *testing.T) {
	c := openDummy(t, Options{})
	lost := make(chan string)
	close(lost)
	ctx, cancel := context.WithCancel(t.Context())
	f := &follower{watch: newWatch(ctx, c), host: &HostWatch{}}
	if err := f.run(lost); !errors.Is(err, xenstore.ErrConnectionLost) {
		t.Errorf("err = %v", err)
	}
	cancel()
	if err := f.run(lost); !errors.Is(err, context.Canceled) || errors.Is(err, xenstore.ErrConnectionLost) {
		t.Errorf("after the context's end: %v", err)
	}
}
