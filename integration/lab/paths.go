package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sync"
)

// maxSocketDir is the longest folder that sockets fit in: a socket's path has 107 bytes (unix(7)), and ssh adds
// 17 random ones to the name of its own while it makes it.
const maxSocketDir = 107 - 17 - len("/a.link")

var labName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`) })

// CacheDir is where images and snapshots are kept: $XENVOY_CACHE, or xenvoy/lab in the user's cache folder.
func CacheDir() (string, error) {
	if d := os.Getenv("XENVOY_CACHE"); d != "" {
		return filepath.Abs(d)
	}
	d, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("lab: %w (or set XENVOY_CACHE)", err)
	}
	return filepath.Join(d, "xenvoy", "lab"), nil
}

// StateDir is where running labs are recorded: $XENVOY_STATE, or xenvoy/lab in $XDG_STATE_HOME, or in ~/.local/state.
func StateDir() (string, error) {
	if d := os.Getenv("XENVOY_STATE"); d != "" {
		return filepath.Abs(d)
	}
	if d := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "xenvoy", "lab"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("lab: %w (or set XENVOY_STATE)", err)
	}
	return filepath.Join(home, ".local", "state", "xenvoy", "lab"), nil
}

// socketDir returns dir itself where sockets fit in it, and else a new short folder.
func socketDir(dir string) (string, error) {
	if len(dir) <= maxSocketDir {
		return dir, nil
	}
	short, err := os.MkdirTemp("", "xenvoy-lab-")
	if err != nil {
		return "", fmt.Errorf("lab: folder for sockets: %w", err)
	}
	return short, nil
}
