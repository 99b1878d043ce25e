package xl

import (
	"os"
	"os/signal"
	"syscall"
)

// OutlivePipes keeps a command from ending when somebody closes the pipe that it
// writes to, as "| head" does: one that has a guest in its hands must end by itself.
// Writing then gives an error. The function that it returns undoes it.
func OutlivePipes() func() {
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	return func() { signal.Stop(broken) }
}
