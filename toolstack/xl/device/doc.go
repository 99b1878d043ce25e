// Package device has those of xl's commands that list, add and remove domains' devices, consoles among them.
package device

import "github.com/xenvoy/xenvoy/toolstack/xl"

// Commands are the commands of this package.
func Commands() []*xl.Command {
	return nil
}
