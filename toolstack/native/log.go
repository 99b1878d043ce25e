package native

import (
	"github.com/rs/zerolog"

	"github.com/xenvoy/xenvoy/xen/libxl"
)

// Log passes on what libxl logs. Errors travel inside the error of their
// call, so here they are for the curious.
func Log(log zerolog.Logger, r libxl.Record) {
	if r.Progress != nil {
		return
	}
	log.Debug().Str("from", r.Context).Stringer("xen_level", r.Level).Msg(r.Text)
}
