package xenstore

import (
	"fmt"
	"slices"
	"testing"
)

func TestQueueHoldsEachPathOnce(t *testing.T) {
	q := newQueue([]string{"/w"})
	for _, p := range []string{"/w/a", "/w/b", "/w/a"} {
		q.push(p)
	}
	if got := q.take(); !slices.Equal(got, []string{"/w/a", "/w/b"}) {
		t.Errorf("took %q", got)
	}
	q.push("/w/a")
	if got := q.take(); !slices.Equal(got, []string{"/w/a"}) {
		t.Errorf("then %q", got)
	}
}

func TestQueueIsBounded(t *testing.T) {
	watched := []string{"/w", "/v"}
	q := newQueue(watched)
	q.push("/w")
	for i := range maxQueued - 1 {
		q.push(fmt.Sprintf("/w/%d", i))
	}
	q.push("/w/0") // waits already
	if len(q.paths) != maxQueued {
		t.Fatalf("%d wait", len(q.paths))
	}
	q.push("/w/one-more")
	if got := q.take(); !slices.Equal(got, watched) {
		t.Errorf("took %d paths, beginning with %q", len(got), got[0])
	}
}
