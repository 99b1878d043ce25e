package libvirtcfg

import (
	"bytes"
	"unicode/utf8"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

// places turns offsets into lines and columns. Offsets come in ascending order, so that
// a file is counted once.
type places struct {
	data []byte
	last int
	pos  domcfg.Position
}

func newPlaces(data []byte, file string) *places {
	return &places{data: data, pos: domcfg.Position{File: file, Line: 1, Column: 1}}
}

// at is the place of an offset; of one before the last, the last.
func (p *places) at(offset int64) domcfg.Position {
	end := max(p.last, min(int(offset), len(p.data)))
	passed := p.data[p.last:end]
	if n := bytes.Count(passed, []byte{'\n'}); n > 0 {
		p.pos.Line += n
		p.pos.Column = 1
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
	}
	p.pos.Column += utf8.RuneCount(passed)
	p.last = end
	return p.pos
}
