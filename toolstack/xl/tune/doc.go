// Package tune has those of xl's commands that set what the hypervisor gives domains: scheduling, CPU pools, memory, security.
package tune

import "github.com/xenvoy/xenvoy/toolstack/xl"

// Commands are the commands of this package.
func Commands() []*xl.Command {
	return []*xl.Command{
		memMax(), memSet(), vcpuPin(), vcpuSet(),
		schedCredit(), schedCredit2(), schedRTDS(),
		poolCreate(), poolList(), poolDestroy(), poolRename(), poolCPUAdd(), poolCPURemove(), poolMigrate(), poolNUMASplit(),
		psrHwInfo(), psrCMTAttach(), psrCMTDetach(), psrCMTShow(), psrCATSet(), psrCATShow(), psrMBASet(), psrMBAShow(),
		getEnforce(), setEnforce(), loadPolicy(),
	}
}
