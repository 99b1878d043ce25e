// Package inspect has those of xl's commands that look at the host and its domains, or poke at them.
package inspect

import "github.com/xenvoy/xenvoy/toolstack/xl"

// Commands are the commands of this package.
func Commands() []*xl.Command {
	return []*xl.Command{
		list(), vmList(), claims(), sharing(), vcpuList(), uptime(), domid(), domname(),
		info(), dmesg(), top(), debugKeys(), setParameters(),
		sysrq(), trigger(), buttonPress(), dumpCore(), qemuMonitorCommand(),
	}
}
