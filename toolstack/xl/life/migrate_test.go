package life

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/migrate/xlwire"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A wire is two pipes, of which a test can listen to one or play one end.
type wire struct {
	senderIn, senderOut     *os.File
	receiverIn, receiverOut *os.File
}

func newWire(t *testing.T) *wire {
	t.Helper()
	var w wire
	var err error
	if w.receiverIn, w.senderOut, err = os.Pipe(); err != nil {
		t.Fatal(err)
	}
	if w.senderIn, w.receiverOut, err = os.Pipe(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, f := range []*os.File{w.senderIn, w.senderOut, w.receiverIn, w.receiverOut} {
			f.Close()
		}
	})
	return &w
}

// sent is how a sender ended, and what it said.
type sent struct {
	err    error
	stderr string
}

// send sends guest 1 of x on the wire.
func (w *wire) send(t *testing.T, ctx context.Context, x *fakeXen) sent {
	var said bytes.Buffer
	c := callOn(t, x, nil, io.Discard, &said, "migrate", "guest", "there")
	tr := &transport{send: w.senderOut, recv: w.senderIn, cmd: &exec.Cmd{Process: &os.Process{}}, ended: make(chan error, 1)}
	tr.ended <- nil
	err := tr.expect(ctx, xlwire.Banner, "banner")
	if err == nil {
		var cfg *idl.DomainConfig
		if cfg, err = configToSend(ctx, c, 1, ""); err == nil {
			err = writeHeader(c, tr.send, cfg, "migration stream")
		}
	}
	if err == nil {
		err = (&move{Call: c, transport: tr, id: 1, name: "guest"}).run(ctx)
	}
	tr.send.Close()
	return sent{err, said.String()}
}

// receive takes what comes.
func (w *wire) receive(t *testing.T, ctx context.Context, x *fakeXen, m *monitors, options ...string) sent {
	var said bytes.Buffer
	c := callOn(t, x, w.receiverIn, w.receiverOut, &said, append([]string{"migrate-receive"}, options...)...)
	c.Hooks = m.hooks()
	err := c.Command.Run(ctx, c)
	w.receiverOut.Close()
	w.receiverIn.Close()
	return sent{err, said.String()}
}

func callOn(t *testing.T, x *fakeXen, in *os.File, out, errs io.Writer, words ...string) *xl.Call {
	t.Helper()
	s := &xl.Session{Xen: x, Stdin: in, Stdout: out, Stderr: errs, ConfPath: "/none", Hooks: (&monitors{}).hooks()}
	if err := s.LoadConf(); err != nil {
		t.Fatal(err)
	}
	c, err := xl.Find(Commands(), words[0]).NewCall(s, words[1:])
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func within(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), 30*time.Second)
}

// both migrates guest 1 from one host to another.
func bothEnds(t *testing.T, from, to *fakeXen, m *monitors, options ...string) (sender, receiver sent) {
	t.Helper()
	ctx, stop := within(t)
	defer stop()
	w := newWire(t)
	done := make(chan sent, 1)
	go func() { done <- w.receive(t, ctx, to, m, options...) }()
	sender = w.send(t, ctx, from)
	return sender, <-done
}

func TestMigrationMovesTheGuest(t *testing.T) {
	from, to, m := newXen("guest"), newXen(), &monitors{}
	sender, receiver := bothEnds(t, from, to, m)
	if sender.err != nil || receiver.err != nil {
		t.Fatalf("sender %v, receiver %v\n%s%s", sender.err, receiver.err, sender.stderr, receiver.stderr)
	}
	if len(from.domains) != 0 || !slices.Equal(to.running(), []string{"guest"}) {
		t.Errorf("here %q, there %q", from.names(), to.running())
	}
	if !slices.Equal(m.calls, []string{"1 /var/log/xen/xl-guest--incoming.log"}) {
		t.Errorf("monitors: %q", m.calls)
	}
	contains(t, "sender", sender.stderr, "Saving to migration stream new xl format (info 0x3/0x0/", "migration sender: Target has acknowledged transfer.\n",
		"migration sender: Giving target permission to start.\n", "migration sender: Target reports successful startup.\n", "Migration successful.\n")
	contains(t, "receiver", receiver.stderr, "migration target: Ready to receive domain.\n",
		"migration target: Transfer complete, requesting permission to start domain.\n",
		"migration target: Got permission, starting domain.\n", "migration target: Domain started successsfully.\n")
}

func TestMigrationLeavesItPausedThere(t *testing.T) {
	from, to := newXen("guest"), newXen()
	sender, receiver := bothEnds(t, from, to, &monitors{}, "-p", "-e")
	if sender.err != nil || receiver.err != nil || len(to.running()) != 0 || !slices.Equal(to.names(), []string{"guest"}) {
		t.Errorf("%+v, %+v, %q", sender, receiver, to.names())
	}
}

// Whatever fails on either side, the guest runs once in the end, and no copy of it is left.
func TestMigrationThatFailsRunsTheGuestAtHome(t *testing.T) {
	for name, prepare := range map[string]func(from, to *fakeXen, m *monitors){
		"suspend":       func(from, _ *fakeXen, _ *monitors) { from.fail["suspend"] = libxl.ErrFail },
		"no answer":     func(from, _ *fakeXen, _ *monitors) { from.fail["suspend"] = libxl.ErrGuestTimedOut },
		"restore":       func(_, to *fakeXen, _ *monitors) { to.fail["restore"] = libxl.ErrNoMem },
		"its monitor":   func(_, _ *fakeXen, m *monitors) { m.err = errors.New("no descriptors") },
		"rename here":   func(from, _ *fakeXen, _ *monitors) { from.fail["rename"] = libxl.ErrFail },
		"rename there":  func(_, to *fakeXen, _ *monitors) { to.fail["rename"] = libxl.ErrFail },
		"unpause there": func(_, to *fakeXen, _ *monitors) { to.fail["unpause"] = libxl.ErrFail },
		"name is taken": func(_, to *fakeXen, _ *monitors) {
			to.domains[9] = newXen("guest--incoming").domains[1]
			to.domains[9].paused = true
		},
	} {
		from, to, m := newXen("guest"), newXen(), &monitors{}
		prepare(from, to, m)
		before := len(to.domains)
		sender, receiver := bothEnds(t, from, to, m)
		if sender.err == nil {
			t.Errorf("%s: the sender is content", name)
		}
		if !slices.Equal(from.running(), []string{"guest"}) || len(to.running()) != 0 || len(to.domains) != before {
			t.Errorf("%s: here %q, there %q\n%s%s", name, from.running(), to.names(), sender.stderr, receiver.stderr)
		}
	}
}

// When the receiver's copy cannot be removed nobody may start the guest here.
func TestMigrationInDoubtRunsNothing(t *testing.T) {
	from, to := newXen("guest"), newXen()
	to.fail["unpause"], to.fail["destroy"] = libxl.ErrFail, libxl.ErrFail
	sender, receiver := bothEnds(t, from, to, &monitors{})
	if sender.err == nil || receiver.err == nil || len(from.running())+len(to.running()) != 0 || from.names()[0] != "guest--migratedaway" {
		t.Errorf("%+v, %+v, %q", sender, receiver, from.names())
	}
	contains(t, "the sender", sender.err.Error(), "Domain state is now undefined !")
}

// Ctrl-C while memory is sent.
func TestMigrationInterruptedRunsTheGuestAtHome(t *testing.T) {
	from, to := newXen("guest"), newXen()
	w := newWire(t)
	ctx, stop := within(t)
	defer stop()
	interrupted, interrupt := context.WithCancel(ctx)
	from.afterMid = interrupt
	done := make(chan sent, 1)
	go func() { done <- w.receive(t, ctx, to, &monitors{}) }()
	sender := w.send(t, interrupted, from)
	receiver := <-done
	if sender.err == nil || receiver.err == nil || !slices.Equal(from.running(), []string{"guest"}) || len(to.domains) != 0 {
		t.Errorf("%+v, %+v, %q, %q", sender, receiver, from.running(), to.names())
	}
}

// A receiver that is stopped while it waits for the permission does not start the guest, and
// neither does one whose sender goes away.
func TestReceiverWithoutPermissionRemovesItsCopy(t *testing.T) {
	for name, end := range map[string]func(w *wire, stop func()){
		"stopped":     func(_ *wire, stop func()) { stop() },
		"sender dies": func(w *wire, _ func()) { w.senderOut.Close(); w.senderIn.Close() },
		"cut off":     func(w *wire, _ func()) { w.senderOut.WriteString(xlwire.Permission[:43]); w.senderOut.Close() },
		"noise":       func(w *wire, _ func()) { w.senderOut.WriteString(strings.Repeat("x", len(xlwire.Permission))) },
	} {
		to := newXen()
		w := newWire(t)
		ctx, stop := within(t)
		done := make(chan sent, 1)
		go func() { done <- w.receive(t, ctx, to, &monitors{}) }()
		offer(t, w, newXen("guest"))
		end(w, stop)
		receiver := <-done
		stop()
		if len(to.domains) != 0 {
			t.Errorf("%s: %+v, %q", name, receiver, to.names())
		}
	}
}

// offer plays a sender up to the point where it could give its permission.
func offer(t *testing.T, w *wire, from *fakeXen) {
	t.Helper()
	ctx, stop := within(t)
	defer stop()
	c := callOn(t, from, nil, io.Discard, io.Discard, "migrate", "guest", "there")
	cfg, err := configToSend(ctx, c, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := expect(ctx, w.senderIn, xlwire.Banner, "stream", "banner"); err != nil {
		t.Fatal(err)
	}
	if err := writeHeader(c, w.senderOut, cfg, "migration stream"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w.senderOut, state); err != nil {
		t.Fatal(err)
	}
	if err := expect(ctx, w.senderIn, xlwire.Ready, "stream", "ready message"); err != nil {
		t.Fatal(err)
	}
}

// What the receiver says is what another xl waits for, byte for byte.
func TestReceiverSpeaksXLsProtocol(t *testing.T) {
	to := newXen()
	w := newWire(t)
	ctx, stop := within(t)
	defer stop()
	done := make(chan sent, 1)
	go func() { done <- w.receive(t, ctx, to, &monitors{}) }()
	offer(t, w, newXen("guest"))
	if _, err := io.WriteString(w.senderOut, "domain is yours, you are cleared to unpause\x00"); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(w.senderIn)
	if want := "my copy unpause results are as follows\x00\x00"; err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
	if r := <-done; r.err != nil || len(to.running()) != 1 {
		t.Errorf("%+v", r)
	}
}

// A receiver that cannot start the guest says why, removes its copy, and gives it back.
func TestReceiverGivesTheGuestBack(t *testing.T) {
	to := newXen()
	to.fail["unpause"] = libxl.ErrFail
	w := newWire(t)
	ctx, stop := within(t)
	defer stop()
	done := make(chan sent, 1)
	go func() { done <- w.receive(t, ctx, to, &monitors{}) }()
	offer(t, w, newXen("guest"))
	if _, err := io.WriteString(w.senderOut, xlwire.Permission); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(w.senderIn)
	if want := xlwire.Result + "\x03" + xlwire.Permission; err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
	if r := <-done; r.err != nil || len(to.domains) != 0 {
		t.Errorf("%+v, %q", r, to.names())
	}
}

// The sender of checkpoints is gone: the copy starts.
func TestReceiverOfCheckpointsTakesOver(t *testing.T) {
	to := newXen()
	w := newWire(t)
	ctx, stop := within(t)
	defer stop()
	done := make(chan sent, 1)
	go func() { done <- w.receive(t, ctx, to, &monitors{}, "-r") }()
	c := callOn(t, newXen("guest"), nil, io.Discard, io.Discard, "migrate", "guest", "there")
	cfg, err := configToSend(ctx, c, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := writeHeader(c, w.senderOut, cfg, "migration stream"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w.senderOut, state); err != nil {
		t.Fatal(err)
	}
	r := <-done
	if r.err != nil || !slices.Equal(to.running(), []string{"guest"}) {
		t.Errorf("%+v, %q", r, to.running())
	}
	contains(t, "receiver", r.stderr, "migration target: Remus Failover for domain 1")
	if got, err := io.ReadAll(w.senderIn); err != nil || string(got) != xlwire.Banner {
		t.Errorf("said %q, %v", got, err)
	}
}

func TestMigrateByAShell(t *testing.T) {
	for name, c := range map[string]struct {
		words  []string
		status int
		stderr string
	}{
		"the other side is no xl":  {[]string{"-s", "", "guest", "echo Welcome to this host and its many letters, enough for a banner"}, 1, "migration receiver stream contained unexpected data instead of banner"},
		"it does not start":        {[]string{"-s", "", "guest", "exit 7"}, 1, "(command run was: exit 7 )"},
		"how it ended":             {[]string{"-s", "", "guest", "exit 7"}, 1, "exit status 7"},
		"by ssh":                   {[]string{"-s", "false", "guest", "there"}, 1, "(command run was: exec false there xl migrate-receive )"},
		"options go along":         {[]string{"-s", "false", "-e", "-p", "--debug", "guest", "there"}, 1, "(command run was: exec false there xl migrate-receive -e -d -p )"},
		"a host that is an option": {[]string{"--", "guest", "-oProxyCommand=x"}, 2, "is no host name"},
		"a host is no shell word":  {[]string{"-s", "test", "guest", "a; touch /tmp/owned"}, 1, "the other side has ended"},
		"no guest":                 {[]string{"nobody", "there"}, 1, "nobody is an invalid domain identifier"},
		"no host":                  {[]string{"guest"}, 2, "'xl migrate' requires at least 2 arguments."},
	} {
		x := newXen("guest")
		got := bench(x, &monitors{}).XL(t, append([]string{"migrate"}, c.words...)...)
		if got.Status != c.status || len(x.running()) != 1 {
			t.Errorf("%s: %+v, %q", name, got, x.calls)
		}
		contains(t, name, got.Stderr, c.stderr)
	}
	got := bench(newXen("guest"), &monitors{}).XL(t, "-vvT", "migrate", "-s", "false", "guest", "there")
	contains(t, "options in front", got.Stderr, "exec false there xl -T -vv migrate-receive )")
}

func TestRemus(t *testing.T) {
	for name, c := range map[string]struct {
		words  []string
		want   idl.DomainRemusInfo
		status int
	}{
		"blackhole": {[]string{"-F", "-b", "-n", "-d", "guest", "nowhere"}, idl.DomainRemusInfo{Interval: 200, AllowUnsafe: idl.True, Blackhole: idl.True,
			Netbuf: idl.False, Diskbuf: idl.False, Colo: idl.False, UserspaceColoProxy: idl.False, Netbufscript: "/n"}, 1},
		"interval": {[]string{"-b", "-u", "-i", "500", "-N", "/mine", "guest", "nowhere"}, idl.DomainRemusInfo{Interval: 500, Blackhole: idl.True,
			Compression: idl.False, Colo: idl.False, UserspaceColoProxy: idl.False, Netbufscript: "/mine"}, 1},
		"-p without -c": {[]string{"-p", "guest", "there"}, idl.DomainRemusInfo{}, 255},
		"-c with -i":    {[]string{"-c", "-i", "9", "guest", "there"}, idl.DomainRemusInfo{}, 255},
		"-i of words":   {[]string{"-i", "often", "guest", "there"}, idl.DomainRemusInfo{}, 2},
	} {
		x := &remusXen{fakeXen: newXen("guest")}
		b := bench(x.fakeXen, &monitors{})
		b.Xen, b.Conf = x, "remus.default.netbufscript='/n'\n"
		got := b.XL(t, append([]string{"remus"}, c.words...)...)
		if got.Status != c.status || x.info != c.want {
			t.Errorf("%s: %+v, %+v", name, got, x.info)
		}
		if c.status == 1 && (len(x.running()) != 1 || !strings.Contains(got.Stderr, "Remus: Backup failed? resuming domain at primary.")) {
			t.Errorf("%s: %+v, %q", name, got, x.calls)
		}
	}
	x := &remusXen{fakeXen: newXen("guest"), destroys: true}
	b := bench(x.fakeXen, &monitors{})
	b.Xen = x
	if got := b.XL(t, "remus", "-b", "guest", "nowhere"); got.Status != 0 || !strings.Contains(got.Stderr, "Remus: Primary domain has been destroyed.") {
		t.Errorf("a primary that is gone: %+v", got)
	}
}

// A remusXen leaves the domain suspended, as a checkpoint that fails does.
type remusXen struct {
	*fakeXen
	info     idl.DomainRemusInfo
	destroys bool
}

func (x *remusXen) DomainRemusStart(ctx context.Context, id idl.DomID, _, _ *os.File, info idl.DomainRemusInfo) error {
	x.info = info
	if x.destroys {
		return errors.Join(x.DomainDestroy(ctx, id), fmt.Errorf("the domain is gone"))
	}
	x.domains[id].suspended = true
	return errors.New("the backup has gone")
}
