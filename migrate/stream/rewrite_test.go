package stream

import (
	"bytes"
	"testing"
)

func TestRewriteIsIdentical(t *testing.T) {
	for name, data := range streams(t) {
		var out bytes.Buffer
		if err := Rewrite(&out, bytes.NewReader(data), ReaderOptions{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(out.Bytes(), data) {
			t.Errorf("%s: %d bytes became %d", name, len(data), out.Len())
		}
	}
}
