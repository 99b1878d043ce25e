//go:build cgo

package xenstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// The tests named TestXen… run in dom0, as root, with XENVOY_TEST_XEN set: they compare
// this package with Xen's own tools on the real xenstored.

// openXen connects two clients to the real xenstored.
func openXen(t *testing.T) (a, b *Client, path string) {
	t.Helper()
	if os.Getenv("XENVOY_TEST_XEN") == "" {
		t.Skip("XENVOY_TEST_XEN is not set: this needs xenstored and Xen's tools, which dom0 has")
	}
	return openTwo(t)
}

// tool runs one of Xen's tools and returns what it prints.
func tool(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v: %s", args, err, out)
	}
	return string(out)
}

// ls is what xenstore-ls prints below a path, one line a node, in no order of its own.
func ls(t *testing.T, path string) string { return tool(t, "xenstore-ls", "-f", path) }

func write(t *testing.T, c *Client, path, value string) {
	t.Helper()
	if err := c.Write(t.Context(), path, value); err != nil {
		t.Fatal(err)
	}
}

// TestXenTransactionShowsAtOnce: other connections see the old values until the commit,
// and the new ones after it.
func TestXenTransactionShowsAtOnce(t *testing.T) {
	c, _, path := openXen(t)
	ctx := t.Context()
	write(t, c, path+"/a", "old")
	write(t, c, path+"/gone", "old")
	err := c.Transact(ctx, func(tx *Tx) error {
		err := errors.Join(
			tx.Write(ctx, path+"/a", "new"),
			tx.Write(ctx, path+"/b/deep", "new"),
			tx.Remove(ctx, path+"/gone"),
		)
		if got := tool(t, "xenstore-read", path+"/a", path+"/gone"); got != "old\nold\n" {
			t.Errorf("during the transaction xenstore-read prints %q", got)
		}
		if got := ls(t, path); strings.Contains(got, "new") || strings.Contains(got, "deep") {
			t.Errorf("during the transaction xenstore-ls prints\n%s", got)
		}
		if v, e := tx.Read(ctx, path+"/b/deep"); e != nil || v != "new" {
			t.Errorf("the transaction itself reads %q, %v", v, e)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := tool(t, "xenstore-read", path+"/a", path+"/b/deep"); got != "new\nnew\n" {
		t.Errorf("after the transaction xenstore-read prints %q", got)
	}
	if got := ls(t, path); !strings.Contains(got, path+"/b/deep = \"new\"") || strings.Contains(got, "gone") {
		t.Errorf("after the transaction xenstore-ls prints\n%s", got)
	}
}

// TestXenTransactionLeavesNothing: what is not committed is not to be seen, and does not
// keep others from the same nodes.
func TestXenTransactionLeavesNothing(t *testing.T) {
	c, other, path := openXen(t)
	ctx, mine := t.Context(), errors.New("mine")
	write(t, c, path+"/a", "old")
	before := ls(t, path)
	spoil := func(tx *Tx) {
		if err := errors.Join(tx.Write(ctx, path+"/a", "spoilt"), tx.Write(ctx, path+"/b", "spoilt")); err != nil {
			t.Error(err)
		}
	}
	if err := c.Transact(ctx, func(tx *Tx) error { spoil(tx); return mine }); !errors.Is(err, mine) {
		t.Errorf("err = %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = c.Transact(ctx, func(tx *Tx) error { spoil(tx); panic(mine) })
		t.Error("the panic was swallowed")
	}()
	short, cancel := context.WithCancel(ctx)
	if err := c.Transact(short, func(tx *Tx) error { spoil(tx); cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if after := ls(t, path); after != before {
		t.Errorf("xenstore-ls prints\n%sand before\n%s", after, before)
	}
	runs := 0
	err := other.Transact(ctx, func(tx *Tx) error { runs++; return tx.Write(ctx, path+"/a", "new") })
	if got := tool(t, "xenstore-read", path+"/a"); err != nil || runs != 1 || got != "new\n" {
		t.Errorf("then another: %d runs, %v, value %q", runs, err, got)
	}
}

// TestXenConflict: of two clients that change the same node the slower one runs again,
// and sees what the faster one has written.
func TestXenConflict(t *testing.T) {
	a, b, path := openXen(t)
	ctx := t.Context()
	write(t, a, path, "10")
	var dead *Tx
	runs := 0
	err := a.Transact(ctx, func(tx *Tx) error {
		runs++
		if _, err := tx.Read(ctx, path); err != nil {
			return err
		}
		if runs == 1 {
			dead = tx
			if err := b.Transact(ctx, func(tx *Tx) error { return tx.Write(ctx, path, "20") }); err != nil {
				return err
			}
		}
		return increment(ctx, tx, path)
	})
	if err != nil || runs != 2 {
		t.Errorf("%d runs, want 2; %v", runs, err)
	}
	if err := dead.Write(ctx, path, "99"); !errors.Is(err, ErrTransactionEnded) {
		t.Errorf("the first Tx: %v", err)
	}
	if got := tool(t, "xenstore-read", path); got != "21\n" {
		t.Errorf("xenstore-read prints %q, want 21", got)
	}
}

// TestXenCount: increments from two clients at the same time are not lost.
func TestXenCount(t *testing.T) {
	a, b, path := openXen(t)
	write(t, a, path, "0")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	const each = 50
	var counting sync.WaitGroup
	for _, c := range []*Client{a, b} {
		counting.Go(func() {
			for range each {
				if err := c.Transact(ctx, func(tx *Tx) error { return increment(ctx, tx, path) }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	counting.Wait()
	if got := tool(t, "xenstore-read", path); got != fmt.Sprintf("%d\n", 2*each) {
		t.Errorf("xenstore-read prints %q, want %d", got, 2*each)
	}
}

// TestXenPermissions sets them here and reads them with Xen's tools, and the other way round.
func TestXenPermissions(t *testing.T) {
	c, _, path := openXen(t)
	ctx := t.Context()
	write(t, c, path+"/node", "value")
	for _, want := range []string{"n0", "r0,n1000", "n0,r1000,w1001,b1002"} {
		if err := c.SetPermissions(ctx, path+"/node", parsePermissions(t, want)); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(tool(t, "xenstore-ls", "-p", "-f", path)); !strings.HasPrefix(got, path+`/node = "value"`) || !strings.HasSuffix(got, "("+want+")") {
			t.Errorf("%s: xenstore-ls -p prints %q", want, got)
		}
	}
	for _, want := range []string{"b0", "w0,r1000", "n0,b1000,n1001"} {
		tool(t, append([]string{"xenstore-chmod", path + "/node"}, strings.Split(want, ",")...)...)
		if p, err := c.GetPermissions(ctx, path+"/node"); err != nil || p.String() != want {
			t.Errorf("xenstore-chmod %s: read as %v, %v", want, p, err)
		}
	}
}

// TestXenPermissionsInTransaction: they are part of it.
func TestXenPermissionsInTransaction(t *testing.T) {
	c, other, path := openXen(t)
	ctx := t.Context()
	write(t, c, path, "value")
	before, err := other.GetPermissions(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Transact(ctx, func(tx *Tx) error {
		err := tx.SetPermissions(ctx, path, parsePermissions(t, "r0,w1000"))
		if p, e := other.GetPermissions(ctx, path); e != nil || p.String() != before.String() {
			t.Errorf("during the transaction others read %v, %v", p, e)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := other.GetPermissions(ctx, path); err != nil || p.String() != "r0,w1000" {
		t.Errorf("after it they read %v, %v", p, err)
	}
}

// TestXenWatchSeesTheLastOf1000: another client writes as fast as it can; the watch may
// pass values over, but not the last.
func TestXenWatchSeesTheLastOf1000(t *testing.T) {
	a, b, path := openXen(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	changes, err := a.Watch(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	const last = "999"
	var writing sync.WaitGroup
	defer writing.Wait()
	writing.Go(func() {
		for i := range 1000 {
			if err := b.Write(ctx, path, fmt.Sprint(i)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	events := 0
	for changed := range changes {
		events++
		if changed != path {
			t.Errorf("an event for %s", changed)
		}
		v, err := a.Read(ctx, path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if v == last {
			break
		}
	}
	if got := tool(t, "xenstore-read", path); got != last+"\n" {
		t.Errorf("after %d events xenstore-read prints %q", events, got)
	}
	t.Logf("%d events for 1000 writes", events)
}

// TestXenWatchSeesTools: changes by Xen's own tools, below the path too, and nothing
// after the end.
func TestXenWatchSeesTools(t *testing.T) {
	c, _, path := openXen(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	changes, err := c.Watch(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if got := receive(t, changes); got != path {
		t.Errorf("at the beginning: %s", got)
	}
	tool(t, "xenstore-write", path+"/below", "1")
	for got := receive(t, changes); got != path+"/below"; got = receive(t, changes) {
		if got != path { // made on the way
			t.Errorf("xenstore-write: %s", got)
		}
	}
	tool(t, "xenstore-rm", path+"/below")
	if got := receive(t, changes); got != path+"/below" {
		t.Errorf("xenstore-rm: %s", got)
	}
	cancel()
	for range changes { // ends
	}
}
