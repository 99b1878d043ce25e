package libxc

// PageSize is the size of a page in bytes.
const PageSize = 4096

// DirtyStats is what the hypervisor has counted since the last LogDirtyClean, or since
// LogDirtyEnable.
type DirtyStats struct {
	Faults uint32 // page faults that logging took
	Dirty  uint32 // pages that were written to
}
