package interrupt

import (
	"context"
	"errors"
	"testing"
)

func TestCause(t *testing.T) {
	if err := Cause(t.Context()); err != nil {
		t.Errorf("of a running context: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Cause(ctx); err != context.Canceled { //nolint:errorlint // nothing is to be added to it
		t.Errorf("without a cause: %v", err)
	}
	reason := errors.New("the link is gone")
	ctx, cancelCause := context.WithCancelCause(t.Context())
	cancelCause(reason)
	if err := Cause(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, reason) {
		t.Errorf("err = %v", err)
	}
}
