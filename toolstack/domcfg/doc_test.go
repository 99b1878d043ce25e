package domcfg

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// referencePage is the page that lists the keys of a domain file.
const referencePage = "../../docs/domain-file.md"

// rows is the schema as the page's table has it.
func rows[T any](schema []key[T]) string {
	var b strings.Builder
	b.WriteString("| key | value | default | types | xl.cfg |\n|---|---|---|---|---|\n")
	for _, k := range schema {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | `%s` |\n", k.name, k.kind, k.def, k.guests, k.xl)
	}
	return b.String()
}

// tables is the schemas by the names of their marks.
func tables() map[string]string {
	return map[string]string{
		"domain": rows(domainSchema()), "disk": rows(diskSchema()), "network": rows(networkSchema()), "autostart": rows(autostartSchema()),
		"vnc": rows(keysOf(vncLinks())), "spice": rows(keysOf(spiceLinks())), "sdl": rows(keysOf(sdlLinks())),
		"framebuffer": rows(keysOf(framebufferLinks())), "keyboard": rows(keysOf(keyboardLinks())),
		"scheduler": rows(keysOf(schedulerLinks())), "vnuma": rows(keysOf(vnodeLinks())), "pci": rows(keysOf(pciLinks())),
		"rdm": rows(keysOf(rdmLinks())), "pvshim": rows(keysOf(pvShimLinks())), "channel": rows(keysOf(channelLinks())),
		"usb controller": rows(keysOf(usbControllerLinks())), "usb device": rows(keysOf(usbHostDeviceLinks())),
		"p9": rows(keysOf(p9Links())), "vtpm": rows(keysOf(vtpmLinks())), "pvcalls": rows(keysOf(pvCallsLinks())),
		"device model": rows(keysOf(deviceModelLinks())), "stubdomain": rows(keysOf(stubdomainLinks())), "arm": rows(keysOf(armLinks())),
		"cpuid": rows(keysOf(leafLinks())), "msr": rows(keysOf(msrLinks())),
	}
}

// The page has each table between two marks; -update writes them anew.
func TestReferencePage(t *testing.T) {
	data, err := os.ReadFile(referencePage)
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	for mark, want := range tables() {
		before, rest, ok := strings.Cut(page, "<!-- keys: "+mark+" -->\n")
		table, after, closed := strings.Cut(rest, "<!-- end -->\n")
		if !ok || !closed {
			t.Fatalf("%s has no place for the keys of a %s", referencePage, mark)
		}
		if *update {
			page = before + "<!-- keys: " + mark + " -->\n" + want + "<!-- end -->\n" + after
		} else if table != want {
			t.Errorf("%s: the keys of a %s differ from the schema (go test -update writes them):\n%s", referencePage, mark, want)
		}
	}
	if !*update {
		return
	}
	if err := os.WriteFile(referencePage, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The example on the page must do what the page says it does.
func TestReferencePageExamples(t *testing.T) {
	data, err := os.ReadFile(referencePage)
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(data), "```yaml\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("the page has no example")
	}
	for i, block := range blocks {
		text, _, _ := strings.Cut(block, "```")
		if _, err := Parse(fmt.Sprintf("example %d", i+1), []byte(text)); err != nil {
			t.Error(err)
		}
	}
}

// So must the examples of the pages about several domains.
func TestManyDomainsExamples(t *testing.T) {
	for _, page := range []string{"../../docs/many-domains.md", "../../docs/autostart.md"} {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := strings.Split(string(data), "```yaml\n")[1:]
		if len(blocks) == 0 {
			t.Fatalf("%s has no example", page)
		}
		for i, block := range blocks {
			text, _, _ := strings.Cut(block, "```")
			if _, err := parseAll(fmt.Sprintf("%s, example %d", page, i+1), []byte(text), openIncluded); err != nil {
				t.Error(err)
			}
		}
	}
}
