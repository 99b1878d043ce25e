// Package xlwire has what two xl tell each other around the stream of a migration
// (tools/xl/xl.h, tools/xl/xl_migrate.c):
//
//	receiver: Banner
//	sender:   xl's header, with the configuration, and the stream (package stream)
//	receiver: Ready, once it has rebuilt the guest
//	sender:   Permission: from here on the receiver may run the guest, and the sender must not
//	receiver: Result and a byte: 0 when the guest runs, else libxl's code with the other sign
//	receiver: Permission, after a byte that is not 0, once its copy is gone: the sender may run the guest
package xlwire

import "fmt"

// The messages. All but the banner end with a zero byte.
const (
	Banner     = "xl migration receiver ready, send binary domain data.\n"
	Ready      = "domain received, ready to unpause\x00"
	Permission = "domain is yours, you are cleared to unpause\x00"
	Result     = "my copy unpause results are as follows\x00"
)

// An Unexpected is what came in the place of a message: as many bytes as that has.
type Unexpected struct{ Got []byte }

func (e *Unexpected) Error() string { return fmt.Sprintf("unexpected data: %q", e.Got) }

// Expect reads a message by fill, which fills all of what it is given. The error is fill's, or an
// *Unexpected.
func Expect(fill func([]byte) error, message string) error {
	got := make([]byte, len(message))
	if err := fill(got); err != nil {
		return err
	}
	if string(got) != message {
		return &Unexpected{got}
	}
	return nil
}

// ReadResult reads what the receiver says of its start, and the byte behind it.
func ReadResult(fill func([]byte) error) (status byte, err error) {
	if err := Expect(fill, Result); err != nil {
		return 0, err
	}
	var b [1]byte
	err = fill(b[:])
	return b[0], err
}
