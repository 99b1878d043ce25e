package main

import (
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// toYAML writes a configuration as a domain file of ours.
func toYAML(config *idl.DomainConfig) ([]byte, error) {
	d, err := domcfg.FromLibxl(config)
	if err != nil {
		return nil, err
	}
	return domcfg.Marshal(d)
}
