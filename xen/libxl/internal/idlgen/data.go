package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// data holds what each release says: the output of "idlgen scan".
//
//go:embed releases/*.json
var data embed.FS

// maxData is the size in bytes of the largest data file that is read; libxl's types
// need a twentieth of it.
const maxData = 2 << 20

// A DataError is a data file that says what no release of libxl could.
type DataError struct {
	Release version // zero when the file does not say
	Where   string  // such as "libxl_device_nic.devid"; "" for the file as a whole
	Reason  string
}

// Error names the place and the reason.
func (e *DataError) Error() string {
	var b strings.Builder
	if e.Release != (version{}) {
		fmt.Fprintf(&b, "Xen %v: ", e.Release)
	}
	if e.Where != "" {
		fmt.Fprintf(&b, "%s: ", e.Where)
	}
	b.WriteString(e.Reason)
	return b.String()
}

// readAll reads and checks the data of every release, oldest first.
func readAll(files fs.FS) ([]*release, error) {
	names, err := fs.Glob(files, "releases/*.json")
	if err != nil {
		return nil, err
	}
	var all []*release
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		r, err := readRelease(text)
		if err == nil && name != "releases/"+r.Release.String()+".json" {
			err = &DataError{Release: r.Release, Reason: "the file's name is that of another release"}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *release) int { return a.Release.number() - b.Release.number() })
	return all, nil
}

// readRelease reads one release's data. Its errors are of type [*DataError].
func readRelease(text []byte) (*release, error) {
	if len(text) > maxData {
		return nil, &DataError{Reason: fmt.Sprintf("%d bytes, at most %d are read", len(text), maxData)}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	r := &release{}
	if err := d.Decode(r); err != nil {
		return nil, &DataError{Reason: fmt.Sprintf("%.200s", err.Error())}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &DataError{Release: r.Release, Reason: "text after the end"}
	}
	return r, r.check()
}

// text returns the data file, with a line for each value and each member.
func (r *release) text() ([]byte, error) {
	w := &lines{}
	w.add("{")
	w.add("\t\"release\": %s,", w.json(r.Release))
	w.add("\t\"enums\": [")
	for i, e := range r.Enums {
		w.open("\t\t", enum{Name: e.Name}, "values")
		for j, v := range e.Values {
			w.add("\t\t\t%s%s", w.json(v), comma(j, len(e.Values)))
		}
		w.add("\t\t]}%s", comma(i, len(r.Enums)))
	}
	w.add("\t],")
	w.add("\t\"structs\": [")
	for i, t := range r.Structs {
		w.open("\t\t", structure{Name: t.Name, Plain: t.Plain}, "members")
		w.members("\t\t\t", t.Members)
		w.add("\t\t]}%s", comma(i, len(r.Structs)))
	}
	w.add("\t]")
	w.add("}")
	return w.b.Bytes(), w.err
}

// lines collects the text of a data file.
type lines struct {
	b   bytes.Buffer
	err error
}

func (w *lines) add(format string, args ...any) { fmt.Fprintf(&w.b, format+"\n", args...) }

// json returns v's JSON in one line.
func (w *lines) json(v any) string {
	text, err := json.Marshal(v)
	w.err = errors.Join(w.err, err)
	return string(text)
}

// open writes the head of v, whose last member is the list that follows.
func (w *lines) open(indent string, v any, list string) {
	head := strings.TrimSuffix(strings.TrimSuffix(w.json(v), "}"), `,"`+list+`":null`)
	w.add("%s%s,\"%s\":[", indent, head, list)
}

func (w *lines) members(indent string, members []member) {
	for i, m := range members {
		end := comma(i, len(members))
		switch {
		case m.Members != nil:
			w.open(indent, member{Name: m.Name}, "members")
			w.members(indent+"\t", m.Members)
			w.add("%s]}%s", indent, end)
		case m.Arms != nil:
			w.open(indent, member{Name: m.Name, Key: m.Key, KeyType: m.KeyType}, "arms")
			w.arms(indent+"\t", m.Arms)
			w.add("%s]}%s", indent, end)
		default:
			w.add("%s%s%s", indent, w.json(m), end)
		}
	}
}

func (w *lines) arms(indent string, arms []arm) {
	for i, a := range arms {
		end := comma(i, len(arms))
		if a.Members == nil {
			w.add("%s%s%s", indent, w.json(a), end)
			continue
		}
		w.open(indent, arm{Value: a.Value}, "members")
		w.members(indent+"\t", a.Members)
		w.add("%s]}%s", indent, end)
	}
}

// comma separates element i of n from the next.
func comma(i, n int) string {
	if i == n-1 {
		return ""
	}
	return ","
}
