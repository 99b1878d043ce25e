package xenstore

import (
	"context"
	"errors"
	"io/fs"
	"sync/atomic"
)

// nodes are the requests that are the same outside and inside of a transaction: a
// Client and a Tx consist of them.
type nodes struct {
	c  *Client
	tx *transaction
}

// A transaction is what requests need to know of theirs. The client has one that never
// ends, with the id 0.
type transaction struct {
	id    txID
	ended atomic.Bool // no more requests, please
	over  bool        // xenstored has been told the end; the worker's alone
}

// ask makes a request on a path.
func ask[T any](ctx context.Context, n *nodes, op, path string, f func(l library, t txID) (T, error)) (T, error) {
	err := checkPath(path)
	if n.tx.ended.Load() {
		err = ErrTransactionEnded
	}
	if err != nil {
		var none T
		return none, &Error{Op: op, Path: path, Err: err}
	}
	return call(ctx, n.c, request[T]{op: op, path: path, run: func(l library) (T, error) {
		if n.tx.ended.Load() { // while the request waited for its turn: the id may be another's by now
			var none T
			return none, ErrTransactionEnded
		}
		return f(l, n.tx.id)
	}})
}

// tell makes a request that has no answer but its success.
func tell(ctx context.Context, n *nodes, op, path string, f func(l library, t txID) error) error {
	_, err := ask(ctx, n, op, path, func(l library, t txID) (struct{}, error) { return struct{}{}, f(l, t) })
	return err
}

// Read returns the value at a path: at most 4096 bytes, any of them NUL perhaps. The
// error matches fs.ErrNotExist where there is no such path.
//
// Implements: void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
func (n *nodes) Read(ctx context.Context, path string) (string, error) {
	return ask(ctx, n, "read", path, func(l library, t txID) (string, error) { return l.read(t, path) })
}

// Write sets the value at a path, and makes the path, with those above it, where it
// does not exist. Path and value are at most 4095 bytes together, else the error is a
// *SizeError.
//
// Implements: bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data, unsigned int len)
func (n *nodes) Write(ctx context.Context, path, value string) error {
	if err := checkPayload(path, "value", len(value)); err != nil && checkPath(path) == nil {
		return &Error{Op: "write", Path: path, Err: err}
	}
	return tell(ctx, n, "write", path, func(l library, t txID) error { return l.write(t, path, value) })
}

// List returns the names of the entries directly below a path, in no order. The error
// matches fs.ErrNotExist where there is no such path, and ErrConnectionLost where the
// names take more than 4096 bytes and xenstored is oxenstored: it sends them in one
// message, which libxenstore refuses.
//
// Implements: char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
func (n *nodes) List(ctx context.Context, path string) ([]string, error) {
	return ask(ctx, n, "list", path, func(l library, t txID) ([]string, error) { return l.list(t, path) })
}

// Exists says whether there is a path. It fails where the path may not be read.
func (n *nodes) Exists(ctx context.Context, path string) (bool, error) {
	_, err := n.Read(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Mkdir makes a path, with those above it and an empty value, where it does not exist.
// It leaves a path that exists as it is.
//
// Implements: bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
func (n *nodes) Mkdir(ctx context.Context, path string) error {
	return tell(ctx, n, "mkdir", path, func(l library, t txID) error { return l.mkdir(t, path) })
}

// Remove removes a path and all below it. Where there is no such path, but the one
// above it, that is a success too.
//
// Implements: bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
func (n *nodes) Remove(ctx context.Context, path string) error {
	return tell(ctx, n, "remove", path, func(l library, t txID) error { return l.remove(t, path) })
}

// GetPermissions says who may use a path. The error matches fs.ErrNotExist where there
// is no such path.
//
// Implements: struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
func (n *nodes) GetPermissions(ctx context.Context, path string) (Permissions, error) {
	return ask(ctx, n, "get permissions", path, func(l library, t txID) (Permissions, error) { return l.permissions(t, path) })
}

// SetPermissions replaces a path's permissions, but not those below it. The error
// matches fs.ErrNotExist where there is no such path, and syscall.EINVAL for domain ids
// above 65535 and an Access that does not exist; it is a *SizeError for more grants than
// one request carries.
//
// Implements: bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path, struct xs_permissions *perms, unsigned int num_perms)
func (n *nodes) SetPermissions(ctx context.Context, path string, p Permissions) error {
	if err := p.check(path); err != nil && checkPath(path) == nil {
		return &Error{Op: "set permissions", Path: path, Err: err}
	}
	p.Grants = append([]Grant(nil), p.Grants...) // the request may outlive this call
	return tell(ctx, n, "set permissions", path, func(l library, t txID) error { return l.setPermissions(t, path, p) })
}
