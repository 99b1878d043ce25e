package inspect

import (
	"errors"
	"io/fs"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
)

// The values of output_format in xl.conf.
const (
	formatJSON = "json"
	formatSXP  = "sxp"
)

// outputFormat is how xl.conf wants configurations printed.
func outputFormat(c *xl.Call) (string, error) {
	f, err := xlcfg.Load(confPath(c))
	if errors.Is(err, fs.ErrNotExist) {
		return formatJSON, nil
	}
	if err != nil {
		return "", err
	}
	s := f.Lookup("output_format")
	switch {
	case s == nil, s.Value.IsList, s.Value.Text == formatJSON:
		return formatJSON, nil
	case s.Value.Text == formatSXP:
		return formatSXP, nil
	}
	c.Warnf("invalid default output format \"%s\"", s.Value.Text)
	return formatJSON, nil
}

// claimMode says whether new domains claim their memory before they take it.
func claimMode(c *xl.Call) (bool, error) {
	var h xlcfg.Host
	_, err := h.LoadConf(confPath(c))
	return !h.NoClaim, err
}

func confPath(c *xl.Call) string {
	if c.ConfPath == "" {
		return xlcfg.ConfPath
	}
	return c.ConfPath
}
