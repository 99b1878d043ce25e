// Package life has those of xl's commands that create, end, save and move domains.
package life

import "github.com/xenvoy/xenvoy/toolstack/xl"

// Commands are the commands of this package.
func Commands() []*xl.Command {
	return []*xl.Command{
		create(), configUpdate(), destroy(), rename(), shutdown(), reboot(), pause(), unpause(), suspend(), resume(),
		save(), restore(), migrate(), migrateReceive(), remus(),
	}
}
