package xenstore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/xenvoy/xenvoy/xen/xenstore"
)

func Example() {
	c, err := xenstore.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	// Read waits a second at most, even when xenstored hangs.
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	name, err := c.Read(ctx, "/local/domain/0/name")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fmt.Println("domain 0 has no name")
	case errors.Is(err, xenstore.ErrUnanswered):
		fmt.Println("xenstored hangs")
	case err != nil:
		fmt.Println(err)
	default:
		fmt.Println(name)
	}
}

// Transact counts on, however many others do so at the same time.
func ExampleClient_Transact() {
	c, err := xenstore.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	const path = "/tool/example-counter"
	defer c.Remove(ctx, path) // an example leaves nothing
	var n int
	err = c.Transact(ctx, func(tx *xenstore.Tx) error {
		text, err := tx.Read(ctx, path)
		if errors.Is(err, fs.ErrNotExist) {
			text, err = "0", nil
		}
		if err != nil {
			return err // and nothing is changed
		}
		if n, err = strconv.Atoi(text); err != nil {
			return err
		}
		n++
		return tx.Write(ctx, path, strconv.Itoa(n))
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("counted to", n)
}

// Watch waits until another program says that it is ready.
func ExampleClient_Watch() {
	c, err := xenstore.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	const path = "/tool/example-state"
	changes, err := c.Watch(ctx, path)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range changes { // the first comes at once: no need to read before
		state, err := c.Read(ctx, path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		if state == "ready" {
			fmt.Println("it is", state)
			return
		}
	}
	fmt.Println("not ready in a minute, or no connection any more")
}

// SetPermissions lets domain 5 read what domain 0 owns, and nobody else.
func ExampleClient_SetPermissions() {
	c, err := xenstore.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	const path = "/tool/example-secret"
	if err := c.Write(ctx, path, "for domain 5"); err != nil {
		fmt.Println(err)
		return
	}
	defer c.Remove(ctx, path) // an example leaves nothing
	err = c.SetPermissions(ctx, path, xenstore.Permissions{
		Owner:  0,
		Others: xenstore.AccessNone,
		Grants: []xenstore.Grant{{Domain: 5, Access: xenstore.AccessRead}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := c.GetPermissions(ctx, path)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p) // as xenstore-ls -p writes it
}
