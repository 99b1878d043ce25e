package idl_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/libxl/internal/idlfill"
)

// TestFilledTypesSurvive decodes what it encoded, with every member of every type set.
func TestFilledTypesSurvive(t *testing.T) {
	for _, sample := range idl.AllTypes() {
		typ := reflect.TypeOf(sample).Elem()
		for seed := range uint64(8) {
			want := reflect.New(typ).Interface()
			idlfill.Fill(want, seed)
			text, err := json.Marshal(want)
			if err != nil {
				t.Fatalf("%s: %v", typ.Name(), err)
			}
			got := reflect.New(typ).Interface()
			if err := json.Unmarshal(text, got); err != nil {
				t.Fatalf("%s: %v\n%s", typ.Name(), err, text)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s changed on its way:\n%s", typ.Name(), text)
			}
		}
	}
}
