package domcfg

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// FromLibxl is a Domain whose LibxlConfig is exactly cfg, as xl's files, a
// running domain or libxl's JSON give it. What the keys of a domain file say is
// said by them; the rest is under libxl, of the device or of the domain. A
// configuration without a UUID becomes a Domain without, which gets a new one
// each time.
//
// The result is proved: it is written, read and converted back before it is
// returned. The error names what a domain file cannot say, such as a text that
// is not UTF-8, or a number that libxl's own JSON reader drops.
func FromLibxl(cfg *idl.DomainConfig) (*Domain, error) {
	d, err := fromLibxl(cfg)
	if err != nil {
		return nil, fmt.Errorf("write the configuration of domain %q as a domain file: %w", clip(cfg.CInfo.Name), err)
	}
	return d, nil
}

func fromLibxl(cfg *idl.DomainConfig) (*Domain, error) {
	if path := unsayable("", reflect.ValueOf(cfg)); path != "" {
		return nil, Errors{{Field: path, Msg: "is not a text in UTF-8 without NUL", Hint: "a domain file cannot have it"}}
	}
	if err := errors.Join(checkConfig(cfg), idl.CheckNumbers(cfg)); err != nil {
		return nil, err
	}
	t := &taker{offered: map[string]bool{}, refused: map[string]bool{}, config: cfg}
	explicit := map[string]bool{}
	for {
		d, err := t.domain(explicit)
		if err == nil {
			err = checkBack(d, cfg)
		}
		if err == nil {
			return d, nil
		}
		var errs Errors
		if !errors.As(err, &errs) || !t.refuse(errs, explicit) {
			return nil, err
		}
	}
}

// domain takes what is not refused by its keys, and the rest as an overlay.
func (t *taker) domain(explicit map[string]bool) (*Domain, error) {
	d := &Domain{}
	takeAll(t, "", domainLinks(), t.config, d)
	if d.Type == "" {
		return nil, errors.New("it is of no type")
	}
	base, err := d.LibxlConfig()
	if err != nil {
		return nil, err
	}
	if d.UUID == "" {
		base.CInfo.UUID = t.config.CInfo.UUID // a random one
	}
	d.Libxl = overlayOf(base, t.config, explicit)
	return d, nil
}

// checkBack proves that d gives cfg, by way of its file. The error is Errors
// when it is the reader of the file that objects.
func checkBack(d *Domain, cfg *idl.DomainConfig) error {
	data, err := Marshal(d)
	if err != nil {
		return err
	}
	back, err := Parse("", data)
	if err != nil {
		return err
	}
	got, err := back.LibxlConfig()
	if err != nil {
		return err
	}
	if cfg.CInfo.UUID == (idl.UUID{}) {
		got.CInfo.UUID = cfg.CInfo.UUID
	}
	return sameConfig(got, cfg)
}

// refuse does without the keys that the reader does not accept as they are, so
// that what they stand for comes under libxl. What is missing, although the
// configuration has nothing there, is named there as unset. It reports whether
// that can change anything.
func (t *taker) refuse(errs Errors, explicit map[string]bool) bool {
	missing := map[string]string{
		"name": "c_info.name", "memory": "b_info.target_memkb", "kernel": "b_info.kernel", "disks": "disks",
	}
	progress := false
	for _, e := range errs {
		if field := t.holder(e.Field); field != "" {
			t.refused[field], progress = true, true
		} else if member := missing[e.Field]; member != "" && !explicit[member] {
			explicit[member], progress = true, true
		}
	}
	return progress
}

// holder is the key that an error is about, or the nearest one around it that
// can be done without; "" when there is none.
func (t *taker) holder(field string) string {
	for ; field != ""; field = parentField(field) {
		if t.offered[field] && !t.refused[field] && field != "type" {
			return field
		}
	}
	return ""
}
