package stream

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// EmulatorID says which device model an emulator record is of
// (libxl-migration-stream.pandoc, "Emulator Records").
type EmulatorID uint32

// The emulators.
const (
	EmulatorUnknown         EmulatorID = 0 // in a stream made out of one from before Xen 4.6
	EmulatorQEMUTraditional EmulatorID = 1
	EmulatorQEMU            EmulatorID = 2
)

const emulatorHeaderSize = 8

// Emulator is the head of an emulator record.
type Emulator struct {
	ID    EmulatorID
	Index uint32 // among the domain's emulators; libxl writes 0
}

func (e *Emulator) appendTo(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, uint32(e.ID)), e.Index)
}

func parseEmulator(b []byte) (Emulator, *fault) {
	if len(b) < emulatorHeaderSize {
		return Emulator{}, faultf(RuleBodyLength, "has a body of %d bytes, not %d and data", len(b), emulatorHeaderSize)
	}
	e := Emulator{ID: EmulatorID(binary.LittleEndian.Uint32(b)), Index: binary.LittleEndian.Uint32(b[4:])}
	if e.ID > EmulatorQEMU {
		return e, faultf(RuleEmulatorID, "is of emulator %d", e.ID)
	}
	return e, nil
}

// EmulatorContext is the fixed part of EMULATOR_CONTEXT. What the emulator saved
// follows as data.
type EmulatorContext struct{ Emulator }

func parseEmulatorContext(b []byte) (*EmulatorContext, *fault) {
	e, f := parseEmulator(b)
	return &EmulatorContext{e}, f
}

// KeyValue is an entry of xenstore, below the device model's directory.
type KeyValue struct {
	Key, Value string
}

// EmulatorXenstore is EMULATOR_XENSTORE_DATA.
type EmulatorXenstore struct {
	Emulator
	Pairs []KeyValue
}

func (x *EmulatorXenstore) appendTo(b []byte) []byte {
	b = x.Emulator.appendTo(b)
	for _, p := range x.Pairs {
		b = append(append(b, p.Key...), 0)
		b = append(append(b, p.Value...), 0)
	}
	return b
}

func parseEmulatorXenstore(b []byte) (*EmulatorXenstore, *fault) {
	e, f := parseEmulator(b)
	if f != nil {
		return nil, f
	}
	x := &EmulatorXenstore{Emulator: e}
	for rest := b[emulatorHeaderSize:]; len(rest) > 0; {
		var p KeyValue
		if p, rest, f = parsePair(rest); f != nil {
			return nil, f
		}
		x.Pairs = append(x.Pairs, p)
	}
	return x, nil
}

// parsePair takes one pair off the front.
func parsePair(b []byte) (p KeyValue, rest []byte, f *fault) {
	key, rest, ok := bytes.Cut(b, []byte{0})
	if !ok {
		return p, nil, faultf(RuleXenstorePairs, "key %.60q does not end", key)
	}
	value, rest, ok := bytes.Cut(rest, []byte{0})
	switch {
	case !ok:
		return p, nil, faultf(RuleXenstorePairs, "the value of %.60q does not end", key)
	case !knownKey(string(key)):
		return p, nil, faultf(RuleXenstoreKey, "key %.60q is none that libxl saves", key)
	case bytes.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
		return p, nil, faultf(RuleXenstoreValue, "the value of %.60q is not readable ASCII", key)
	}
	return KeyValue{string(key), string(value)}, rest, nil
}

// knownKey is true for what libxl saves: what QEMU has mapped where in the guest's
// physical memory (tools/libs/light/libxl_dom_save.c, libxl__save_emulator_xenstore_data).
func knownKey(key string) bool {
	parts := strings.Split(key, "/")
	if len(parts) != 3 || parts[0] != "physmap" || parts[1] == "" {
		return false
	}
	hex := strings.Trim(parts[1], "0123456789abcdefABCDEFx") == ""
	return hex && (parts[2] == "start_addr" || parts[2] == "size" || parts[2] == "name")
}

// CheckpointState is CHECKPOINT_STATE, by which the two ends of COLO agree on the
// next checkpoint.
type CheckpointState struct {
	ID uint32 // 0 new, 1 suspended, 2 ready, 3 resumed
}

func (c *CheckpointState) appendTo(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(b, c.ID)
}

func parseCheckpointState(b []byte) (*CheckpointState, *fault) {
	if f := wantLength(b, 4); f != nil {
		return nil, f
	}
	c := &CheckpointState{ID: binary.LittleEndian.Uint32(b)}
	if c.ID > 3 {
		return nil, faultf(RuleCheckpointState, "state is %d", c.ID)
	}
	return c, nil
}
