package xenlog

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// MaxKept bounds what one error carries.
const MaxKept = 200

// Keep adds a record to those that an error of the call is to carry; the oldest go first.
func Keep(records []Record, r Record) []Record {
	if len(records) == MaxKept {
		records = slices.Delete(records, 0, 1)
	}
	return append(records, r)
}

// Telling returns the first record of level error or above, nil when there is none: the
// libraries log the cause first, and then each caller on the way up.
func Telling(records []Record) *Record {
	for i := range records {
		if records[i].Level >= LevelError {
			return &records[i]
		}
	}
	return nil
}

// WriteTelling adds the telling record to an error's text, in one line.
func WriteTelling(b *strings.Builder, records []Record) {
	if r := Telling(records); r != nil {
		b.WriteString(": " + strings.Join(strings.Fields(r.Text), " "))
	}
}

// Format is the Format of an error that carries records: one line for %v and %s, and all
// records after it for %+v.
func Format(f fmt.State, verb rune, err error, records []Record) {
	switch verb {
	case 'v', 's':
		io.WriteString(f, err.Error())
	case 'q':
		fmt.Fprintf(f, "%q", err.Error())
	default:
		fmt.Fprintf(f, "%%!%c(%T=%s)", verb, err, err.Error())
	}
	if verb == 'v' && f.Flag('+') {
		for _, r := range records {
			fmt.Fprintf(f, "\n\t%v", r)
		}
	}
}
