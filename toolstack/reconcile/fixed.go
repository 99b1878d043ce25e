package reconcile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// compareFixed compares all that is settled when a domain is built.
func (c *comparison) compareFixed() error {
	file, err := values(c.file)
	if err != nil {
		return err
	}
	running, err := values(c.running)
	if err != nil {
		return err
	}
	otherType := c.file.CInfo.Type != c.running.CInfo.Type
	all := maps.Clone(file)
	maps.Copy(all, running)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		f, r := valueOf(file, path), valueOf(running, path)
		switch _, said := file[path]; {
		case f == r, elsewhere(path), !said && filled(path, file):
			continue
		case otherType && strings.HasPrefix(path, "b_info.type."): // the type says it
			continue
		}
		c.refuse(c.fieldOf(path), inFileWords(r), inFileWords(f), rebuild)
	}
	return nil
}

// values is every value of a configuration by its path in libxl's JSON, such as
// "b_info.type.hvm.bios". A list of plain values is one; what is empty is left out.
func values(v any) (map[string]string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	all := map[string]string{}
	flatten(all, "", tree)
	return all, nil
}

func flatten(all map[string]string, path string, tree any) {
	switch v := tree.(type) {
	case map[string]any:
		for name, child := range v {
			flatten(all, strings.TrimPrefix(path+"."+name, "."), child)
		}
	case []any:
		if plain := plainList(v); plain != "" {
			all[path] = plain
			return
		}
		for i, child := range v {
			flatten(all, fmt.Sprintf("%s[%d]", path, i), child)
		}
	default:
		if text := fmt.Sprint(v); v != nil && text != "" {
			all[path] = text
		}
	}
}

// plainList is a list without structures in it; "" for one with some.
func plainList(list []any) string {
	texts := make([]string, len(list))
	for i, v := range list {
		_, structure := v.(map[string]any)
		_, list := v.([]any)
		if structure || list {
			return ""
		}
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, ", ")
}

// valueOf is the value at a path, or its default.
func valueOf(all map[string]string, path string) string {
	if v, ok := all[path]; ok {
		return v
	}
	return defaultOf(path)
}

// elsewhere says that a value is not settled when a domain is built, and compared by itself,
// or of no meaning after that.
func elsewhere(path string) bool {
	switch path {
	case "c_info.name", "c_info.uuid", "c_info.domid", "b_info.claim_mode",
		"b_info.type.hvm.ms_vm_genid", // which xl may make up anew each time
		"b_info.target_memkb", "b_info.max_memkb", "b_info.avail_vcpus", "b_info.max_vcpus",
		"b_info.sched_params.weight", "b_info.sched_params.cap":
		return true
	}
	return strings.HasPrefix(path, "disks[") || strings.HasPrefix(path, "nics[")
}

// filled says that libxl, or xl by its own settings, has set a value that the file leaves to
// it: so it is no difference when only the running domain has one.
func filled(path string, file map[string]string) bool {
	switch path {
	case "b_info.video_memkb", "b_info.shadow_memkb", "b_info.iommu_memkb", "b_info.arch_x86.msr_relaxed",
		"b_info.max_grant_frames", "b_info.max_maptrack_frames", "b_info.max_grant_version",
		"c_info.poolid", "c_info.pool_name":
		return true
	}
	if strings.HasPrefix(path, "b_info.sched_params.") {
		return true
	}
	// Of a device that the file has, libxl numbers it and chooses who serves it.
	device, _, ok := strings.Cut(path, "].")
	return ok && !strings.HasPrefix(path, "b_info.") && hasPrefix(file, device+"].")
}

func hasPrefix(all map[string]string, prefix string) bool {
	for path := range all {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// differing is the paths of two structures that differ; what only b has is overlooked where skip says so.
func differing(a, b map[string]string, skip func(path string) bool) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	var differ []string
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if _, said := a[path]; !said && skip(path) {
			continue
		}
		if a[path] != b[path] {
			differ = append(differ, path)
		}
	}
	return differ
}

// inFileWords is a value of libxl's as a domain file writes it.
func inFileWords(v string) string {
	switch v {
	case "True":
		return "true"
	case "False":
		return "false"
	case idl.BIOSTypeSeabios.String():
		return "bios"
	case idl.BIOSTypeOVMF.String():
		return "uefi"
	}
	return v
}
