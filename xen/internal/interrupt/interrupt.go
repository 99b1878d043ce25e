// Package interrupt says in one way, for all bindings, why a context has ended.
package interrupt

import (
	"context"
	"errors"
	"fmt"
)

// Cause returns why ctx has ended, nil when it has not. The error matches ctx.Err() and
// the cause that was given for it.
func Cause(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}
