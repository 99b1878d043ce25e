package libvirtcfg

import (
	"strings"
)

// printElements writes a tree as virsh does: two blanks for each level, single quotes,
// and no end for what is empty.
func printElements(root *element) []byte {
	var b strings.Builder
	prefixes := map[string]string{}
	findSpaces(root, prefixes)
	printElement(&b, root, 0, prefixes)
	return []byte(b.String())
}

// spaces is libvirt's prefixes for its namespaces.
func spaces() map[string]string {
	return map[string]string{"http://libvirt.org/schemas/domain/xen/1.0": "xen"}
}

func findSpaces(e *element, prefixes map[string]string) {
	if space, _, ok := strings.Cut(e.name, " "); ok {
		prefixes[space] = spaces()[space]
	}
	for _, c := range e.children {
		findSpaces(c, prefixes)
	}
}

func printElement(b *strings.Builder, e *element, depth int, prefixes map[string]string) {
	indent := strings.Repeat("  ", depth)
	name := e.name
	if space, local, ok := strings.Cut(name, " "); ok {
		name = prefixes[space] + ":" + local
	}
	b.WriteString(indent + "<" + name)
	for _, a := range e.attrs {
		b.WriteString(" " + a.name + "='" + escape(a.value, true) + "'")
	}
	if depth == 0 {
		for space, prefix := range prefixes {
			b.WriteString(" xmlns:" + prefix + "='" + space + "'")
		}
	}
	text := strings.TrimSpace(e.text)
	switch {
	case len(e.children) > 0:
		b.WriteString(">\n")
		for _, c := range e.children {
			printElement(b, c, depth+1, prefixes)
		}
		b.WriteString(indent + "</" + name + ">\n")
	case text != "":
		b.WriteString(">" + escape(text, false) + "</" + name + ">\n")
	default:
		b.WriteString("/>\n")
	}
}

// escape writes text as XML. In an attribute, a line's end would be read as a blank.
func escape(text string, attribute bool) string {
	pairs := []string{"&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;"}
	if attribute {
		pairs = append(pairs, "'", "&apos;", "\n", "&#10;", "\t", "&#9;")
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
