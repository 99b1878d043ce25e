// Package xl is xl's command line: its commands with their options, texts and exit statuses,
// for a program that is called under xl's name, and as a table for one with words of its own.
//
// A Command is data and one function, which takes a Call: the words that were given, an open
// libxl, and where to print. The rooms below have the commands: inspect looks at hosts and
// domains, tune sets what they may use, device changes what domains have, life creates, ends and
// moves them.
//
// What scripts see is xl's: the formats and statuses are those of tools/xl of Xen 4.17. The
// text of the help is this project's own.
package xl
