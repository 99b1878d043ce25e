package domcfg

import (
	"encoding/json"
	"time"

	"gopkg.in/yaml.v3"
)

// HostShutdown is what happens to a domain when its host shuts down.
type HostShutdown string

// What can happen to it.
const (
	HostShutdownShutdown HostShutdown = "shutdown" // the guest powers off by itself
	HostShutdownSave     HostShutdown = "save"     // to a file, which the next start restores
	HostShutdownDestroy  HostShutdown = "destroy"  // at once
)

// Autostart says that a domain starts and ends with its host, and how. In a file it is true,
// false or a mapping, which means true.
type Autostart struct {
	Enabled        bool         `yaml:"-" json:"-"`
	Order          int          `yaml:"order,omitempty" json:"order,omitempty"` // lower starts first and ends last
	Delay          int          `yaml:"delay,omitempty" json:"delay,omitempty"` // seconds after its start
	OnHostShutdown HostShutdown `yaml:"on_host_shutdown,omitempty" json:"on_host_shutdown,omitempty"`
	Timeout        int          `yaml:"timeout,omitempty" json:"timeout,omitempty"` // seconds
}

// DefaultStopTimeout is how long a domain may take to end with its host.
const DefaultStopTimeout = 2 * time.Minute

// Wait is how long the next domain waits after this one has started.
func (a Autostart) Wait() time.Duration { return time.Duration(a.Delay) * time.Second }

// StopTimeout is how long the domain may take to end with its host.
func (a Autostart) StopTimeout() time.Duration {
	if a.Timeout == 0 {
		return DefaultStopTimeout
	}
	return time.Duration(a.Timeout) * time.Second
}

// AtHostShutdown is what happens to the domain when the host shuts down.
func (a Autostart) AtHostShutdown() HostShutdown {
	if a.OnHostShutdown == "" {
		return HostShutdownShutdown
	}
	return a.OnHostShutdown
}

// IsZero reports whether nothing was written, or false.
func (a Autostart) IsZero() bool { return a == Autostart{} }

// value is a as it stands in a file.
func (a Autostart) value() any {
	if (a == Autostart{Enabled: a.Enabled}) {
		return a.Enabled
	}
	type plain Autostart // without these methods
	return plain(a)
}

// MarshalYAML is true, false or the mapping.
func (a Autostart) MarshalYAML() (any, error) { return a.value(), nil }

// MarshalJSON is true, false or the mapping.
func (a Autostart) MarshalJSON() ([]byte, error) { return json.Marshal(a.value()) }

func autostartKey() key[Domain] {
	return key[Domain]{name: "autostart", kind: "true, false or a mapping", def: "false", guests: AllGuests, xl: "none (a link in /etc/xen/auto)",
		shape: eitherShape(boolShape(), objectShape(autostartSchema)),
		read:  func(r *reader, n *yaml.Node, f string, d *Domain) { d.Autostart = r.autostart(n, f) }}
}

// The most that the keys of autostart may say.
const (
	maxOrder     = 9999
	maxAutostart = 3600 // seconds
)

func autostartSchema() []key[Autostart] {
	return []key[Autostart]{
		{name: "order", kind: "0 to 9999", def: "0", guests: AllGuests, xl: "none", shape: numberShape(0, maxOrder),
			read: func(r *reader, n *yaml.Node, f string, a *Autostart) { a.Order = r.integer(n, f, 0, maxOrder) }},
		{name: "delay", kind: "seconds, 0 to 3600", def: "0", guests: AllGuests, xl: "none", shape: numberShape(0, maxAutostart),
			read: func(r *reader, n *yaml.Node, f string, a *Autostart) { a.Delay = r.integer(n, f, 0, maxAutostart) }},
		{name: "on_host_shutdown", kind: "shutdown, save, destroy", def: "shutdown", guests: AllGuests, xl: "none",
			shape: wordShape(string(HostShutdownShutdown), string(HostShutdownSave), string(HostShutdownDestroy)),
			read: func(r *reader, n *yaml.Node, f string, a *Autostart) {
				a.OnHostShutdown = HostShutdown(r.enum(n, f, string(HostShutdownShutdown), string(HostShutdownSave), string(HostShutdownDestroy)))
			}},
		{name: "timeout", kind: "seconds, 1 to 3600", def: "120", guests: AllGuests, xl: "none", shape: numberShape(1, maxAutostart),
			read: func(r *reader, n *yaml.Node, f string, a *Autostart) { a.Timeout = r.integer(n, f, 1, maxAutostart) }},
	}
}

func (r *reader) autostart(n *yaml.Node, field string) Autostart {
	if n.Kind == yaml.MappingNode {
		a := Autostart{Enabled: true}
		readMapping(r, n, field, autostartSchema(), &a)
		return a
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		r.wrongKind(n, field, "true, false or keys and values", "write true to start the domain with the host")
		return Autostart{}
	}
	return Autostart{Enabled: r.boolean(n, field)}
}
