package image

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// moduleClosure returns the files of the named kernel modules and of all that they need, relative to
// root/lib/modules/release, in an order in which insmod takes them. A module that the kernel has built in
// is left out; one that it does not have at all is an error.
func moduleClosure(modDir string, names []string) ([]string, error) {
	deps, err := readModulesDep(filepath.Join(modDir, "modules.dep"))
	if err != nil {
		return nil, err
	}
	builtin, err := os.ReadFile(filepath.Join(modDir, "modules.builtin"))
	if err != nil {
		return nil, fmt.Errorf("kernel modules: %w", err)
	}
	byName := make(map[string]string, len(deps))
	for file := range deps {
		byName[moduleName(file)] = file
	}
	var order []string
	done := make(map[string]bool)
	var add func(file string)
	add = func(file string) {
		if done[file] {
			return
		}
		done[file] = true
		for _, d := range deps[file] {
			add(d)
		}
		order = append(order, file)
	}
	for _, n := range names {
		file, ok := byName[moduleName(n)]
		if ok {
			add(file)
		} else if !hasBuiltin(string(builtin), n) {
			return nil, fmt.Errorf("kernel modules: no module %q in %s", n, modDir)
		}
	}
	return order, nil
}

// readModulesDep reads depmod's "file: file file…" table.
func readModulesDep(path string) (map[string][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("kernel modules: %w", err)
	}
	defer f.Close()
	deps := make(map[string][]string)
	for sc := bufio.NewScanner(f); ; {
		if !sc.Scan() {
			return deps, sc.Err()
		}
		file, needs, ok := strings.Cut(sc.Text(), ":")
		if !ok {
			return nil, fmt.Errorf("kernel modules: %s: no colon in %q", path, sc.Text())
		}
		deps[file] = strings.Fields(needs)
	}
}

func hasBuiltin(list, name string) bool {
	for line := range strings.Lines(list) {
		if moduleName(strings.TrimSpace(line)) == moduleName(name) {
			return true
		}
	}
	return false
}

// packedModule is the suffix of a module as Debian 13 has it.
const packedModule = ".xz"

// moduleName is the name without folder and suffix; the kernel takes - and _ as the same.
func moduleName(file string) string {
	name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(file), packedModule), ".ko")
	return strings.ReplaceAll(name, "-", "_")
}

// readModule reads a module's file, unpacked by the busybox of the system in root: Go has no XZ.
func readModule(ctx context.Context, root, path string) ([]byte, error) {
	if !strings.HasSuffix(path, packedModule) {
		return os.ReadFile(path)
	}
	data, err := exec.CommandContext(ctx, busyboxIn(root), "xzcat", path).Output()
	if err != nil {
		return nil, fmt.Errorf("kernel modules: %s: %w", path, err)
	}
	return data, nil
}
