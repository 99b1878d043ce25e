package xlcfg

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// readBack reads the text and adds an error for each member that is not what was
// wanted, and for what xl would refuse in the text.
func (w *writer) readBack(text []byte, want map[string]any) {
	file, err := ParseBytes(text, "")
	if err != nil {
		w.refusedBy(err)
		return
	}
	c := newConverter(file, w.host, rand.Reader)
	c.convert()
	if len(c.errs) > 0 {
		w.refusedBy(c.errs)
	}
	if w.disksBack != nil {
		c.out.Disks = w.disksBack
	}
	got, err := membersOf(c.out)
	if err != nil {
		w.refusedBy(err)
		return
	}
	if info, ok := want["c_info"].(map[string]any); ok && info["uuid"] == nil {
		delete(got["c_info"].(map[string]any), "uuid")
	}
	newer := idl.Newer(w.config, idl.Release{Major: 4, Minor: 17})
	differ("", want, got, func(path string, want, got any) {
		w.refuse(path, whatDiffers(want, got), whyDiffers(path, want, newer))
	})
}

// refusedBy takes the errors of the reader, without the places in a text that
// nobody sees.
func (w *writer) refusedBy(err error) {
	var faults domcfg.Errors
	if !errors.As(err, &faults) {
		faults = domcfg.Errors{{Msg: err.Error()}}
	}
	for _, e := range faults {
		w.refuse(e.Field, e.Msg, e.Hint)
	}
}

func (w *writer) refuse(member, msg, hint string) {
	switch {
	case len(w.errs) > maxErrors:
		return
	case len(w.errs) == maxErrors:
		member, msg, hint = "", "more errors are not shown", ""
	}
	w.errs = append(w.errs, &domcfg.Error{Field: oneLine(member), Msg: oneLine(msg), Hint: oneLine(hint)})
}

// membersOf is a configuration as libxl's JSON has it, without what libxl takes
// for unset. The error is what idl says of a value that libxl does not have.
func membersOf(config *idl.DomainConfig) (map[string]any, error) {
	if err := idl.CheckNumbers(config); err != nil {
		return nil, err
	}
	text, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var tree map[string]any
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	for _, action := range []string{"on_poweroff", "on_reboot", "on_watchdog", "on_crash", "on_soft_reset"} {
		if tree[action] == "destroy" { // init_val in libxl_types.idl
			delete(tree, action)
		}
	}
	if info, ok := tree["b_info"].(map[string]any); ok {
		if hvm, ok := info["type.hvm"].(map[string]any); ok && hvm["hdtype"] == "ide" { // the same
			delete(hvm, "hdtype")
		}
	}
	for _, kind := range []string{"nics", "vfbs", "vkbs", "vtpms", "pvcallsifs", "vdispls", "vsnds", "channels", "usbctrls"} {
		numberDevices(tree[kind])
	}
	return tree, nil
}

// numberDevices does what libxl does with devices of which none has a number.
func numberDevices(list any) {
	devices, _ := list.([]any)
	for _, dev := range devices {
		if dev, ok := dev.(map[string]any); !ok || dev["devid"] != nil {
			return
		}
	}
	for i, dev := range devices {
		dev.(map[string]any)["devid"] = json.Number(fmt.Sprint(i))
	}
}

// differ reports the members that are not the same, the outermost that one side
// lacks, sorted by their names.
func differ(path string, want, got any, report func(path string, want, got any)) {
	wants, isMap := want.(map[string]any)
	gots, both := got.(map[string]any)
	wantList, isList := want.([]any)
	gotList, bothLists := got.([]any)
	switch {
	case isEmpty(want) && isEmpty(got), reflect.DeepEqual(want, got):
	case path == "b_info.type.hvm.ms_vm_genid" && want != nil && got != nil: // each reading makes a new one
	case isMap && both:
		all := maps.Clone(wants)
		maps.Copy(all, gots)
		for _, key := range slices.Sorted(maps.Keys(all)) {
			differ(strings.TrimPrefix(path+"."+key, "."), wants[key], gots[key], report)
		}
	case isList && bothLists:
		for i := range max(len(wantList), len(gotList)) {
			differ(fmt.Sprintf("%s[%d]", path, i), at(wantList, i), at(gotList, i), report)
		}
	default:
		report(path, want, got)
	}
}

func at(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// isEmpty is for what libxl does not tell from what is not there.
func isEmpty(v any) bool {
	list, isList := v.([]any)
	return v == nil || v == "" || isList && len(list) == 0
}
