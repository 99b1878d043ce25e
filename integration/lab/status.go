package lab

// Status is what a lab looks like from outside.
type Status struct {
	Name  string       `json:"name"`
	Accel string       `json:"accel"`     // tcg: software emulation; kvm
	Why   string       `json:"accel_why"` // what decided between them
	CPU   string       `json:"cpu"`
	Image string       `json:"image"` // folder of the first host's
	Hosts []HostStatus `json:"hosts"`
}

// HostStatus is one host in a Status.
type HostStatus struct {
	Name      string `json:"name"`
	Xen       string `json:"xen"`   // release
	Image     string `json:"image"` // folder of dom0's image
	State     string `json:"state"` // running, booting, off
	Address   string `json:"address"`
	MemoryMiB int    `json:"memory_mib"`
	PID       int    `json:"pid"`      // of its QEMU; 0 when off
	SSHPort   int    `json:"ssh_port"` // on 127.0.0.1; 0 when off
	Link      string `json:"link"`     // up, cut
	WAN       string `json:"wan"`      // how its sending direction is shaped
}

// Status reads the lab's state anew. It fails with ErrNoLab after Down.
func (l *Lab) Status() (Status, error) {
	if err := l.reload(); err != nil {
		return Status{}, err
	}
	s := Status{Name: l.Name, Accel: l.st.Accel, Why: l.st.AccelWhy, CPU: l.st.CPU}
	for _, h := range l.Hosts() {
		s.Hosts = append(s.Hosts, h.status())
	}
	if len(s.Hosts) > 0 {
		s.Image = s.Hosts[0].Image
	}
	return s, nil
}

func (h *Host) status() HostStatus {
	rec, m := h.lab.host(h.Name), h.lab.machine(h.Name)
	s := HostStatus{
		Name: h.Name, Xen: h.Xen(), Image: m.Image.Dir, State: "off", Address: m.address(), MemoryMiB: m.Memory,
		Link: "up", WAN: rec.WAN,
	}
	if rec.Cut {
		s.Link = "cut"
	}
	if rec.Process.alive() {
		s.State, s.PID, s.SSHPort = "booting", rec.Process.PID, rec.SSHPort
		if rec.Ready {
			s.State = "running"
		}
	}
	return s
}
