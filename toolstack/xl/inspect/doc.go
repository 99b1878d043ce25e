// Package inspect has those of xl's commands that look at the host and its domains.
package inspect

import "github.com/xenvoy/xenvoy/toolstack/xl"

// Commands are the commands of this package.
func Commands() []*xl.Command {
	return []*xl.Command{domid(), domname()}
}
