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
	const path = "/tool/example/counter"
	err = c.Transact(ctx, func(tx *xenstore.Tx) error {
		text, err := tx.Read(ctx, path)
		if errors.Is(err, fs.ErrNotExist) {
			return tx.Write(ctx, path, "1")
		}
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return err // and nothing is changed
		}
		return tx.Write(ctx, path, strconv.Itoa(n+1))
	})
	if err != nil {
		fmt.Println(err)
	}
}

// Watch waits until a domain's console has a terminal.
func ExampleClient_Watch() {
	c, err := xenstore.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	const path = "/local/domain/5/console/tty"
	changes, err := c.Watch(ctx, path)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range changes { // the first comes at once: no need to read before
		if tty, err := c.Read(ctx, path); err == nil {
			fmt.Println(tty)
			return
		}
	}
	fmt.Println("no terminal in a minute, or no connection any more")
}

// SetPermissions lets domain 5 read what domain 0 owns, and nobody else.
func ExampleClient_SetPermissions() {
	c, err := xenstore.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	err = c.SetPermissions(context.Background(), "/tool/example", xenstore.Permissions{
		Owner:  0,
		Others: xenstore.AccessNone,
		Grants: []xenstore.Grant{{Domain: 5, Access: xenstore.AccessRead}},
	})
	if err != nil {
		fmt.Println(err)
	}
}
