package xenstore

import (
	"context"
	"fmt"
	"syscall"
)

// GetDomainPath returns the path of a domain's own nodes, such as "/local/domain/5",
// whether the domain exists or not. The error matches syscall.EINVAL for ids above 65535.
//
// Implements: char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
func (c *Client) GetDomainPath(ctx context.Context, id uint32) (string, error) {
	return askDomain(ctx, c, "get domain path", id, func(l library) (string, error) { return l.domainPath(id) })
}

// IsDomainIntroduced says whether xenstored serves a domain. The error matches
// syscall.EINVAL for ids above 65535.
//
// Implements: bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
func (c *Client) IsDomainIntroduced(ctx context.Context, id uint32) (bool, error) {
	return askDomain(ctx, c, "is domain introduced", id, func(l library) (bool, error) { return l.isIntroduced(id) })
}

func askDomain[T any](ctx context.Context, c *Client, op string, id uint32, f func(l library) (T, error)) (T, error) {
	path := fmt.Sprintf("/local/domain/%d", id) // for the error
	if id > maxDomID {
		var none T
		return none, &Error{Op: op, Path: path, Err: syscall.EINVAL}
	}
	return call(ctx, c, request[T]{op: op, path: path, run: f})
}
