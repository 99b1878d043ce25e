package xl

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Xen is what the commands ask of libxl: *libxl.Context has it, whose documentation tells
// what each method does and returns.
type Xen interface {
	CDROMInsert(ctx context.Context, id idl.DomID, disk idl.DeviceDisk) error
	CPUIDParseConfig(ctx context.Context, list idl.CPUIDPolicyList, item string) (idl.CPUIDPolicyList, error)
	CPUIDParseConfigXend(ctx context.Context, list idl.CPUIDPolicyList, item string) (idl.CPUIDPolicyList, error)
	CPUMapToNodeMap(ctx context.Context, cpus idl.Bitmap) (idl.Bitmap, error)
	CPUPoolCPUAdd(ctx context.Context, pool, cpu uint32) error
	CPUPoolCPUAddCPUMap(ctx context.Context, pool uint32, cpus idl.Bitmap) error
	CPUPoolCPUAddNode(ctx context.Context, pool, node uint32) (int, error)
	CPUPoolCPURemove(ctx context.Context, pool, cpu uint32) error
	CPUPoolCPURemoveCPUMap(ctx context.Context, pool uint32, cpus idl.Bitmap) error
	CPUPoolCPURemoveNode(ctx context.Context, pool, node uint32) (int, error)
	CPUPoolCreate(ctx context.Context, info idl.CPUPoolInfo, uuid idl.UUID) (uint32, error)
	CPUPoolDestroy(ctx context.Context, pool uint32) error
	CPUPoolIDIsValid(ctx context.Context, pool uint32) (bool, error)
	CPUPoolIDToName(ctx context.Context, pool uint32) (string, error)
	CPUPoolInfo(ctx context.Context, pool uint32) (idl.CPUPoolInfo, error)
	CPUPoolMoveDomain(ctx context.Context, pool uint32, id idl.DomID) error
	CPUPoolRename(ctx context.Context, pool uint32, to string) error
	CPUTopology(ctx context.Context) ([]idl.CPUTopology, error)
	ClearDomIDHistory(ctx context.Context) error
	ConsoleTTY(ctx context.Context, id idl.DomID, number int32, t idl.ConsoleType) (string, error)
	CreateLogfile(ctx context.Context, name string) (string, error)
	CtrlPortToDeviceUSBDev(ctx context.Context, id idl.DomID, ctrl idl.DevID, port int32) (idl.DeviceUSBDev, error)
	DevIDToDeviceNIC(ctx context.Context, id idl.DomID, devid idl.DevID) (idl.DeviceNIC, error)
	DevIDToDeviceUSBCtrl(ctx context.Context, id idl.DomID, devid idl.DevID) (idl.DeviceUSBCtrl, error)
	DevIDToDeviceVKB(ctx context.Context, id idl.DomID, devid idl.DevID) (idl.DeviceVKB, error)
	DevIDToDeviceVTPM(ctx context.Context, id idl.DomID, devid idl.DevID) (idl.DeviceVTPM, error)
	DevIDToDeviceVdispl(ctx context.Context, id idl.DomID, devid idl.DevID) (idl.DeviceVdispl, error)
	DevIDToDeviceVsnd(ctx context.Context, id idl.DomID, devid idl.DevID) (idl.DeviceVsnd, error)
	DeviceChannelInfo(ctx context.Context, id idl.DomID, dev idl.DeviceChannel) (idl.ChannelInfo, error)
	DeviceChannelList(ctx context.Context, id idl.DomID) ([]idl.DeviceChannel, error)
	DeviceDiskAdd(ctx context.Context, id idl.DomID, dev idl.DeviceDisk) (idl.DeviceDisk, error)
	DeviceDiskDestroy(ctx context.Context, id idl.DomID, dev idl.DeviceDisk) error
	DeviceDiskInfo(ctx context.Context, id idl.DomID, dev idl.DeviceDisk) (idl.DiskInfo, error)
	DeviceDiskList(ctx context.Context, id idl.DomID) ([]idl.DeviceDisk, error)
	DeviceDiskRemove(ctx context.Context, id idl.DomID, dev idl.DeviceDisk) error
	DeviceDiskSafeRemove(ctx context.Context, id idl.DomID, dev idl.DeviceDisk) error
	DeviceEventsHandler(ctx context.Context) error
	DeviceNICAdd(ctx context.Context, id idl.DomID, dev idl.DeviceNIC) (idl.DeviceNIC, error)
	DeviceNICDestroy(ctx context.Context, id idl.DomID, dev idl.DeviceNIC) error
	DeviceNICInfo(ctx context.Context, id idl.DomID, dev idl.DeviceNIC) (idl.NICInfo, error)
	DeviceNICList(ctx context.Context, id idl.DomID) ([]idl.DeviceNIC, error)
	DeviceNICRemove(ctx context.Context, id idl.DomID, dev idl.DeviceNIC) error
	DeviceP9Add(ctx context.Context, id idl.DomID, dev idl.DeviceP9) (idl.DeviceP9, error)
	DeviceP9Destroy(ctx context.Context, id idl.DomID, dev idl.DeviceP9) error
	DeviceP9Remove(ctx context.Context, id idl.DomID, dev idl.DeviceP9) error
	DevicePCIAdd(ctx context.Context, id idl.DomID, dev idl.DevicePCI) (idl.DevicePCI, error)
	DevicePCIAssignableAdd(ctx context.Context, dev idl.DevicePCI, rebind bool) error
	DevicePCIAssignableList(ctx context.Context) ([]idl.DevicePCI, error)
	DevicePCIAssignableRemove(ctx context.Context, dev idl.DevicePCI, rebind bool) error
	DevicePCIDestroy(ctx context.Context, id idl.DomID, dev idl.DevicePCI) error
	DevicePCIList(ctx context.Context, id idl.DomID) ([]idl.DevicePCI, error)
	DevicePCIRemove(ctx context.Context, id idl.DomID, dev idl.DevicePCI) error
	DevicePVCallsIfDestroy(ctx context.Context, id idl.DomID, dev idl.DevicePVCallsIf) error
	DevicePVCallsIfRemove(ctx context.Context, id idl.DomID, dev idl.DevicePVCallsIf) error
	DeviceUSBCtrlAdd(ctx context.Context, id idl.DomID, dev idl.DeviceUSBCtrl) (idl.DeviceUSBCtrl, error)
	DeviceUSBCtrlDestroy(ctx context.Context, id idl.DomID, dev idl.DeviceUSBCtrl) error
	DeviceUSBCtrlInfo(ctx context.Context, id idl.DomID, dev idl.DeviceUSBCtrl) (idl.USBCtrlInfo, error)
	DeviceUSBCtrlList(ctx context.Context, id idl.DomID) ([]idl.DeviceUSBCtrl, error)
	DeviceUSBCtrlRemove(ctx context.Context, id idl.DomID, dev idl.DeviceUSBCtrl) error
	DeviceUSBDevAdd(ctx context.Context, id idl.DomID, dev idl.DeviceUSBDev) (idl.DeviceUSBDev, error)
	DeviceUSBDevList(ctx context.Context, id idl.DomID) ([]idl.DeviceUSBDev, error)
	DeviceUSBDevRemove(ctx context.Context, id idl.DomID, dev idl.DeviceUSBDev) error
	DeviceVFBAdd(ctx context.Context, id idl.DomID, dev idl.DeviceVFB) (idl.DeviceVFB, error)
	DeviceVFBDestroy(ctx context.Context, id idl.DomID, dev idl.DeviceVFB) error
	DeviceVFBRemove(ctx context.Context, id idl.DomID, dev idl.DeviceVFB) error
	DeviceVKBAdd(ctx context.Context, id idl.DomID, dev idl.DeviceVKB) (idl.DeviceVKB, error)
	DeviceVKBDestroy(ctx context.Context, id idl.DomID, dev idl.DeviceVKB) error
	DeviceVKBInfo(ctx context.Context, id idl.DomID, dev idl.DeviceVKB) (idl.VKBInfo, error)
	DeviceVKBList(ctx context.Context, id idl.DomID) ([]idl.DeviceVKB, error)
	DeviceVKBRemove(ctx context.Context, id idl.DomID, dev idl.DeviceVKB) error
	DeviceVTPMAdd(ctx context.Context, id idl.DomID, dev idl.DeviceVTPM) (idl.DeviceVTPM, error)
	DeviceVTPMDestroy(ctx context.Context, id idl.DomID, dev idl.DeviceVTPM) error
	DeviceVTPMInfo(ctx context.Context, id idl.DomID, dev idl.DeviceVTPM) (idl.VTPMInfo, error)
	DeviceVTPMList(ctx context.Context, id idl.DomID) ([]idl.DeviceVTPM, error)
	DeviceVTPMRemove(ctx context.Context, id idl.DomID, dev idl.DeviceVTPM) error
	DeviceVdisplAdd(ctx context.Context, id idl.DomID, dev idl.DeviceVdispl) (idl.DeviceVdispl, error)
	DeviceVdisplDestroy(ctx context.Context, id idl.DomID, dev idl.DeviceVdispl) error
	DeviceVdisplInfo(ctx context.Context, id idl.DomID, dev idl.DeviceVdispl) (idl.VdisplInfo, error)
	DeviceVdisplList(ctx context.Context, id idl.DomID) ([]idl.DeviceVdispl, error)
	DeviceVdisplRemove(ctx context.Context, id idl.DomID, dev idl.DeviceVdispl) error
	DeviceVsndAdd(ctx context.Context, id idl.DomID, dev idl.DeviceVsnd) (idl.DeviceVsnd, error)
	DeviceVsndDestroy(ctx context.Context, id idl.DomID, dev idl.DeviceVsnd) error
	DeviceVsndInfo(ctx context.Context, id idl.DomID, dev idl.DeviceVsnd) (idl.VsndInfo, error)
	DeviceVsndList(ctx context.Context, id idl.DomID) ([]idl.DeviceVsnd, error)
	DeviceVsndRemove(ctx context.Context, id idl.DomID, dev idl.DeviceVsnd) error
	DomIDToName(ctx context.Context, id idl.DomID) (string, error)
	DomainConfigurationText(ctx context.Context, id idl.DomID) (json.RawMessage, error)
	DomainCoreDump(ctx context.Context, id idl.DomID, path string) error
	DomainCreateNew(ctx context.Context, cfg *idl.DomainConfig, o libxl.CreateOptions) (idl.DomID, error)
	DomainCreateRestore(ctx context.Context, cfg *idl.DomainConfig, f *os.File, o libxl.RestoreOptions) (idl.DomID, error)
	DomainDestroy(ctx context.Context, id idl.DomID) error
	DomainGetNodeAffinity(ctx context.Context, id idl.DomID) (idl.Bitmap, error)
	DomainInfo(ctx context.Context, id idl.DomID) (idl.DomInfo, error)
	DomainNeedMemory(ctx context.Context, cfg *idl.DomainConfig) (idl.MemKB, error)
	DomainPause(ctx context.Context, id idl.DomID) error
	DomainPreserve(ctx context.Context, id idl.DomID, info idl.DomainCreateInfo, suffix string, uuid idl.UUID) error
	DomainReboot(ctx context.Context, id idl.DomID) error
	DomainRemusStart(ctx context.Context, id idl.DomID, send, recv *os.File, info idl.DomainRemusInfo) error
	DomainRename(ctx context.Context, id idl.DomID, from, to string) error
	DomainResume(ctx context.Context, id idl.DomID, cooperative bool) error
	DomainSchedParamsGet(ctx context.Context, id idl.DomID) (idl.DomainSchedParams, error)
	DomainSchedParamsSet(ctx context.Context, id idl.DomID, p idl.DomainSchedParams) error
	DomainSetMaxMem(ctx context.Context, id idl.DomID, kb idl.MemKB) error
	DomainSetNodeAffinity(ctx context.Context, id idl.DomID, nodes idl.Bitmap) error
	DomainShutdown(ctx context.Context, id idl.DomID) error
	DomainSoftReset(ctx context.Context, id idl.DomID, cfg *idl.DomainConfig, o libxl.CreateOptions) error
	DomainSuspend(ctx context.Context, id idl.DomID, f *os.File, o libxl.SuspendOptions) error
	DomainSuspendOnly(ctx context.Context, id idl.DomID) error
	DomainUnpause(ctx context.Context, id idl.DomID) error
	FindCPUPool(ctx context.Context, qualifier string) (pool uint32, wasName bool, err error)
	FindDomain(ctx context.Context, qualifier string) (idl.DomID, error)
	FlaskContextToSID(ctx context.Context, text string) (uint32, error)
	FlaskGetEnforce(ctx context.Context) (bool, error)
	FlaskLoadPolicy(ctx context.Context, policy []byte) error
	FlaskSIDToContext(ctx context.Context, sid uint32) (string, error)
	FlaskSetEnforce(ctx context.Context, enforce bool) error
	FreeCPUMap(ctx context.Context) (idl.Bitmap, error)
	FreeCPUs(ctx context.Context) (int, error)
	FreeMemory(ctx context.Context) (idl.MemKB, error)
	GetMemoryTarget(ctx context.Context, id idl.DomID) (idl.MemKB, error)
	ListCPUPools(ctx context.Context) ([]idl.CPUPoolInfo, error)
	ListDomains(ctx context.Context) ([]idl.DomInfo, error)
	ListVCPUs(ctx context.Context, id idl.DomID) ([]idl.VCPUInfo, error)
	ListVMs(ctx context.Context) ([]idl.VMInfo, error)
	MACToDeviceNIC(ctx context.Context, id idl.DomID, mac idl.MAC) (idl.DeviceNIC, error)
	MSVMGenIDGenerate(ctx context.Context) (idl.VMGenID, error)
	MaxCPUs(ctx context.Context) (int, error)
	MaxNodes(ctx context.Context) (int, error)
	NUMAInfo(ctx context.Context) ([]idl.NUMAInfo, error)
	NameToCPUPoolID(ctx context.Context, name string) (uint32, error)
	NameToDomID(ctx context.Context, name string) (idl.DomID, error)
	NodeMapToCPUMap(ctx context.Context, nodes idl.Bitmap) (idl.Bitmap, error)
	NodeToCPUMap(ctx context.Context, node uint32) (idl.Bitmap, error)
	OnlineCPUs(ctx context.Context) (int, error)
	OnlineSocketMap(ctx context.Context) (idl.Bitmap, error)
	PCITopology(ctx context.Context) ([]idl.PCITopology, error)
	PSRCATGetCBM(ctx context.Context, id idl.DomID, t idl.PSRCBMType, socket uint32) (uint64, error)
	PSRCATInfo(ctx context.Context, level uint) ([]idl.PSRCATInfo, error)
	PSRCATL3Info(ctx context.Context) ([]idl.PSRCATInfo, error)
	PSRCATSetCBM(ctx context.Context, id idl.DomID, t idl.PSRCBMType, sockets idl.Bitmap, cbm uint64) error
	PSRCMTAttach(ctx context.Context, id idl.DomID) error
	PSRCMTCacheOccupancy(ctx context.Context, id idl.DomID, socket uint32) (uint32, error)
	PSRCMTDetach(ctx context.Context, id idl.DomID) error
	PSRCMTDomainAttached(ctx context.Context, id idl.DomID) (bool, error)
	PSRCMTEnabled(ctx context.Context) (bool, error)
	PSRCMTL3CacheSize(ctx context.Context, socket uint32) (uint32, error)
	PSRCMTSample(ctx context.Context, id idl.DomID, t idl.PSRCMTType, socket uint32) (libxl.PSRSample, error)
	PSRCMTTotalRMID(ctx context.Context) (uint32, error)
	PSRCMTTypeSupported(ctx context.Context, t idl.PSRCMTType) (bool, error)
	PSRGetVal(ctx context.Context, id idl.DomID, t idl.PSRCBMType, socket uint32) (uint64, error)
	PSRHwInfo(ctx context.Context, t idl.PSRFeatType, level uint) ([]idl.PSRHwInfo, error)
	PSRSetVal(ctx context.Context, id idl.DomID, t idl.PSRCBMType, sockets idl.Bitmap, val uint64) error
	PhysInfo(ctx context.Context) (idl.PhysInfo, error)
	PrimaryConsoleTTY(ctx context.Context, id idl.DomID) (string, error)
	QEMUMonitorCommand(ctx context.Context, id idl.DomID, command string) (string, error)
	RetrieveDomainConfiguration(ctx context.Context, id idl.DomID) (*idl.DomainConfig, error)
	SchedCredit2ParamsGet(ctx context.Context, pool uint32) (idl.SchedCredit2Params, error)
	SchedCredit2ParamsSet(ctx context.Context, pool uint32, p idl.SchedCredit2Params) (idl.SchedCredit2Params, error)
	SchedCreditParamsGet(ctx context.Context, pool uint32) (idl.SchedCreditParams, error)
	SchedCreditParamsSet(ctx context.Context, pool uint32, p idl.SchedCreditParams) (idl.SchedCreditParams, error)
	Scheduler(ctx context.Context) (idl.Scheduler, error)
	SendDebugKeys(ctx context.Context, keys string) error
	SendSysRq(ctx context.Context, id idl.DomID, key byte) error
	SendTrigger(ctx context.Context, id idl.DomID, t idl.Trigger, vcpu uint32) error
	SetMemoryTarget(ctx context.Context, id idl.DomID, kb int64, relative, enforce bool) error
	SetParameters(ctx context.Context, params string) error
	SetVCPUAffinity(ctx context.Context, id idl.DomID, vcpu uint32, hard, soft idl.Bitmap) error
	SetVCPUAffinityAll(ctx context.Context, id idl.DomID, vcpus int, hard, soft idl.Bitmap) error
	SetVCPUAffinityForce(ctx context.Context, id idl.DomID, vcpu uint32, hard, soft idl.Bitmap) error
	SetVCPUOnline(ctx context.Context, id idl.DomID, vcpus idl.Bitmap) error
	StubdomID(ctx context.Context, id idl.DomID) (idl.DomID, error)
	StubdomTarget(ctx context.Context, id idl.DomID) (target idl.DomID, ok bool, err error)
	UUIDToDeviceVTPM(ctx context.Context, id idl.DomID, uuid idl.UUID) (idl.DeviceVTPM, error)
	UserdataRetrieve(ctx context.Context, id idl.DomID, user string) ([]byte, error)
	UserdataStore(ctx context.Context, id idl.DomID, user string, data []byte) error
	UserdataUnlink(ctx context.Context, id idl.DomID, user string) error
	VCPUSchedParamsGet(ctx context.Context, id idl.DomID, vcpus idl.Bitmap) (idl.VCPUSchedParams, error)
	VCPUSchedParamsGetAll(ctx context.Context, id idl.DomID) (idl.VCPUSchedParams, error)
	VCPUSchedParamsSet(ctx context.Context, id idl.DomID, p idl.VCPUSchedParams) error
	VCPUSchedParamsSetAll(ctx context.Context, id idl.DomID, p idl.VCPUSchedParams) error
	VDevToDeviceDisk(ctx context.Context, id idl.DomID, vdev string) (idl.DeviceDisk, error)
	VMStartTime(ctx context.Context, id idl.DomID) (time.Time, error)
	VersionInfo(ctx context.Context) (idl.VersionInfo, error)
	WaitForFreeMemory(ctx context.Context, kb idl.MemKB) error
	WaitForMemoryTarget(ctx context.Context, id idl.DomID) error
	WatchDomain(ctx context.Context, id idl.DomID, vdevs ...string) (<-chan libxl.Event, error)
	WatchSuspended(ctx context.Context, id idl.DomID, vdevs ...string) (<-chan libxl.Event, error)
	XenConsole(ctx context.Context, clear bool) (string, error)
	ConsoleExec(ctx context.Context, id idl.DomID, number int32, t idl.ConsoleType) error
	PrimaryConsoleExec(ctx context.Context, id idl.DomID) error
	VNCViewerExec(ctx context.Context, id idl.DomID, pass bool) error
}
