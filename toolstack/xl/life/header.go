package life

import (
	"encoding/json"
	"io"

	"github.com/xenvoy/xenvoy/migrate/stream"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// writeHeader writes what stands before a guest's state in a file or on a wire, named target.
func writeHeader(c *xl.Call, w io.Writer, cfg *idl.DomainConfig, target string) error {
	text, err := xl.LibxlJSON(cfg)
	if err != nil {
		return xl.Failf(xl.StatusFailed, "unable to convert config file to JSON: %w", err)
	}
	h, err := stream.WriteXLHeader(w, text)
	if err != nil {
		return xl.Failf(xl.StatusFailed, "cannot write the header to %s: %w", target, err)
	}
	say(c, "Saving to %s new xl format (info 0x%x/0x%x/%d)", target, h.Mandatory, h.Optional, h.DataLen)
	return nil
}

// readHeader reads it, and nothing behind it. The configuration is nil when there is none. The
// error is a *Failure with create's status for it.
func readHeader(c *xl.Call, r io.Reader, source string) (*idl.DomainConfig, error) {
	h, err := stream.ReadXLHeader(r)
	if err != nil {
		return nil, xl.Failf(statusInval, "%s: %w", source, err)
	}
	say(c, "Loading new save file %s (new xl fmt info 0x%x/0x%x/%d)", source, h.Mandatory, h.Optional, h.DataLen)
	if len(h.Config) == 0 {
		return nil, nil
	}
	say(c, " Savefile contains xl domain config in JSON format")
	cfg := &idl.DomainConfig{}
	if err := json.Unmarshal(h.Config, cfg); err != nil {
		return nil, xl.Failf(statusInval, "%s: the configuration in it: %w", source, err)
	}
	if cfg.CInfo.Name == "" {
		return nil, xl.Failf(statusInval, "%s: the configuration in it has no name", source)
	}
	return cfg, nil
}
