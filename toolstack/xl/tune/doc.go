// Package tune has those of xl's commands that set what the hypervisor gives domains: scheduling, CPU pools, memory, security.
package tune

import "github.com/xenvoy/xenvoy/toolstack/xl"

// Commands are the commands of this package.
func Commands() []*xl.Command {
	return nil
}
