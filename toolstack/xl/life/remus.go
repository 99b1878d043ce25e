package life

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func remus() *xl.Command {
	return &xl.Command{
		Name: "remus", Operands: "[options] <Domain> [<host>]", Summary: "Keep a copy of a running domain up to date on another host", MinArgs: 2, Changes: true,
		Options: []xl.Option{
			{Short: 'i', Value: "MS", Help: "Milliseconds between two checkpoints; 200 unless given."},
			{Short: 'u', Help: "Do not compress checkpoints."},
			{Short: 's', Value: "SSHCOMMAND", Help: "A command for sh in the place of ssh; empty: <host> is the whole command, up to migrate-receive -r."},
			{Short: 'e', Help: "Leave no process behind on <host> that carries out the on_... actions."},
			{Short: 'N', Value: "SCRIPT", Help: "The script that sets network buffers up."},
			{Short: 'F', Help: "Permit -b, -n and -d, with which a take-over may go wrong."},
			{Short: 'b', Help: "Send the checkpoints nowhere."},
			{Short: 'n', Help: "Do not hold network packets back until the next checkpoint."},
			{Short: 'd', Help: "Do not replicate disks."},
			{Short: 'c', Help: "Run the copy, too, and compare what both send (COLO)."},
			{Short: 'p', Help: "COLO's network proxy is QEMU."},
		},
		Run: onDomain(runRemus),
	}
}

func runRemus(ctx context.Context, c *xl.Call, id idl.DomID) error {
	defer xl.OutlivePipes()()
	info, err := remusInfo(c)
	if err != nil {
		return err
	}
	t := &transport{}
	if info.Blackhole == idl.True {
		if t.send, err = os.OpenFile(os.DevNull, os.O_RDWR, 0); err != nil {
			return xl.Failf(xl.StatusFailed, "failed to open /dev/null: %w", err)
		}
		defer t.send.Close()
	} else if t, err = remusPreamble(ctx, c, id, info); err != nil {
		return err
	} else {
		defer t.end(c)
	}
	err = c.Xen.DomainRemusStart(ctx, id, t.send, t.recv, info)
	return remusEnd(ctx, c, id, info, err)
}

// remusPreamble starts the receiver.
func remusPreamble(ctx context.Context, c *xl.Call, id idl.DomID, info idl.DomainRemusInfo) (*transport, error) {
	ssh, given := c.Value("s")
	if !given {
		ssh = "ssh"
	}
	args := " migrate-receive -r"
	if info.Colo == idl.True {
		args = " migrate-receive --colo"
		if info.Netbufscript != "" {
			if strings.ContainsFunc(info.Netbufscript, isNoWord) {
				return nil, xl.Failf(xl.StatusUsage, "%q has letters in it that the shell on the other host would not leave alone", info.Netbufscript)
			}
			args += " --coloft-script " + info.Netbufscript
		}
		if info.UserspaceColoProxy == idl.True {
			args += " --userspace-colo-proxy"
		}
	}
	if c.Has("e") {
		args += " -e"
	}
	r, err := routeTo(ssh, c.Args[1], args)
	if err != nil {
		return nil, err
	}
	cfg, err := configToSend(ctx, c, id, "")
	if err != nil {
		return nil, err
	}
	return preamble(ctx, c, r, cfg)
}

// wordLetters are those that stand for themselves in every shell.
const wordLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-"

func isNoWord(r rune) bool { return !strings.ContainsRune(wordLetters, r) }

// remusEnd is for a replication that has ended: it does so only by a failure, or by somebody
// who destroys the domain to have the copy take over.
func remusEnd(ctx context.Context, c *xl.Call, id idl.DomID, info idl.DomainRemusInfo, why error) error {
	what := "Remus"
	if info.Colo == idl.True {
		what = "COLO"
	}
	if _, err := c.Xen.DomainInfo(context.WithoutCancel(ctx), id); errors.Is(err, libxl.ErrDomainNotFound) {
		c.Warnf("%s: Primary domain has been destroyed.", what)
		return nil
	}
	if errors.Is(why, libxl.ErrGuestTimedOut) {
		return xl.Failf(xl.StatusFailed, "Failed to suspend domain at primary.")
	}
	c.Warnf("%s: Backup failed? resuming domain at primary.", what)
	takeBack(ctx, c, id, why)
	return xl.Fail(xl.StatusFailed, why)
}

// statusMinus1 is that of a process that ends with exit(-1).
const statusMinus1 = 255

// remusInfo is what the options say.
func remusInfo(c *xl.Call) (idl.DomainRemusInfo, error) {
	info := idl.DomainRemusInfo{Blackhole: idl.Bool(c.Has("b")), Colo: idl.Bool(c.Has("c")), UserspaceColoProxy: idl.Bool(c.Has("p"))}
	if text, given := c.Value("i"); given {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return info, xl.Failf(xl.StatusUsage, "%q is no number of milliseconds", text)
		}
		info.Interval = int32(n)
	}
	for option, into := range map[string]*idl.Defbool{"u": &info.Compression, "n": &info.Netbuf, "d": &info.Diskbuf} {
		if c.Has(option) {
			*into = idl.False
		}
	}
	if c.Has("F") {
		info.AllowUnsafe = idl.True
	}
	colo := c.Has("c")
	switch {
	case c.Has("p") && !colo:
		return info, xl.Failf(statusMinus1, "Option -p must be used in conjunction with -c")
	case colo && (info.Interval != 0 || c.Has("b") || c.Has("n") || c.Has("d")):
		return info, xl.Failf(statusMinus1, "option -c is conflict with -i, -d, -n or -b")
	case colo:
		info.Compression = idl.False // COLO cannot
		info.Netbufscript = c.Conf.ColoProxy
	default:
		if info.Interval == 0 {
			info.Interval = 200
		}
		info.Netbufscript = c.Conf.NetbufScript
	}
	if script, given := c.Value("N"); given {
		info.Netbufscript = script
	}
	return info, nil
}
