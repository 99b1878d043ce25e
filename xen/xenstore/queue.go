package xenstore

import "sync"

// maxQueued is how many changed paths wait for a watcher. A guest decides how many
// different ones there are below its own path.
const maxQueued = 4096

// A queue holds the paths that have changed and that its watcher has not yet taken.
// A path waits once only, however often it changes.
type queue struct {
	watched []string
	mu      sync.Mutex
	paths   []string
	waiting map[string]bool
	more    chan struct{}
}

func newQueue(watched []string) *queue {
	return &queue{watched: watched, waiting: map[string]bool{}, more: make(chan struct{}, 1)}
}

// push adds a path. When there are too many, those watched stand for all of them.
func (q *queue) push(path string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.paths) >= maxQueued && !q.waiting[path] {
		q.paths = nil
		clear(q.waiting)
		for _, w := range q.watched {
			q.add(w)
		}
	} else {
		q.add(path)
	}
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *queue) add(path string) {
	if !q.waiting[path] {
		q.waiting[path] = true
		q.paths = append(q.paths, path)
	}
}

func (q *queue) take() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	paths := q.paths
	q.paths = nil
	clear(q.waiting)
	return paths
}
