// Package xlcompat runs the same commands with xl and with a program that stands
// in for it, on one Xen host in the same state, and tells where they differ.
//
// The commands are in files that read like a shell session:
//
//	# Comments begin a line. What comes before the first command of a file, is
//	# run once: setup at the beginning, teardown at its end.
//	setup make pv
//
//	[pause] operands 1
//	+ xl pause live
//	    then state live
//	    shows p
//	    after xl unpause live
//	- xl pause no-such
//
// A line in brackets begins the cases of a command of xl. The words after it are
// what a command has in common with others, and stand in one place for each
// command: standard cases are made of them (see Standard).
//
//	operands N   fewer than N operands are refused, with status 2
//	plain        the command does not look for options
//
// Lines of a command:
//
//	setup SHELL     run once before the first of the cases that follow
//	teardown SHELL  run once after the last one
//	absent REASON   why its positive path cannot run here
//	+ SHELL         a case on the positive path: exit status 0
//	- SHELL         a case on an error path: another exit status
//	= SHELL         a case whose exit status only has to be the same
//
// Lines of a case, indented:
//
//	before SHELL    run before it
//	then SHELL      run after it: what this prints is compared, too
//	after SHELL     run at last: the host is again as it was before the case
//	out REGEXP      its standard output matches; "out" alone: there is none
//	shows REGEXP    what "then" prints matches
//	status N        its exit status
//	blank NAMES     what changes from one run to the next (see Blanks)
//	differs PARTS: REASON
//	                its stdout, stderr, status or effect differ on purpose
//
// setup, before, then, after and teardown always use xl itself; the word xl of a
// case is the one or the other. A positive case says what it prints or what it
// shows.
//
// Script makes one shell program of the cases, Parse reads what that leaves,
// Judge compares, and Page writes the page of the documentation.
package xlcompat
