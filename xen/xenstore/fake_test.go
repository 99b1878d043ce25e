//go:build cgo

package xenstore

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A store answers the requests that this package makes, so that its own code, and
// libxenstore's, run where there is no xenstored. Any change is in conflict with any
// transaction.
type store struct {
	mu           sync.Mutex
	now          tree
	generation   int
	lastTx       uint32
	transactions map[uint32]*snapshot
	watches      map[watchKey]bool
}

type tree struct{ values, perms map[string]string }

type snapshot struct {
	tree
	generation int
	changed    []string
}

type watchKey struct {
	p           *peer
	path, token string
}

// startStore makes Open reach a store of the test's own.
func startStore(t *testing.T) *store {
	t.Helper()
	s := &store{
		now:          tree{map[string]string{}, map[string]string{}},
		transactions: map[uint32]*snapshot{},
		watches:      map[watchKey]bool{},
	}
	startServer(t, s.handle)
	return s
}

func (s *store) handle(p *peer, m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	on := &snapshot{tree: s.now}
	if m.tx != 0 {
		if on = s.transactions[m.tx]; on == nil {
			p.answer(m, xsError, "ENOENT\x00")
			return
		}
	}
	reply, failure := s.run(p, on, m)
	if failure != "" {
		p.answer(m, xsError, failure+"\x00")
	} else {
		p.answer(m, m.kind, reply)
	}
	switch {
	case m.kind == xsWatch && failure == "":
		p.write(message{kind: xsWatchEvent, body: m.body}.bytes())
	case m.tx == 0:
		s.publish(on.changed)
	case m.kind == xsTransactionEnd && failure == "" && m.body == "T\x00":
		s.now = on.tree
		s.publish(on.changed)
	}
}

// run carries a request out on a tree.
func (s *store) run(p *peer, on *snapshot, m message) (reply, failure string) {
	path, rest, _ := strings.Cut(m.body, "\x00")
	switch m.kind {
	case xsWatch:
		s.watches[watchKey{p, path, strings.TrimRight(rest, "\x00")}] = true
		return "OK\x00", ""
	case xsUnwatch:
		delete(s.watches, watchKey{p, path, strings.TrimRight(rest, "\x00")})
		return "OK\x00", ""
	case xsTransactionStart:
		s.lastTx++
		s.transactions[s.lastTx] = &snapshot{
			tree:       tree{maps.Clone(s.now.values), maps.Clone(s.now.perms)},
			generation: s.generation,
		}
		return fmt.Sprintf("%d\x00", s.lastTx), ""
	case xsTransactionEnd:
		delete(s.transactions, m.tx)
		if path == "T" && on.generation != s.generation {
			return "", "EAGAIN"
		}
		return "OK\x00", ""
	case xsGetDomainPath:
		return "/local/domain/" + path + "\x00", ""
	case xsIsDomainIntroduced:
		if path == "0" {
			return "T\x00", ""
		}
		return "F\x00", ""
	}
	return on.run(m.kind, path, rest)
}

// run carries a request on a node out.
func (s *snapshot) run(kind uint32, path, rest string) (reply, failure string) {
	value, exists := s.values[path]
	if !exists && kind != xsWrite && kind != xsMkdir && kind != xsRm {
		return "", "ENOENT"
	}
	switch kind {
	case xsRead:
		return value, ""
	case xsDirectory:
		return s.names(path), ""
	case xsGetPerms:
		return s.perms[path], ""
	case xsSetPerms:
		s.perms[path] = rest
	case xsWrite:
		s.make(path)
		s.values[path] = rest
	case xsMkdir:
		s.make(path)
	case xsRm:
		below := func(p, _ string) bool { return p == path || strings.HasPrefix(p, path+"/") }
		maps.DeleteFunc(s.values, below)
		maps.DeleteFunc(s.perms, below)
	default:
		return "", "ENOSYS"
	}
	s.changed = append(s.changed, path)
	return "OK\x00", ""
}

// make adds a node, and those above it.
func (s *snapshot) make(node string) {
	for ; len(node) > 1; node = path.Dir(node) {
		if _, ok := s.values[node]; !ok {
			s.values[node], s.perms[node] = "", "n0\x00"
		}
	}
}

func (s *snapshot) names(path string) string {
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

// publish tells the watches.
func (s *store) publish(changed []string) {
	for _, c := range changed {
		s.generation++
		for w := range s.watches {
			if c == w.path || strings.HasPrefix(c, w.path+"/") {
				w.p.event(c, w.token)
			}
		}
	}
}

// open is how many transactions have begun and not ended.
func (s *store) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.transactions)
}
