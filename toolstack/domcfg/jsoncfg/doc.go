// Package jsoncfg reads libxl's own JSON of a domain's configuration: what
// `xl create -n` and `xenvoy config convert --to json` print.
//
//	d, err := jsoncfg.Load("web.json")    // err: domcfg.Errors, all at once
//	config, err := d.LibxlConfig()
//
// It is read strictly, as libxl's own parser does not: a member that libxl does
// not have, one that is there twice, and a value that does not fit are errors with
// their places. Which release of Xen has a member is not looked at here
// (idl.Newer).
package jsoncfg
