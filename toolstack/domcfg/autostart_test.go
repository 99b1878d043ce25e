package domcfg

import (
	"strings"
	"testing"
	"time"
)

const startable = "name: web\ntype: pvh\nmemory: 64MiB\nkernel: /k\n"

func TestAutostart(t *testing.T) {
	for text, want := range map[string]Autostart{
		"":                          {},
		"autostart: false":          {},
		"autostart: true":           {Enabled: true},
		"autostart: {}":             {Enabled: true},
		"autostart: {order: 7}":     {Enabled: true, Order: 7},
		"autostart: {timeout: 300}": {Enabled: true, Timeout: 300},
		"autostart: {delay: 5, on_host_shutdown: save}": {Enabled: true, Delay: 5, OnHostShutdown: HostShutdownSave},
	} {
		d, err := Parse("web.yaml", []byte(startable+text+"\n"))
		if err != nil || d.Autostart != want {
			t.Errorf("%q is %+v, %v", text, d, err)
			continue
		}
		checkRoundTrip(t, d)
	}
}

func TestAutostartDefaults(t *testing.T) {
	a := Autostart{Enabled: true, Delay: 3}
	if a.StopTimeout() != 2*time.Minute || a.AtHostShutdown() != HostShutdownShutdown || a.Wait() != 3*time.Second {
		t.Errorf("%v, %v, %v", a.StopTimeout(), a.AtHostShutdown(), a.Wait())
	}
}

func TestAutostartRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"autostart: yes":                        "web.yaml:5:12: autostart: is the text \"yes\" where true, false or keys and values should be",
		"autostart: [a]":                        "web.yaml:5:12: autostart: is a list where",
		"autostart: {order: -1}":                "web.yaml:5:20: autostart.order: -1 is not a whole number from 0 to 9999",
		"autostart: {delay: 2h}":                "web.yaml:5:20: autostart.delay: is the text \"2h\"",
		"autostart: {timeout: 0}":               "web.yaml:5:22: autostart.timeout: 0 is not",
		"autostart: {on_host_shutdown: pray}":   "web.yaml:5:31: autostart.on_host_shutdown: unknown value \"pray\" (one of shutdown, save, destroy)",
		"autostart: {on_host_shutdwn: destroy}": "autostart.on_host_shutdwn: unknown key (did you mean on_host_shutdown?)",
	} {
		if _, err := Parse("web.yaml", []byte(startable+text+"\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
