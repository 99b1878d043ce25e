//go:build cgo

package xenstore

import (
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
)

// Requests of xenstore's wire protocol (xen/include/public/io/xs_wire.h).
const (
	xsDirectory          = 1
	xsRead               = 2
	xsGetPerms           = 3
	xsWatch              = 4
	xsUnwatch            = 5
	xsTransactionStart   = 6
	xsTransactionEnd     = 7
	xsGetDomainPath      = 10
	xsWrite              = 11
	xsMkdir              = 12
	xsRm                 = 13
	xsSetPerms           = 14
	xsWatchEvent         = 15
	xsError              = 16
	xsIsDomainIntroduced = 17
	xsDirectoryPart      = 22
)

// A message is a request, a reply or an event.
type message struct {
	kind, id, tx uint32
	body         string
}

// bytes is the message as it is sent.
func (m message) bytes() []byte {
	b := make([]byte, 16, 16+len(m.body))
	binary.LittleEndian.PutUint32(b[0:], m.kind)
	binary.LittleEndian.PutUint32(b[4:], m.id)
	binary.LittleEndian.PutUint32(b[8:], m.tx)
	binary.LittleEndian.PutUint32(b[12:], uint32(len(m.body)))
	return append(b, m.body...)
}

func readMessage(r io.Reader) (message, error) {
	var head [16]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return message{}, err
	}
	body := make([]byte, binary.LittleEndian.Uint32(head[12:]))
	_, err := io.ReadFull(r, body)
	return message{
		kind: binary.LittleEndian.Uint32(head[0:]),
		id:   binary.LittleEndian.Uint32(head[4:]),
		tx:   binary.LittleEndian.Uint32(head[8:]),
		body: string(body),
	}, err
}

// A peer is a client as the server sees it.
type peer struct {
	conn net.Conn
	mu   sync.Mutex
}

func (p *peer) write(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn.Write(b) // a client that has gone reads no answer
}

// answer replies to m.
func (p *peer) answer(m message, kind uint32, body string) {
	p.write(message{kind: kind, id: m.id, tx: m.tx, body: body}.bytes())
}

func (p *peer) event(path, token string) {
	p.write(message{kind: xsWatchEvent, body: path + "\x00" + token + "\x00"}.bytes())
}

// A server stands in for xenstored, until stop.
type server struct {
	listener net.Listener
	serving  sync.WaitGroup
	mu       sync.Mutex
	conns    []net.Conn
	stopped  bool
}

// startServer makes Open reach a server, which hands each message to handle.
func startServer(t *testing.T, handle func(p *peer, m message)) *server {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XENSTORED_PATH", socket)
	s := &server{listener: listener}
	s.serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if s.keep(conn) {
				s.serving.Go(func() { serve(conn, handle) })
			}
		}
	})
	t.Cleanup(s.stop)
	return s
}

func serve(conn net.Conn, handle func(p *peer, m message)) {
	defer conn.Close()
	p := &peer{conn: conn}
	for {
		m, err := readMessage(conn)
		if err != nil {
			return
		}
		handle(p, m)
	}
}

// keep notes a connection, for stop to end it.
func (s *server) keep(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		conn.Close()
	}
	s.conns = append(s.conns, conn)
	return !s.stopped
}

// stop ends the server and its connections.
func (s *server) stop() {
	s.listener.Close()
	s.mu.Lock()
	s.stopped = true
	for _, conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
}
