package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// DomainConfig is the configuration in the header; nil if it has none. It returns an
// [*Error] for what is not libxl's JSON. Members that this version of libxl does not
// know are ignored, as libxl does.
func (h *XLHeader) DomainConfig() (*idl.DomainConfig, error) {
	if len(h.Config) == 0 {
		return nil, nil
	}
	config := &idl.DomainConfig{}
	if err := json.Unmarshal(h.Config, config); err != nil {
		return nil, xlError(RuleXLConfig, "configuration: %v", err)
	}
	return config, nil
}

// checkXLConfig holds the configuration to all rules, and returns the guest's type in
// it, or "".
func checkXLConfig(h *XLHeader) (string, error) {
	if h.Mandatory&xlFlagJSON == 0 {
		return "", nil
	}
	text := h.Data
	if len(text) >= 4 {
		text = text[4:]
	}
	if end := bytes.IndexByte(text, 0); end != len(h.Config) || end <= 0 {
		return "", xlError(RuleXLConfig, "the configuration does not end with the only NUL")
	}
	config, err := h.DomainConfig()
	if err != nil {
		return "", err
	}
	kind := config.CInfo.Type.String()
	if kind != "pv" && kind != "pvh" && kind != "hvm" {
		kind = ""
	}
	return kind, nil
}

// xlCut makes an [*Error] of a header that was cut off.
func xlCut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return xlError(RuleTruncated, "the header is cut off")
	}
	return err
}
