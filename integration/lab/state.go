package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// stateFormat is the version of the state file.
const stateFormat = 2

// maxState bounds the state file, in bytes.
const maxState = 1 << 20

// state is what a lab's folder records, as state.json.
type state struct {
	Format   int                   `json:"format"`
	CacheDir string                `json:"cache_dir"`
	RunDir   string                `json:"run_dir"`          // sockets
	Dom0     map[string]dom0       `json:"dom0"`             // what each host boots
	Debian   string                `json:"debian,omitempty"` // the debian guest's key, when the hosts have it
	Accel    string                `json:"accel"`
	AccelWhy string                `json:"accel_why"`
	CPU      string                `json:"cpu"`
	CPUs     int                   `json:"cpus,omitempty"`
	Spare    bool                  `json:"spare,omitempty"`
	Memory   int                   `json:"memory_mib"`
	Hosts    map[string]*hostState `json:"hosts"`
}

// dom0 is what a host boots.
type dom0 struct {
	Xen   string `json:"xen"`   // release
	Image string `json:"image"` // the image's key
}

// release is the Xen that a host of a lab has, or would have: that of the lab's first one. It is "" without a lab.
func (s *state) release(host string) string {
	if s == nil {
		return ""
	}
	if d, ok := s.Dom0[host]; ok {
		return d.Xen
	}
	return s.Dom0[hostNames[0]].Xen
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
	var s struct {
		state
		Image string `json:"image"` // format 1: one image for all hosts
	}
	if err := json.NewDecoder(f).Decode(&s); err != nil {
		return nil, fmt.Errorf("lab: %s: %w", f.Name(), err)
	}
	if s.Format == 1 {
		s.Format, s.Dom0 = stateFormat, make(map[string]dom0)
		for host := range s.Hosts {
			s.Dom0[host] = dom0{Xen: "4.17", Image: s.Image} // there was no other
		}
	}
	if s.Format != stateFormat {
		return nil, fmt.Errorf("lab: %s has format %d, this program knows %d", f.Name(), s.Format, stateFormat)
	}
	return &s.state, nil
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
