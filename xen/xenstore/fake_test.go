//go:build cgo

package xenstore

import (
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Requests of xenstore's wire protocol (xen/include/public/io/xs_wire.h).
const (
	xsDirectory  = 1
	xsRead       = 2
	xsWatch      = 4
	xsUnwatch    = 5
	xsWrite      = 11
	xsRm         = 13
	xsWatchEvent = 15
	xsError      = 16
)

// A store answers the requests that this package makes, so that its own code, and
// libxenstore's, run where there is no xenstored.
type store struct {
	mu      sync.Mutex
	values  map[string]string
	watches map[string]*peer // "path token" -> who asked
}

type peer struct {
	conn net.Conn
	mu   sync.Mutex
}

// startStore makes Open reach a store of the test's own.
func startStore(t *testing.T) *store {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XENSTORED_PATH", socket)
	s := &store{values: map[string]string{}, watches: map[string]*peer{}}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { s.serve(&peer{conn: conn}) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	return s
}

func (p *peer) send(kind, id uint32, body string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	msg := make([]byte, 16, 16+len(body))
	binary.LittleEndian.PutUint32(msg[0:], kind)
	binary.LittleEndian.PutUint32(msg[4:], id)
	binary.LittleEndian.PutUint32(msg[12:], uint32(len(body)))
	p.conn.Write(append(msg, body...)) // a client that has gone reads no answer
}

func (s *store) serve(p *peer) {
	defer p.conn.Close()
	for {
		var head [16]byte
		if _, err := io.ReadFull(p.conn, head[:]); err != nil {
			return
		}
		body := make([]byte, binary.LittleEndian.Uint32(head[12:]))
		if _, err := io.ReadFull(p.conn, body); err != nil {
			return
		}
		s.answer(p, binary.LittleEndian.Uint32(head[0:]), binary.LittleEndian.Uint32(head[4:]), string(body))
	}
}

func (s *store) answer(p *peer, kind, id uint32, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path, rest, _ := strings.Cut(body, "\x00")
	reply := "OK\x00"
	var changed []string
	switch kind {
	case xsRead:
		value, ok := s.values[path]
		if !ok {
			kind, value = xsError, "ENOENT\x00"
		}
		reply = value
	case xsDirectory:
		reply = s.names(path)
		if reply == "" {
			kind, reply = xsError, "ENOENT\x00"
		}
	case xsWrite:
		s.values[path] = rest
		changed = append(changed, path)
	case xsRm:
		delete(s.values, path)
		changed = append(changed, path)
	case xsWatch:
		s.watches[path+" "+strings.TrimRight(rest, "\x00")] = p
	case xsUnwatch:
		delete(s.watches, path+" "+strings.TrimRight(rest, "\x00"))
	default:
		kind, reply = xsError, "ENOSYS\x00"
	}
	p.send(kind, id, reply)
	if kind == xsWatch {
		p.send(xsWatchEvent, 0, body)
	}
	for _, c := range changed {
		s.fire(c)
	}
}

func (s *store) names(path string) string {
	var names []string
	for p := range s.values {
		if below, ok := strings.CutPrefix(p, path+"/"); ok {
			name, _, _ := strings.Cut(below, "/")
			names = append(names, name+"\x00")
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), "")
}

func (s *store) fire(changed string) {
	for key, p := range s.watches {
		path, token, _ := strings.Cut(key, " ")
		if changed == path || strings.HasPrefix(changed, path+"/") {
			p.send(xsWatchEvent, 0, changed+"\x00"+token+"\x00")
		}
	}
}
