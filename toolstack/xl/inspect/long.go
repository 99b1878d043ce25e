package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A Configured is a domain of the long list: its domid and its config, in libxl's own JSON.
type Configured struct {
	DomID  idl.DomID       `json:"domid"`
	Config json.RawMessage `json:"config"`
}

// long prints configurations. One that cannot be had is left out, as xl does; a Strict session
// leaves out only that of a domain which has ended meanwhile.
func long(ctx context.Context, c *xl.Call, all []toolstack.DomainInfo) error {
	found := []Configured{}
	for _, d := range all {
		config, err := c.Xen.DomainConfigurationText(ctx, idl.DomID(d.ID))
		switch {
		case err == nil:
			found = append(found, Configured{idl.DomID(d.ID), config})
		case ctx.Err() != nil, c.Strict && !errors.Is(err, libxl.ErrDomainNotFound):
			return err
		}
	}
	if c.Conf.SXP {
		return longSXP(ctx, c, found)
	}
	text, err := xl.LibxlJSON(found)
	if err != nil {
		return err
	}
	return c.Show(found, string(text)+"\n")
}

// longSXP prints what it can, as xl does, before it says what it cannot.
func longSXP(ctx context.Context, c *xl.Call, found []Configured) error {
	var b strings.Builder
	for _, d := range found {
		uuid := ""
		info, err := c.Xen.DomainInfo(ctx, d.DomID)
		switch {
		case err == nil:
			uuid = info.UUID.String()
		case !errors.Is(err, libxl.ErrDomainNotFound):
			return err
		}
		var config idl.DomainConfig
		if err := json.Unmarshal(d.Config, &config); err != nil {
			return err
		}
		text, err := xl.SXP(int64(d.DomID), uuid, &config)
		b.WriteString(text)
		if err != nil {
			return c.Partly(found, b.String(), err)
		}
	}
	return c.Show(found, b.String())
}
