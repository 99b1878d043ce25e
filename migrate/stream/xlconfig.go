package stream

import (
	"bytes"
	"encoding/binary"
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
		if bytes.ContainsFunc(h.Data, func(r rune) bool { return r != 0 }) {
			return "", xlError(RuleXLConfig, "there is data, and no flag says what it is")
		}
		return "", nil
	}
	// ReadXLHeader has found room for the text.
	var text []byte
	if len(h.Data) >= 4 {
		text = h.Data[4 : 4+binary.LittleEndian.Uint32(h.Data)]
	}
	if end := bytes.IndexByte(text, 0); end < 1 || end != len(text)-1 {
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
