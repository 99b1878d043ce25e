package hosttest

import (
	"context"
	"io"
	"os"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack"
)

// save suspends a domain and gives its stream and the stream's length in bytes.
// The stream is a file: dom0 is small.
func save(t *testing.T, ctx context.Context, h toolstack.Host, id toolstack.DomID, live bool) (*os.File, int64) {
	t.Helper()
	stream, err := os.CreateTemp(t.TempDir(), "stream")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stream.Close() })
	if err := h.Suspend(ctx, id, stream, toolstack.SuspendOptions{Live: live}); err != nil {
		t.Fatalf("suspend: %v", err)
	}
	size, err := stream.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = stream.Seek(0, io.SeekStart)
	}
	if err != nil || size == 0 {
		t.Fatalf("the stream: %d bytes, %v", size, err)
	}
	return stream, size
}

func suspendResume(t *testing.T, ctx context.Context, s Setup) {
	id := start(t, ctx, s, "contract-resume")
	watching, stop := context.WithCancel(ctx)
	defer stop()
	events, err := s.Host.Watch(watching, id)
	if err != nil {
		t.Fatal(err)
	}
	save(t, ctx, s.Host, id, true)
	if d := look(t, ctx, s.Host, id); !d.Suspended() {
		t.Fatalf("after a suspend it is %+v", d)
	}
	late, err := s.Host.Watch(watching, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, watch := range []<-chan toolstack.Event{events, late} {
		if e := <-watch; e.Kind != toolstack.EventShutdown || e.Reason != toolstack.ShutdownSuspend {
			t.Errorf("the event of the suspend is %+v", e)
		}
	}
	if err := s.Host.Resume(ctx, id); err != nil {
		t.Fatal(err)
	}
	if d := look(t, ctx, s.Host, id); d.Shutdown {
		t.Errorf("after the resume it is %+v", d)
	}
	if err := s.Host.Destroy(ctx, id); err != nil {
		t.Fatal(err)
	}
	var last toolstack.Event
	for e := range events {
		last = e
	}
	if last.Kind != toolstack.EventDeath {
		t.Errorf("after a suspend, the last event is %+v, want the death", last)
	}
}

func suspendRestore(t *testing.T, ctx context.Context, s Setup) {
	id := start(t, ctx, s, "contract-restore")
	cfg, err := s.Host.Config(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	stream, _ := save(t, ctx, s.Host, id, false)
	if err := s.Host.Destroy(ctx, id); err != nil {
		t.Fatal(err)
	}
	r, w := pipe(t) // stays open: the restore must not wait for its end
	go io.Copy(w, stream)
	again, err := s.Host.Restore(ctx, cfg, r)
	if err != nil {
		t.Fatal(err)
	}
	gone(t, ctx, s.Host, again)
	if d := look(t, ctx, s.Host, again); !d.Paused || d.Name != "contract-restore" {
		t.Errorf("the restored domain is %+v", d)
	}
	if err := s.Host.Unpause(ctx, again); err != nil {
		t.Error(err)
	}
}

// cancelSuspend stops a live suspend whose stream nobody reads: the guest must be
// running, or suspended and able to run on.
func cancelSuspend(t *testing.T, ctx context.Context, s Setup) {
	id := start(t, ctx, s, "contract-cancel")
	r, w := pipe(t)
	short, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		err := s.Host.Suspend(short, id, w, toolstack.SuspendOptions{Live: true})
		w.Close()
		done <- err
	}()
	if _, err := io.ReadFull(r, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	cancel()
	r.Close() // the relay does so too when its link breaks
	if err := <-done; err == nil {
		t.Fatal("a cancelled suspend that nobody read reports success")
	}
	if d := look(t, ctx, s.Host, id); d.Suspended() {
		if err := s.Host.Resume(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if d := look(t, ctx, s.Host, id); d.Shutdown || d.Paused || d.Dying {
		t.Errorf("after a cancelled suspend it is %+v", d)
	}
}

// restoreCut feeds half a stream: the restore must fail and leave nothing.
func restoreCut(t *testing.T, ctx context.Context, s Setup) {
	id := start(t, ctx, s, "contract-cut")
	cfg, err := s.Host.Config(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	stream, size := save(t, ctx, s.Host, id, false)
	if err := s.Host.Destroy(ctx, id); err != nil {
		t.Fatal(err)
	}
	r, w := pipe(t)
	go func() {
		io.CopyN(w, stream, size/2)
		w.Close()
	}()
	if again, err := s.Host.Restore(ctx, cfg, r); err == nil {
		gone(t, ctx, s.Host, again)
		t.Fatal("half a stream was restored")
	}
}
