package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// stateFormat is the version of the state file.
const stateFormat = 1

// maxState bounds the state file, in bytes.
const maxState = 1 << 20

// state is what a lab's folder records, as state.json.
type state struct {
	Format   int                   `json:"format"`
	CacheDir string                `json:"cache_dir"`
	RunDir   string                `json:"run_dir"`          // sockets
	Image    string                `json:"image"`            // the image's key
	Debian   string                `json:"debian,omitempty"` // the debian guest's key, when the hosts have it
	Accel    string                `json:"accel"`
	AccelWhy string                `json:"accel_why"`
	CPU      string                `json:"cpu"`
	Memory   int                   `json:"memory_mib"`
	Hosts    map[string]*hostState `json:"hosts"`
}

// hostState is one host's process and ways in.
type hostState struct {
	Process process  `json:"process"`
	SSHPort int      `json:"ssh_port"` // on 127.0.0.1
	Ready   bool     `json:"ready"`    // it has booted
	Cut     bool     `json:"cut"`      // its link to the other site is down
	WAN     string   `json:"wan"`      // how its sending direction is shaped
	Command []string `json:"command"`  // what starts it by hand
}

// loadState reads the state of the lab in dir. It fails with ErrNoLab when there is none.
func loadState(dir string) (*state, error) {
	f, err := os.Open(filepath.Join(dir, "state.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("lab %q: %w; \"xenvoy lab up\" makes one", filepath.Base(dir), ErrNoLab)
	}
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	if st.Size() > maxState {
		return nil, fmt.Errorf("lab: %s has %d bytes, that is no state file", f.Name(), st.Size())
	}
	var s state
	if err := json.NewDecoder(f).Decode(&s); err != nil {
		return nil, fmt.Errorf("lab: %s: %w", f.Name(), err)
	}
	if s.Format != stateFormat {
		return nil, fmt.Errorf("lab: %s has format %d, this program knows %d", f.Name(), s.Format, stateFormat)
	}
	return &s, nil
}

// save writes the state of the lab in dir, as a whole or not at all.
func (s *state) save(dir string) error {
	data, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	f, err := os.CreateTemp(dir, "state-*.json")
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(append(data, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, "state.json")); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	return nil
}
