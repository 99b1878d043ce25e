package xlcompat

import "strings"

// Standard makes the cases that every command has: help, whose first line tells
// the global options that the command takes; an option that it does not know;
// and too few operands. Without traits there are none.
func Standard(command string, t *Traits) []*Case {
	if t == nil {
		return nil
	}
	xl := "xl " + command
	var all []*Case
	add := func(path Path, line string, status int) {
		all = append(all, &Case{Command: command, Where: "standard cases", Path: path, Line: line, Status: status})
	}
	if !t.Plain {
		add(Other, xl+" -h", 0)
		add(Error, xl+" --no-such-option", 2)
	}
	if t.Operands > 0 {
		add(Error, strings.TrimSpace(xl+strings.Repeat(" x", t.Operands-1)), 2)
	}
	return all
}
