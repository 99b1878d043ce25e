package xenstore

import (
	"context"
	"errors"
	"syscall"
)

// A Tx makes requests within a transaction: they see the store as it was when the
// transaction began, with the transaction's own changes, and others see those changes
// all at once or never. Calls return ErrTransactionEnded once the function that
// received the Tx has returned.
type Tx struct{ nodes }

// Transact runs f in a transaction and commits it. When others have changed what the
// transaction has used, f is run again, in a new one, until there is no such conflict
// or ctx ends: f must not change anything else, nor keep what it has read in vain.
//
// When f fails or panics, nothing is changed, and Transact returns f's error as it is.
// An error of the commit that matches ErrUnanswered or ErrConnectionLost leaves open
// whether all of the changes are made or none.
//
// Implements: xs_transaction_t xs_transaction_start(struct xs_handle *h)
// Implements: bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
func (c *Client) Transact(ctx context.Context, f func(tx *Tx) error) error {
	for {
		conflict, err := c.try(ctx, f)
		if !conflict {
			return err
		}
	}
}

// try runs f in one transaction.
func (c *Client) try(ctx context.Context, f func(tx *Tx) error) (conflict bool, err error) {
	id, err := call(ctx, c, request[txID]{
		op:   "begin transaction",
		run:  func(l library) (txID, error) { return l.begin() },
		undo: func(l library, id txID) { _ = l.end(id, true) }, // fails with the connection, and the transaction with it
	})
	if err != nil {
		return false, err
	}
	t := &transaction{id: id}
	committed := false
	defer func() { // also when f panics or ends its goroutine
		if !committed {
			c.abort(ctx, t)
		}
	}()
	if err := f(&Tx{nodes{c: c, tx: t}}); err != nil {
		return false, err
	}
	t.ended.Store(true)
	_, err = call(ctx, c, request[struct{}]{op: "commit transaction", run: func(l library) (_ struct{}, err error) {
		t.over = true
		return struct{}{}, l.end(id, false)
	}})
	committed = err == nil
	return errors.Is(err, syscall.EAGAIN), err
}

// abort ends a transaction without its changes, unless the commit has been sent.
func (c *Client) abort(ctx context.Context, t *transaction) {
	t.ended.Store(true)
	c.later(ctx, func(l library) {
		if !t.over {
			t.over = true
			_ = l.end(t.id, true) // fails with the connection, and the transaction with it
		}
	})
}
