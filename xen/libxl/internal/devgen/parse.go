package main

import (
	"fmt"
	"regexp"
	"strings"
)

// A verb is what is done with a device: the end of the C function's name.
type verb string

const (
	add      verb = "add"
	remove   verb = "remove"
	destroy  verb = "destroy"
	list     verb = "list"
	listFree verb = "list_free"
	getinfo  verb = "getinfo"
)

// shapes has, for each verb, the types that its functions have; K is the kind.
var shapes = map[verb]string{
	add:      "int(libxl_ctx*,uint32_t,libxl_device_K*,const libxl_asyncop_how*)",
	remove:   "int(libxl_ctx*,uint32_t,libxl_device_K*,const libxl_asyncop_how*)",
	destroy:  "int(libxl_ctx*,uint32_t,libxl_device_K*,const libxl_asyncop_how*)",
	list:     "libxl_device_K*(libxl_ctx*,uint32_t,int*)",
	listFree: "void(libxl_device_K*,int)",
	getinfo:  "int(libxl_ctx*,uint32_t,const libxl_device_K*,libxl_Kinfo*)",
}

// byHand names functions whose name fits and whose shape does not.
var byHand = map[string]bool{
	"libxl_device_9pfs_add": true, // takes a libxl_device_p9, and older releases lack it
}

// functions has each kind's prototypes by verb.
type functions map[string]map[verb]string

var (
	comment   = regexp.MustCompile(`(?s)/\*.*?\*/`)
	directive = regexp.MustCompile(`(?m)^[ \t]*#(.*\\\n)*.*$`)
	blank     = regexp.MustCompile(`\s+`)
	prototype = regexp.MustCompile(`^([\w *]+?) ?\b(libxl_device_([a-z0-9]+)_(add|remove|destroy|list|list_free|getinfo)) ?\((.*)\)$`)
	lastWord  = regexp.MustCompile(`\w+$`)
	beside    = regexp.MustCompile(` ?\* ?`)
)

// parse returns the functions for devices that a header declares.
func parse(header string) (functions, error) {
	found := functions{}
	header = comment.ReplaceAllString(header, " ")
	header = directive.ReplaceAllString(header, " ")
	for statement := range strings.SplitSeq(header, ";") {
		statement = strings.ReplaceAll(statement, "LIBXL_EXTERNAL_CALLERS_ONLY", "")
		statement = strings.TrimSpace(blank.ReplaceAllString(statement, " "))
		m := prototype.FindStringSubmatch(statement)
		if m == nil || byHand[m[2]] {
			continue
		}
		kind, v := m[3], verb(m[4])
		want := strings.ReplaceAll(shapes[v], "K", kind)
		if got := shape(m[1], m[5]); got != want {
			return nil, fmt.Errorf("%s: its types are %s, not %s", m[2], got, want)
		}
		if found[kind] == nil {
			found[kind] = map[verb]string{}
		}
		found[kind][v] = statement
	}
	return found, complete(found)
}

// shape returns the types of a prototype, without the parameters' names.
func shape(result, parameters string) string {
	types := strings.Split(parameters, ",")
	for i, t := range types {
		t = beside.ReplaceAllString(strings.TrimSpace(t), "*")
		if !strings.HasSuffix(t, "*") { // else it has no name
			t = lastWord.ReplaceAllString(t, "")
		}
		types[i] = strings.TrimSpace(t)
	}
	return beside.ReplaceAllString(result, "*") + "(" + strings.Join(types, ",") + ")"
}

// complete checks that the table and the header have the same kinds, and that lists
// can be freed.
func complete(found functions) error {
	known := map[string]bool{}
	for _, k := range kinds {
		known[k.name] = true
		f := found[k.name]
		if f == nil {
			return fmt.Errorf("there are no functions for devices of the kind %q", k.name)
		}
		lists, frees := f[list] != "", f[listFree] != ""
		if lists && !frees && k.listFree == "" || frees && !lists {
			return fmt.Errorf("libxl_device_%s_list and its _list_free are not both there", k.name)
		}
	}
	for name := range found {
		if !known[name] {
			return fmt.Errorf("devices of the kind %q are not in the table", name)
		}
	}
	return nil
}
