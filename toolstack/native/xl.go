//go:build cgo

package native

import (
	"context"
	"io"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
)

// OpenXL opens libxl for xl's commands; what it says of the level least and above goes to
// log. The caller closes it. The error matches xen.ErrNoHypervisor when there is none.
func OpenXL(ctx context.Context, log func(libxl.Record), least libxl.Level) (xl.Xen, io.Closer, error) {
	c, err := libxl.Open(ctx, libxl.Options{Log: log, MinLevel: least})
	if err != nil {
		return nil, nil, err
	}
	return c, c, nil
}
