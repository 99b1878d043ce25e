package xlcfg

import (
	"encoding/json"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// whatDiffers is the message for a member that does not come back.
func whatDiffers(want, got any) string {
	switch {
	case isEmpty(got):
		return "xl has no words for " + shown(want)
	case isEmpty(want):
		return "is not set, but xl would set it to " + shown(got)
	}
	return "xl would take " + shown(want) + " for " + shown(got)
}

// shown is a value in a message.
func shown(v any) string {
	const enough = 60
	text, err := json.Marshal(v)
	if err != nil {
		return "it" // it came from JSON
	}
	if runes := []rune(string(text)); len(runes) > enough {
		return string(runes[:enough]) + "…"
	}
	return string(text)
}

// whyDiffers is a hint, where there is something to say.
func whyDiffers(path string, want any, newer []idl.Need) string {
	for _, need := range newer {
		if path == need.Path || strings.HasPrefix(need.Path, path+".") || strings.HasPrefix(need.Path, path+"[") ||
			strings.HasPrefix(path, need.Path+".") || strings.HasPrefix(path, need.Path+"[") {
			return need.String() + "; this is the language of 4.17"
		}
	}
	name := path[strings.LastIndexByte(path, '.')+1:]
	text, _ := want.(string)
	number, _ := want.(json.Number)
	switch kib, err := number.Int64(); {
	case name == "run_hotplug_scripts" || name == "claim_mode" || name == "blkdev_start":
		return "it is a setting of xl.conf, " + name
	case strings.HasSuffix(name, "memkb") && err == nil && kib%1024 != 0:
		return "xl counts in MiB; this is in KiB"
	case strings.ContainsAny(text, "\x00\ufffd"):
		return "its texts have no byte zero and are UTF-8"
	case strings.Contains(text, ","):
		return "a comma ends a value there"
	case strings.Contains(text, "="):
		return "some of its values end at ="
	case strings.Contains(text, "\n"):
		return "some of its values end at a line feed"
	case name == "backend_domid":
		return "it names the domain of a backend, as backend_domname"
	case name == "numa_placement":
		return "it follows from cpus, cpus_soft and vnuma"
	}
	return ""
}
