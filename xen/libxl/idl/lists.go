package idl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// MaxBit is the highest bit number that a Bitmap may hold. Xen's own limits (CPUs,
// vCPUs, NUMA nodes) are far below; libxl takes memory by the highest bit.
const MaxBit = 1<<16 - 1

// A Bitmap is a set of bit numbers, ascending and without repetition.
type Bitmap []uint32

// Has reports whether the bit is set.
func (b Bitmap) Has(bit uint32) bool {
	_, ok := slices.BinarySearch(b, bit)
	return ok
}

func (b Bitmap) check() error {
	for i, bit := range b {
		if bit > MaxBit {
			return fmt.Errorf("bit %d of a bitmap is above %d", bit, MaxBit)
		}
		if i > 0 && b[i-1] >= bit {
			return fmt.Errorf("bits %d, %d of a bitmap are not in ascending order", b[i-1], bit)
		}
	}
	return nil
}

// MarshalJSON writes the array of set bits. It fails when they are out of order
// or above MaxBit: libxl sizes its bitmap by the last one.
func (b Bitmap) MarshalJSON() ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	return json.Marshal([]uint32(b))
}

// UnmarshalJSON reads an array of bits in ascending order, none above MaxBit.
func (b *Bitmap) UnmarshalJSON(text []byte) error {
	var bits []uint32
	if err := json.Unmarshal(text, &bits); err != nil {
		return err
	}
	*b = bits
	return b.check()
}

// A KeyValue is one entry of a KeyValueList. A nil Value is libxl's NULL.
type KeyValue struct {
	Key   string
	Value *string
}

// A KeyValueList is a libxl_key_value_list: a JSON object whose order is kept.
type KeyValueList []KeyValue

// MarshalJSON writes the entries in their order.
func (l KeyValueList) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, kv := range l {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(kv.Key)
		if err != nil {
			return nil, err
		}
		val, err := json.Marshal(kv.Value)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(val)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads an object whose values are strings or null.
func (l *KeyValueList) UnmarshalJSON(text []byte) error {
	*l = nil
	d := json.NewDecoder(bytes.NewReader(text))
	switch open, err := d.Token(); {
	case err != nil:
		return err
	case open == nil: // null
		return nil
	case open != json.Delim('{'):
		return fmt.Errorf("a key-value list must be an object, not %v", open)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		kv := KeyValue{Key: key.(string)} // the decoder checks that keys are strings
		if err := d.Decode(&kv.Value); err != nil {
			return err
		}
		*l = append(*l, kv)
	}
	_, err := d.Token()
	return err
}

// A CPUIDPolicyList changes what CPUID leaves and MSRs a guest sees (libxl_cpuid.c).
type CPUIDPolicyList struct {
	CPUID []CPUIDPolicy `json:"cpuid"`
	MSR   []MSRPolicy   `json:"msr"`
}

// A CPUIDPolicy is the policy for one CPUID leaf. Each register is "" or 32
// characters for bits 31 to 0: 1, 0, x (Xen's default), k (the host's value),
// s (as k, kept over a move).
type CPUIDPolicy struct {
	Leaf    uint32  `json:"leaf"`
	Subleaf *uint32 `json:"subleaf,omitempty"` // nil: the leaf has none
	EAX     string  `json:"eax,omitempty"`
	EBX     string  `json:"ebx,omitempty"`
	ECX     string  `json:"ecx,omitempty"`
	EDX     string  `json:"edx,omitempty"`
}

// An MSRPolicy is the policy for one MSR: 64 characters for bits 63 to 0.
type MSRPolicy struct {
	Index  uint32 `json:"index"`
	Policy string `json:"policy"`
}

// IsZero reports whether there is no policy, so that JSON leaves the list out.
func (l CPUIDPolicyList) IsZero() bool { return len(l.CPUID) == 0 && len(l.MSR) == 0 }

// check looks at lengths too, because libxl reads 32 characters whatever it was given.
func (l CPUIDPolicyList) check() error {
	for _, c := range l.CPUID {
		for _, reg := range [...]string{c.EAX, c.EBX, c.ECX, c.EDX} {
			if reg != "" && !isPolicy(reg, 32) {
				return fmt.Errorf("CPUID leaf %#x: %q is not a policy of 32 characters out of 10xks", c.Leaf, reg)
			}
		}
	}
	for _, m := range l.MSR {
		if !isPolicy(m.Policy, 64) {
			return fmt.Errorf("MSR %#x: %q is not a policy of 64 characters out of 10xks", m.Index, m.Policy)
		}
	}
	return nil
}

func isPolicy(s string, n int) bool { return len(s) == n && strings.Trim(s, "10xks") == "" }

// MarshalJSON writes the object form; it fails when a policy has a wrong length or character.
func (l CPUIDPolicyList) MarshalJSON() ([]byte, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	type plain CPUIDPolicyList
	p := plain(l)
	if p.CPUID == nil { // libxl wants both arrays
		p.CPUID = []CPUIDPolicy{}
	}
	if p.MSR == nil {
		p.MSR = []MSRPolicy{}
	}
	return json.Marshal(p)
}

// UnmarshalJSON reads the object form, or the array of leaves that older releases wrote.
func (l *CPUIDPolicyList) UnmarshalJSON(text []byte) error {
	type plain CPUIDPolicyList
	var p plain
	into := any(&p)
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		into = &p.CPUID
	}
	if err := json.Unmarshal(text, into); err != nil {
		return err
	}
	*l = CPUIDPolicyList(p)
	return l.check()
}
