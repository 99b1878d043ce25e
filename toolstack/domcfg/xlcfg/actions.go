package xlcfg

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// actions is what happens when the guest stops.
func (c *converter) actions() {
	o := c.out
	o.OnPoweroff = c.action("on_poweroff", "destroy")
	o.OnReboot = c.action("on_reboot", "restart")
	o.OnWatchdog = c.action("on_watchdog", "destroy")
	o.OnCrash = c.action("on_crash", "destroy")
	o.OnSoftReset = c.action("on_soft_reset", "soft-reset")
}

// action is one of xl's words (action_on_shutdown_names), in lower case. What
// libxl starts out with, destroy, is zero.
func (c *converter) action(key, otherwise string) idl.ActionOnShutdown {
	words := []string{"destroy", "restart", "rename-restart", "preserve", "coredump-destroy", "coredump-restart", "soft-reset"}
	values := []idl.ActionOnShutdown{
		0, idl.ActionOnShutdownRestart, idl.ActionOnShutdownRestartRename, idl.ActionOnShutdownPreserve,
		idl.ActionOnShutdownCoredumpDestroy, idl.ActionOnShutdownCoredumpRestart, idl.ActionOnShutdownSoftReset,
	}
	v := c.value(key)
	if v == nil {
		v = &Value{Text: otherwise}
	}
	for i, w := range words {
		if w == v.Text {
			return values[i]
		}
	}
	c.fail(v.Pos, key, fmt.Sprintf("unknown action %q", v.Text), strings.Join(words, ", "))
	return 0
}

// time is the clocks of the guest.
func (c *converter) time() {
	b := &c.out.BInfo
	if n, v := c.number("rtc_timeoffset"); v != nil && c.inRange(n, v, "rtc_timeoffset", -1<<31, 1<<32-1) {
		b.RTCTimeOffset = uint32(n) // negative offsets wrap around here, and back in Xen
	}
	c.boolean("localtime", &b.Localtime)
	if n, v := c.oldNumber("tsc_mode", int64(idl.TSCModeDefault), int64(idl.TSCModeNativeParavirt)); v != nil {
		b.TSCMode = idl.TSCMode(n)
	} else {
		c.word("tsc_mode", &b.TSCMode)
	}
	if v := c.value("timer_mode"); v != nil && c.kind == idl.DomainTypePV {
		c.fail(v.Pos, "timer_mode", "does not apply to a PV guest", "leave it out")
		return
	}
	var mode idl.TimerMode
	if n, v := c.oldNumber("timer_mode", int64(idl.TimerModeDelayForMissedTicks), int64(idl.TimerModeOneMissedTickPending)); v != nil {
		b.TimerMode = new(idl.TimerMode(n))
	} else if c.word("timer_mode", &mode) && mode != idl.TimerModeUnknown {
		b.TimerMode = &mode
	}
}

// oldNumber reads a key that was a number before it became a word.
func (c *converter) oldNumber(key string, low, high int64) (int64, *Value) {
	n, v := c.quietNumber(key)
	if v == nil {
		return 0, nil
	}
	if c.inRange(n, v, key, low, high) {
		c.warn(v.Pos, key, "a number is deprecated here", "write the name")
	} else {
		n = low
	}
	return n, v
}
