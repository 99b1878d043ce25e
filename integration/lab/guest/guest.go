// Package guest carries the source of the programs that run inside the lab's guests, so that the image build
// can compile them wherever xenvoy itself runs.
package guest

import (
	"embed"
	"io/fs"
)

//go:embed tiny/main.go tiny/dirty.go tiny/serve.go tiny/system.go
var sources embed.FS

// Tiny returns the source of the tiny guest's only program: a main package of the standard library alone.
func Tiny() fs.FS {
	sub, err := fs.Sub(sources, "tiny")
	if err != nil {
		panic(err) // the path is a constant and valid
	}
	return sub
}
