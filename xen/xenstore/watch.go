package xenstore

import (
	"context"
	"slices"
)

// Watch reports each change at or below the paths, as the path that changed. Each
// watched path is reported once at the beginning, whether it exists or not, so that
// nothing is missed between a look and the watch. Changes of one path that come
// faster than they are received are reported as one; when thousands of different ones
// do, the watched paths are reported instead. Special paths, such as "@releaseDomain",
// work too.
//
// The channel is closed when ctx ends, the client is closed or, within seconds, the
// connection is lost, as it is when xenstored ends. Who finds it closed while ctx lasts,
// and has not closed the client, has lost the connection: each request then fails with an
// error that matches ErrConnectionLost, and only a new client can watch again.
//
// Implements: bool xs_watch(struct xs_handle *h, const char *path, const char *token)
// Implements: int xs_fileno(struct xs_handle *h)
// Implements: char **xs_check_watch(struct xs_handle *h)
// Implements: bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
func (c *Client) Watch(ctx context.Context, paths ...string) (<-chan string, error) {
	if err := c.refusal(ctx); err != nil {
		return nil, &Error{Op: "watch", Err: err}
	}
	for _, path := range paths {
		if err := checkPath(path); err != nil {
			return nil, &Error{Op: "watch", Path: path, Err: err}
		}
	}
	paths = slices.Clone(paths)
	token, q := c.events.add(paths)
	for i, path := range paths {
		if err := c.watchPath(ctx, path, token); err != nil {
			c.unwatch(ctx, paths[:i+1], token) // also the last: its request may yet succeed
			return nil, err
		}
	}
	out := make(chan string)
	ok := c.start(func() {
		c.pump(ctx, q, out)
		close(out)
		c.unwatch(ctx, paths, token)
	})
	if !ok {
		return nil, &Error{Op: "watch", Err: ErrClosed}
	}
	return out, nil
}

func (c *Client) watchPath(ctx context.Context, path, token string) error {
	_, err := call(ctx, c, request[struct{}]{op: "watch", path: path, run: func(l library) (none struct{}, _ error) {
		if err := c.events.start(l); err != nil {
			return none, err
		}
		return none, l.watch(path, token)
	}})
	return err
}

// unwatch removes watches. A failure means that there is no such watch.
func (c *Client) unwatch(ctx context.Context, paths []string, token string) {
	c.later(ctx, func(l library) {
		for _, path := range paths {
			_ = l.unwatch(path, token)
		}
		c.events.remove(token)
	})
}

// pump hands the queue's paths over until the watch ends.
func (c *Client) pump(ctx context.Context, q *queue, out chan<- string) {
	for {
		select {
		case <-q.more:
		case <-ctx.Done():
			return
		case <-c.closing:
			return
		case <-c.events.ended:
			return
		}
		for _, path := range q.take() {
			select {
			case out <- path:
			case <-ctx.Done():
				return
			case <-c.closing:
				return
			case <-c.events.ended:
				return
			}
		}
	}
}
