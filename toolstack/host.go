package toolstack

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// DomID numbers a domain on one host. Domain 0 is the control domain.
type DomID uint32

// Errors that every Host reports in the same way; match them with errors.Is.
var (
	// ErrNoDomain says that no domain has the given name, uuid or id.
	ErrNoDomain = errors.New("no such domain")
	// ErrNameTaken says that another domain already has the name or the uuid.
	ErrNameTaken = errors.New("name or uuid already in use")
	// ErrNoMemory says that the host has not enough free memory.
	ErrNoMemory = errors.New("not enough free memory")
	// ErrWatchLost says that a Host can tell no more of what happens to a domain.
	ErrWatchLost = errors.New("the host tells no more of the domain")
	// ErrNotSupported says that this kind of host cannot do what was asked.
	ErrNotSupported = errors.New("not supported by this host")
)

// Host is a machine that runs domains. Methods may be called from many
// goroutines. A method that takes a context stops early when it is cancelled,
// but returns only when the hypervisor's libraries have let go of its arguments.
type Host interface {
	Lister
	Changer

	// Info describes the machine and its hypervisor.
	Info(ctx context.Context) (*HostInfo, error)
	// BootLog is the hypervisor's own log (what "xl dmesg" prints).
	BootLog(ctx context.Context) (string, error)

	// CPUPools are the names of the pools of CPUs, in the order of their numbers.
	CPUPools(ctx context.Context) ([]string, error)

	// Config is the configuration that a domain runs with; it can be given to
	// Create or Restore on this or another host, where the domain gets a number of its own.
	Config(ctx context.Context, id DomID) (*idl.DomainConfig, error)
	// MemoryNeeded is the memory in KiB that Create or Restore would take for
	// this configuration, with the hypervisor's overhead.
	MemoryNeeded(ctx context.Context, cfg *idl.DomainConfig) (uint64, error)

	// Create builds a domain and leaves it paused.
	Create(ctx context.Context, cfg *idl.DomainConfig) (DomID, error)
	// Restore builds a domain from the stream that Suspend wrote and leaves it
	// paused. It ends with the stream and needs no end of file after it, but may
	// read further: r should hold nothing else.
	Restore(ctx context.Context, cfg *idl.DomainConfig, r *os.File) (DomID, error)
	// Suspend writes the domain's state to w and leaves the domain suspended.
	// With o.Live the domain runs during most of it. After an error or a
	// cancelled context the domain may be running or suspended: see Domain.
	Suspend(ctx context.Context, id DomID, w *os.File, o SuspendOptions) error
	// Resume lets a suspended domain run on where it stopped.
	Resume(ctx context.Context, id DomID) error

	Pause(ctx context.Context, id DomID) error
	Unpause(ctx context.Context, id DomID) error
	Rename(ctx context.Context, id DomID, name string) error
	// Shutdown asks the guest to power off: by its PV drivers, or by the ACPI
	// power button when it has none. It does not wait.
	Shutdown(ctx context.Context, id DomID) error
	// Destroy ends a domain at once and frees what it held. It may be seen dying
	// for some moments more, until nobody holds its pages.
	Destroy(ctx context.Context, id DomID) error

	// CoreDump writes the memory of a domain that has stopped to a new file of this
	// host, for a debugger.
	CoreDump(ctx context.Context, id DomID, path string) error
	// Preserve takes a domain that has stopped out of the way of its successor, with
	// the same name and uuid: it gets a name with the suffix. Xen itself may still
	// have its old uuid.
	Preserve(ctx context.Context, id DomID, suffix string) error
	// SoftReset builds a domain that has stopped for a soft reset anew in its place,
	// with the memory and the id that it has, and leaves it paused.
	SoftReset(ctx context.Context, id DomID, cfg *idl.DomainConfig) error
	// Note is what a toolstack has left with a domain under a name of its own, and
	// DropNote removes it. There may be none: nil.
	Note(ctx context.Context, id DomID, name string) ([]byte, error)
	DropNote(ctx context.Context, id DomID, name string) error

	// Console gives the path of a terminal of the domain, waiting until there
	// is one.
	Console(ctx context.Context, id DomID, kind ConsoleKind) (string, error)
	// Watch reports the domain's shutdowns and its death, a shutdown before the
	// call included, and the disks that its guest ejects, until ctx ends, the domain
	// is gone, or the host cannot tell; the channel is then closed. See WatchEnd.
	Watch(ctx context.Context, id DomID) (<-chan Event, error)
}

// Lister is the part of a Host that tells which domains there are.
type Lister interface {
	// Domains lists all domains, in the order of their ids.
	Domains(ctx context.Context) ([]DomainInfo, error)
	// Domain describes one domain; ErrNoDomain when there is none.
	Domain(ctx context.Context, id DomID) (DomainInfo, error)
	// Close gives back what it holds; calls that come later fail, another Close does not.
	Close() error
}

// SuspendOptions say how Suspend sends a domain.
type SuspendOptions struct {
	// Live keeps the guest running while its memory is copied (pre-copy).
	Live bool
	// Progress, when set, is called for each step within a pass over memory.
	// It must not block.
	Progress func(CopyProgress)
}

// CopyProgress is the state of one pass over a guest's memory.
type CopyProgress struct {
	// Phase is the hypervisor library's own name for what it does.
	Phase string
	// Done and Total count pages of this pass.
	Done, Total uint64
}

// ConsoleKind selects one of a domain's consoles.
type ConsoleKind string

// The consoles that a domain can have.
const (
	ConsolePrimary ConsoleKind = ""       // serial when an HVM domain has one, else pv
	ConsolePV      ConsoleKind = "pv"     // Xen's paravirtual console, hvc0 in Linux
	ConsoleSerial  ConsoleKind = "serial" // the emulated first serial port, ttyS0 in Linux
)

// WatchEnd is why the channel of Watch was closed before the domain's death: ctx has ended, or
// else ErrWatchLost.
func WatchEnd(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return ErrWatchLost
}

// Event is something that happened to a domain.
type Event struct {
	Kind   EventKind
	Reason ShutdownReason // set for EventShutdown
	Disk   idl.DeviceDisk // set for EventEject: the drive with nothing in it, for ChangeDisc
}

// EventKind tells what has happened.
type EventKind int

// The kinds of events.
const (
	EventShutdown EventKind = iota + 1 // the guest stopped; the domain still exists
	EventDeath                         // the domain is gone
	EventEject                         // the guest has ejected a disk
)

// ShutdownReason is why a guest stopped, in the hypervisor's numbers
// (xen/include/public/sched.h, SHUTDOWN_*).
type ShutdownReason int

// The reasons of a shutdown.
const (
	ShutdownNone      ShutdownReason = -1
	ShutdownPoweroff  ShutdownReason = 0
	ShutdownReboot    ShutdownReason = 1
	ShutdownSuspend   ShutdownReason = 2
	ShutdownCrash     ShutdownReason = 3
	ShutdownWatchdog  ShutdownReason = 4
	ShutdownSoftReset ShutdownReason = 5
)

// String is the reason's name as in a domain file's on_… key.
func (r ShutdownReason) String() string {
	names := [...]string{"poweroff", "reboot", "suspend", "crash", "watchdog", "soft_reset"}
	if r < 0 || int(r) >= len(names) {
		return "unknown"
	}
	return names[r]
}

// NoName is the name of a domain that has none: it is being built, or dying.
const NoName = "(null)"

// DomainInfo is the state of one domain at one moment.
type DomainInfo struct {
	ID             DomID
	Name           string // or NoName
	UUID           string // lower case, with hyphens
	Type           string // "hvm", "pvh" or "pv"
	MemoryKiB      uint64 // memory that it has now
	OutstandingKiB uint64 // memory claimed for it and not yet given
	MaxMemoryKiB   uint64
	VCPUs          int // online
	MaxVCPUs       int
	CPUTime        time.Duration // summed over its virtual CPUs

	Running, Blocked, Paused, Shutdown, Dying bool
	// NeverStop says that all others need the domain: it has the xenstore.
	NeverStop bool
	// Reason is ShutdownNone unless Shutdown is set.
	Reason ShutdownReason
}

// Suspended says that the guest stopped for a save or a migration.
func (d DomainInfo) Suspended() bool { return d.Shutdown && d.Reason == ShutdownSuspend }
