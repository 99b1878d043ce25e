package device

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// undoTime is how long it may take to remove what an attachment that failed has left.
const undoTime = 30 * time.Second

// A remedy removes what an attachment that failed has left of its device: libxl leaves what
// it has written before, such as a network interface whose bridge does not exist.
type remedy[T any] struct {
	list    func(x xl.Xen, ctx context.Context, id idl.DomID) ([]T, error)
	key     func(dev T) string // what tells a device of the domain from the others of its kind
	destroy func(x xl.Xen, ctx context.Context, id idl.DomID, dev T) error
}

// keys are those of the devices that the domain has. ok is false when they are not known.
func (r remedy[T]) keys(ctx context.Context, x xl.Xen, id idl.DomID) (keys []string, ok bool) {
	all, err := r.list(x, ctx, id)
	if err != nil {
		return nil, false
	}
	for _, dev := range all {
		keys = append(keys, r.key(dev))
	}
	return keys, true
}

// add runs f, which adds a device, and removes that after a failure. One that was there before
// is left alone, whatever f has failed with.
func (r remedy[T]) add(ctx context.Context, x xl.Xen, id idl.DomID, f func() (T, error)) (T, error) {
	before, known := r.keys(ctx, x, id)
	dev, err := f()
	if err == nil || !known || slices.Contains(before, r.key(dev)) {
		return dev, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	now, _ := r.keys(ctx, x, id)
	if !slices.Contains(now, r.key(dev)) {
		return dev, err
	}
	if undo := r.destroy(x, ctx, id, dev); undo != nil {
		return dev, fmt.Errorf("%w; and what it has left is not removed: %w", err, undo)
	}
	return dev, err
}

// byDevID is the key of devices that have a number.
func byDevID(id *idl.DevID) string { return strconv.Itoa(int(number(id))) }
