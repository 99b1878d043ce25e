package libvirtcfg

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A Dropped is a member of a configuration that XML does not say, or not so.
type Dropped struct {
	Member string `json:"member"`            // by libxl's names, as "disks[0].script"
	Value  string `json:"value"`             // of the configuration, as JSON; empty when it is unset
	Result string `json:"instead,omitempty"` // of what XML says instead; empty when it says nothing
}

// String is one line without its end.
func (d Dropped) String() string {
	switch {
	case d.Result == "":
		return fmt.Sprintf("%s: libvirt has no words for %s", d.Member, d.Value)
	case d.Value == "":
		return fmt.Sprintf("%s: libvirt's domain has %s", d.Member, d.Result)
	}
	return fmt.Sprintf("%s: is %s, and libvirt's domain has %s", d.Member, d.Value, d.Result)
}

// difference is what is in a but not, or otherwise, in b, in the order of libxl's JSON.
func difference(a, b *idl.DomainConfig) ([]Dropped, error) {
	had, order, err := members(a)
	if err != nil {
		return nil, err
	}
	got, more, err := members(b)
	if err != nil {
		return nil, err
	}
	for _, member := range more {
		if _, both := had[member]; !both {
			order = append(order, member)
		}
	}
	var out []Dropped
	for _, member := range order {
		if had[member] != got[member] && !sameMeaning(member, had[member], got[member]) {
			out = append(out, Dropped{Member: member, Value: had[member], Result: got[member]})
		}
	}
	return out, nil
}

// sameMeaning tells what libxl takes for the same: what is unset, and the value that it
// gives it then (libxl__domain_build_info_setdefault and its like in tools/libs/light).
func sameMeaning(member, had, got string) bool {
	if had != "" && got != "" {
		return false
	}
	value := had + got
	name := member
	if i := strings.LastIndexByte(name, ']'); i >= 0 {
		name = name[i+1:]
	}
	return slices.Contains(libxlDefaults()[name], value)
}

// libxlDefaults is libxl's values for members that are unset. Those of list elements
// begin with the dot behind the bracket.
func libxlDefaults() map[string][]string {
	const yes, no = `"True"`, `"False"`
	return map[string][]string{
		"c_info.run_hotplug_scripts": {yes}, "b_info.claim_mode": {yes, no}, // the toolstack's choice, not the guest's
		"b_info.localtime": {no}, "b_info.nested_hvm": {no},
		"b_info.device_model_version": {`"qemu_xen"`}, "b_info.type.hvm.serial": {`"none"`},
		"b_info.type.hvm.spice.clipboard_sharing": {no}, "b_info.type.hvm.spice.vdagent": {no},
		"b_info.acpi": {yes}, "b_info.apic": {yes},
		"b_info.type.hvm.pae": {yes}, "b_info.type.hvm.boot": {`"cda"`}, "b_info.type.hvm.viridian": {no},
		"b_info.type.hvm.vnc.enable": {yes}, "b_info.type.hvm.vnc.findunused": {yes}, "b_info.type.hvm.sdl.enable": {no},
		"b_info.type.hvm.sdl.opengl": {no}, "b_info.type.hvm.spice.enable": {no},
		"b_info.type.pv.e820_host": {no}, "b_info.max_vcpus": {"1"}, "b_info.avail_vcpus": {"[0]"},
		".vnc.enable": {yes}, ".vnc.findunused": {yes}, ".sdl.enable": {no}, ".sdl.opengl": {no},
		".vfunc_mask": {"1"}, ".rdm_policy": {`"strict"`},
	}
}

// members is each value of a configuration by its name, and the names in their order.
func members(c *idl.DomainConfig) (map[string]string, []string, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, nil, fmt.Errorf("compare the configuration: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	f := &flattener{decoder: d, values: map[string]string{}}
	if err := f.value(""); err != nil {
		return nil, nil, fmt.Errorf("compare the configuration: %w", err)
	}
	return f.values, f.order, nil
}

// A flattener reads JSON in its order. A list of plain values is one value.
type flattener struct {
	decoder *json.Decoder
	values  map[string]string
	order   []string
}

func (f *flattener) value(path string) error {
	token, err := f.decoder.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return f.object(path)
	case json.Delim('['):
		return f.list(path)
	}
	return f.put(path, token)
}

func (f *flattener) put(path string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	f.values[path] = string(text)
	f.order = append(f.order, path)
	return nil
}

func (f *flattener) object(path string) error {
	for f.decoder.More() {
		key, err := f.decoder.Token()
		if err != nil {
			return err
		}
		if err := f.value(strings.TrimPrefix(fmt.Sprintf("%s.%v", path, key), ".")); err != nil {
			return err
		}
	}
	_, err := f.decoder.Token()
	return err
}

func (f *flattener) list(path string) error {
	var plain []any
	for i := 0; f.decoder.More(); i++ {
		token, err := f.decoder.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'):
			err = f.object(fmt.Sprintf("%s[%d]", path, i))
		case json.Delim('['):
			err = f.list(fmt.Sprintf("%s[%d]", path, i))
		default:
			plain = append(plain, token)
		}
		if err != nil {
			return err
		}
	}
	if _, err := f.decoder.Token(); err != nil {
		return err
	}
	if plain == nil {
		return nil
	}
	return f.put(path, plain)
}
