package image

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// tree is a folder of Debian packages, as mmdebstrap makes it.
type tree struct {
	suite    string
	variant  string   // mmdebstrap's: minbase, or extract for files alone, without any script run
	packages []string // beyond the variant's own
	excluded []string // paths that the packages bring and nobody needs
	env      []string
}

// make fills root. Every package is verified by apt, with the machine's own copy of Debian's keys.
func (t tree) make(ctx context.Context, root string) error {
	args := []string{
		"--quiet", "--mode=root", "--variant=" + t.variant, "--format=directory",
		"--include=" + strings.Join(t.packages, ","),
	}
	for _, p := range t.excluded {
		args = append(args, "--dpkgopt=path-exclude="+p)
	}
	args = append(append(args, t.suite, root), t.sources(ctx)...)
	// INITRD=No: the kernel's package need not build a ramdisk that nothing boots.
	return run(ctx, append(t.env, "INITRD=No"), "mmdebstrap", args...)
}

// keyring is Debian's own, of package debian-archive-keyring. It holds the keys of releases newer than its own too:
// that of bookworm those of trixie, in version 2023.3+deb12u2.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// sources are the tree's apt sources: those of this machine's mirrors, for the tree's suite. They are empty, and
// mmdebstrap takes its own defaults, where apt is not set up for Debian.
func (t tree) sources(ctx context.Context) []string {
	if _, err := os.Stat(keyring); err != nil {
		return nil
	}
	cmd := exec.CommandContext(ctx, "apt-get", "indextargets", "--format=$(REPO_URI) $(LABEL)",
		"Created-By: Packages", "Origin: Debian", "Component: main")
	out, err := cmd.Output()
	if err != nil {
		return nil
	}
	return t.sourcesFrom(string(out))
}

// sourcesFrom makes the sources of lines "URI LABEL", one for each of the machine's own sources.
func (t tree) sourcesFrom(targets string) []string {
	mirror := make(map[string]string) // by label, the first one
	for line := range strings.Lines(targets) {
		uri, label, _ := strings.Cut(strings.TrimSpace(line), " ")
		if _, ok := mirror[label]; !ok {
			mirror[label] = uri
		}
	}
	const base, security = "Debian", "Debian-Security" // as Debian's Release files say
	if mirror[base] == "" || mirror[security] == "" {
		return nil
	}
	line := func(label, suite string) string {
		return fmt.Sprintf("deb [signed-by=%s] %s %s main", keyring, mirror[label], suite)
	}
	return []string{line(base, t.suite), line(base, t.suite+"-updates"), line(security, t.suite+"-security")}
}
