//go:build cgo

package xenstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// openTwo connects two clients to the store of the test.
func openTwo(t *testing.T) (a, b *Client, path string) {
	t.Helper()
	a = openClient(t)
	b, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return a, b, testPath(t, a)
}

func TestTransactCommits(t *testing.T) {
	c, other, path := openTwo(t)
	ctx := t.Context()
	for _, name := range []string{"changed", "removed"} {
		if err := c.Write(ctx, path+"/"+name, "old"); err != nil {
			t.Fatal(err)
		}
	}
	err := c.Transact(ctx, func(tx *Tx) error {
		if err := errors.Join(
			tx.Write(ctx, path+"/changed", "new"),
			tx.Remove(ctx, path+"/removed"),
			tx.Mkdir(ctx, path+"/made"),
			tx.SetPermissions(ctx, path+"/made", parsePermissions(t, "r0")),
		); err != nil {
			return err
		}
		if v, err := tx.Read(ctx, path+"/changed"); err != nil || v != "new" {
			t.Errorf("inside: %q, %v", v, err)
		}
		if yes, err := tx.Exists(ctx, path+"/removed"); err != nil || yes {
			t.Errorf("inside: removed exists: %v, %v", yes, err)
		}
		if p, err := tx.GetPermissions(ctx, path+"/made"); err != nil || p.String() != "r0" {
			t.Errorf("inside: permissions %v, %v", p, err)
		}
		if v, err := other.Read(ctx, path+"/changed"); err != nil || v != "old" {
			t.Errorf("outside: %q, %v", v, err)
		}
		names, err := tx.List(ctx, path)
		slices.Sort(names)
		if !slices.Equal(names, []string{"changed", "made"}) {
			t.Errorf("inside: list %q, %v", names, err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := other.Read(ctx, path+"/changed"); err != nil || v != "new" {
		t.Errorf("after: %q, %v", v, err)
	}
	if yes, err := other.Exists(ctx, path+"/removed"); err != nil || yes {
		t.Errorf("after: removed exists: %v, %v", yes, err)
	}
}

// TestTransactAborts leaves the function in each way but success.
func TestTransactAborts(t *testing.T) {
	var s *store
	if os.Getenv("XENVOY_TEST_XEN") == "" {
		s = startStore(t)
	}
	c, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	path, mine := testPath(t, c), errors.New("mine")
	for name, leave := range map[string]func(cancel func()) error{
		"error":    func(func()) error { return mine },
		"again":    func(func()) error { return syscall.EAGAIN }, // it is not that of a commit
		"panic":    func(func()) error { panic(mine) },
		"goexit":   func(func()) error { runtime.Goexit(); return nil },
		"cancel":   func(cancel func()) error { cancel(); return nil },
		"and fail": func(cancel func()) error { cancel(); return mine },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var kept *Tx
			var err error
			runs := 0
			var running sync.WaitGroup
			running.Go(func() { // its own goroutine, which may end
				defer func() { _ = recover() }()
				err = c.Transact(ctx, func(tx *Tx) error {
					kept = tx
					runs++
					if err := tx.Write(ctx, path, "half"); err != nil {
						t.Error(err)
					}
					return leave(cancel)
				})
			})
			running.Wait()
			want := map[string]error{"error": mine, "again": syscall.EAGAIN, "cancel": context.Canceled, "and fail": mine}[name]
			if !errors.Is(err, want) || runs != 1 {
				t.Errorf("err = %v, want %v; %d runs", err, want, runs)
			}
			if err := kept.Write(t.Context(), path, "late"); !errors.Is(err, ErrTransactionEnded) {
				t.Errorf("the Tx lives on: %v", err)
			}
			if _, err := c.Read(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("something was written: %v", err)
			}
		})
	}
	for range 1000 { // those whose context had ended are aborted in the background
		if s == nil || s.open() == 0 {
			return
		}
		if err := c.Mkdir(t.Context(), path); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("%d transactions are still open", s.open())
}

// TestTransactRetries: another client is faster, twice.
func TestTransactRetries(t *testing.T) {
	c, other, path := openTwo(t)
	ctx, runs := t.Context(), 0
	if err := c.Write(ctx, path, "0"); err != nil {
		t.Fatal(err)
	}
	var first *Tx
	err := c.Transact(ctx, func(tx *Tx) error {
		if runs++; runs == 1 {
			first = tx
		} else if err := first.Write(ctx, path, "dead"); !errors.Is(err, ErrTransactionEnded) {
			t.Errorf("the first Tx lives on: %v", err)
		}
		v, err := tx.Read(ctx, path)
		if err != nil {
			return err
		}
		if runs <= 2 {
			if err := other.Write(ctx, path, fmt.Sprint(10*runs)); err != nil {
				return err
			}
		}
		return tx.Write(ctx, path, v+"+")
	})
	if err != nil || runs != 3 {
		t.Errorf("%d runs, %v", runs, err)
	}
	if v, err := c.Read(ctx, path); err != nil || v != "20+" {
		t.Errorf("value %q, %v", v, err)
	}
}

// TestTransactRetriesUntilCtxEnds: another client is always faster.
func TestTransactRetriesUntilCtxEnds(t *testing.T) {
	c, other, path := openTwo(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	runs := 0
	err := c.Transact(ctx, func(tx *Tx) error {
		if runs++; runs == 5 {
			cancel()
		}
		_, err := tx.Read(t.Context(), path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := other.Write(t.Context(), path, fmt.Sprint(runs)); err != nil {
			return err
		}
		return tx.Write(t.Context(), path, "mine")
	})
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnanswered) || runs != 5 {
		t.Errorf("%d runs, %v", runs, err)
	}
}

// TestTransactCounts: two clients, with two goroutines each, lose no increment.
func TestTransactCounts(t *testing.T) {
	a, b, path := openTwo(t)
	if err := a.Write(t.Context(), path, "0"); err != nil {
		t.Fatal(err)
	}
	const each = 25
	var counting sync.WaitGroup
	for _, c := range []*Client{a, a, b, b} {
		counting.Go(func() {
			for range each {
				if err := c.Transact(t.Context(), func(tx *Tx) error { return increment(t.Context(), tx, path) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	counting.Wait()
	if v, err := a.Read(t.Context(), path); err != nil || v != fmt.Sprint(4*each) {
		t.Errorf("counted to %q, %v; want %d", v, err, 4*each)
	}
}

func increment(ctx context.Context, tx *Tx, path string) error {
	v, err := tx.Read(ctx, path)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return err
	}
	return tx.Write(ctx, path, strconv.Itoa(n+1))
}

// TestEndedWhileWaiting: a request that got its turn when the transaction was over. The
// test is the worker.
func TestEndedWhileWaiting(t *testing.T) {
	c := newClient()
	tx := &Tx{nodes{c: c, tx: &transaction{id: 7}}}
	errs := make(chan error)
	go func() { errs <- tx.Mkdir(t.Context(), "/a") }()
	run := <-c.work
	tx.tx.ended.Store(true)
	go run()
	if err := <-errs; !errors.Is(err, ErrTransactionEnded) {
		t.Errorf("err = %v", err)
	}
}

func TestTransactOnClosedClient(t *testing.T) {
	c := openClient(t)
	err := c.Transact(t.Context(), func(tx *Tx) error {
		c.Close()
		return tx.Mkdir(t.Context(), "/tool")
	})
	if !errors.Is(err, ErrClosed) {
		t.Errorf("closed in the middle: %v", err)
	}
	err = c.Transact(t.Context(), func(*Tx) error { t.Error("f is called"); return nil })
	if !errors.Is(err, ErrClosed) {
		t.Errorf("closed before: %v", err)
	}
}
