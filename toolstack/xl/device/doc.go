// Package device has those of xl's commands that list, add and remove domains' devices, consoles among them.
//
// In JSON and YAML a list is one array for all the domains that were asked for. Each
// device has the members of Device, and those of its kind.
package device

import "github.com/xenvoy/xenvoy/toolstack/xl"

// Commands are the commands of this package.
func Commands() []*xl.Command {
	return []*xl.Command{
		blockAttach(), blockList(), blockDetach(), cdInsert(), cdEject(),
		networkAttach(), networkList(), networkDetach(),
		channelList(), console(), vncviewer(),
		pciAttach(), pciDetach(), pciList(), pciAssignableAdd(), pciAssignableRemove(), pciAssignableList(),
		usbctrlAttach(), usbctrlDetach(), usbdevAttach(), usbdevDetach(), usbList(),
		vtpmAttach(), vtpmList(), vtpmDetach(),
		vkbAttach(), vkbList(), vkbDetach(),
		vdisplAttach(), vdisplList(), vdisplDetach(),
		vsndAttach(), vsndList(), vsndDetach(),
		devd(),
	}
}
