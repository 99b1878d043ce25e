package xenstore

import "os"

// A txID is xenstored's number for a transaction; 0 is none.
type txID uint32

// A library is libxenstore with one connection. All methods but event may block until
// xenstored answers; they are called on the client's worker alone. Errors are errnos.
type library interface {
	read(t txID, path string) (string, error)
	write(t txID, path, value string) error
	list(t txID, path string) ([]string, error)
	mkdir(t txID, path string) error
	remove(t txID, path string) error
	permissions(t txID, path string) (Permissions, error)
	setPermissions(t txID, path string, p Permissions) error

	begin() (txID, error)
	end(t txID, abort bool) error

	domainPath(id uint32) (string, error)
	isIntroduced(id uint32) (bool, error)

	watch(path, token string) error
	unwatch(path, token string) error
	// eventFile is readable when there are watch events.
	eventFile() (*os.File, error)
	// event takes one watch event, and never blocks. EAGAIN means that there is
	// none, any other error that the connection is lost.
	event() (path, token string, err error)

	close()
}
