package lab

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/integration/lab/image"
)

// hostNames are the hosts that the image knows, in order of their site addresses 192.168.50.1 and .2.
var hostNames = [...]string{"a", "b"}

// Defaults of a Config.
const (
	DefaultName   = "default"
	DefaultXen    = "4.17"
	DefaultCPU    = "qemu64,+svm,+npt"
	DefaultMemory = 2048 // MiB: 640 for dom0, 1300 for guests
	MinMemory     = 1024 // MiB
	MaxCPUs       = 16
)

// Config is what a lab is made of. Zero fields take the defaults.
type Config struct {
	Name   string   // lower-case letters, digits, - and _; "" is DefaultName
	Hosts  int      // 1 or 2; 0 is 2
	WAN    *WAN     // the link between the sites; nil leaves it as it is, at first bare
	Xen    string   // release for all hosts, "4.17", or for each in order, "4.17,4.20"; "" is what the lab has, or DefaultXen
	CPU    string   // QEMU's -cpu; "" is DefaultCPU, or "host" under KVM
	CPUs   int      // physical CPUs of each host; 0 is 1. dom0 has one all the same: with two it is slower
	Spare  bool     // hardware that dom0 has no use for: a PCI function, and a USB controller with a tablet
	Memory int      // MiB for each host; 0 is DefaultMemory
	Fresh  bool     // boot anew, without the snapshot of an earlier boot
	Guests []string // guests to bring; "tiny" is always there, "debian" is the second disk of each host, /dev/vdb

	CacheDir string // "" is CacheDir()
	StateDir string // "" is StateDir()

	releases []string // Xen, host by host; nil when it is ""

	dieWithParent bool // end the hosts with the thread that started them: for tests
}

// Errors of this package, for errors.Is.
var (
	ErrNotRunning  = errors.New("not running")
	ErrNoLab       = errors.New("no such lab")
	ErrConfig      = errors.New("invalid lab")
	ErrUnreachable = errors.New("no ssh to the host")
	ErrBoot        = errors.New("the host does not boot")
	ErrOtherXen    = errors.New("built for another Xen")
)

// Events receives what happens while a lab comes up, one line at a time, from several goroutines. host is "" for
// what concerns all.
type Events func(host, text string)

func (e Events) say(host, format string, args ...any) {
	if e != nil {
		e(host, fmt.Sprintf(format, args...))
	}
}

// complete checks c and fills in the defaults. All errors match ErrConfig.
func (c *Config) complete() error {
	c.Name = orDefault(c.Name, DefaultName)
	if !labName().MatchString(c.Name) {
		return fmt.Errorf("%w: name %q: want up to 32 lower-case letters, digits, - and _", ErrConfig, c.Name)
	}
	if c.Hosts == 0 {
		c.Hosts = len(hostNames)
	}
	if c.Hosts < 1 || c.Hosts > len(hostNames) {
		return fmt.Errorf("%w: %d hosts: a lab has 1 to %d", ErrConfig, c.Hosts, len(hostNames))
	}
	var err error
	if c.releases, err = parseXen(c.Xen, c.Hosts); err != nil {
		return err
	}
	if c.Memory != 0 && c.Memory < MinMemory {
		return fmt.Errorf("%w: %d MiB a host: it needs at least %d", ErrConfig, c.Memory, MinMemory)
	}
	if c.CPUs < 0 || c.CPUs > MaxCPUs {
		return fmt.Errorf("%w: %d CPUs a host: it can have up to %d", ErrConfig, c.CPUs, MaxCPUs)
	}
	// The processor becomes one option value of QEMU's; anything else in it would be another option.
	if strings.ContainsFunc(c.CPU, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("%w: processor %q: no spaces or control characters", ErrConfig, c.CPU)
	}
	for _, g := range c.Guests {
		if !slices.Contains(Guests(), g) {
			return fmt.Errorf("%w: no guest %q; there are %s", ErrConfig, g, strings.Join(Guests(), ", "))
		}
	}
	if c.CacheDir == "" {
		if c.CacheDir, err = CacheDir(); err != nil {
			return err
		}
	}
	if c.StateDir == "" {
		c.StateDir, err = StateDir()
	}
	return err
}

// Releases lists the versions of Xen that a host can run, oldest first.
func Releases() []string { return image.Releases() }

// parseXen gives the release of each host, or nil for an empty specification. All errors match ErrConfig.
func parseXen(spec string, hosts int) ([]string, error) {
	if spec == "" {
		return nil, nil
	}
	words := strings.Split(spec, ",")
	for _, w := range words {
		if !slices.Contains(Releases(), w) {
			return nil, fmt.Errorf("%w: no Xen %q; there are %s", ErrConfig, w, strings.Join(Releases(), ", "))
		}
	}
	if len(words) == 1 {
		return slices.Repeat(words, hosts), nil
	}
	if len(words) != hosts {
		return nil, fmt.Errorf("%w: Xen %q: %d releases for %d hosts: want one for all, or one for each", ErrConfig, spec, len(words), hosts)
	}
	return words, nil
}

// The guests of a lab.
const (
	guestTiny   = "tiny"   // in dom0's image
	guestDebian = "debian" // a disk of its own
)

// Guests lists the guests that a lab can bring.
func Guests() []string { return []string{guestTiny, guestDebian} }

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
