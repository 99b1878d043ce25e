package inspect

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/libxl"
)

const (
	listHeader = "Name                                        ID   Mem VCPUs\tState\tTime(s)"
	dom0Line   = "Domain-0                                     0  1024     2     r-----     123.4" // 123.45 in single precision
	webLine    = "web                                          7   576     1     -b-sc-       1.5"
)

func TestList(t *testing.T) {
	const noSuch = "nosuch is an invalid domain identifier (rc=-6)\n"
	for _, tc := range []struct {
		words          string
		stdout, stderr string
		status         int
	}{
		{"list", listHeader + "\n" + dom0Line + "\n" + webLine + "\n", "", 0},
		{"list web", listHeader + "\n" + webLine + "\n", "", 0},
		{"list 7", listHeader + "\n" + webLine + "\n", "", 0},
		{"list 9", "", "Error: Domain '9' does not exist.\n", 1},
		{"list nosuch", "", noSuch, 1},
		{"list ab000000-0000-0000-0000-000000000001", "", strings.Replace(noSuch, "nosuch", "ab000000-0000-0000-0000-000000000001", 1), 1},
		{"list -v web", listHeader + "   UUID                            Reason-Code\tSecurity Label\n" +
			webLine + " ab000000-0000-0000-0000-000000000001        3                -\n", "", 0},
		{"list -Z 0", listHeader + "   Security Label\n" + dom0Line + " system_u:system_r:dom0_t\n", "", 0},
		{"list -cn", listHeader + "         Cpupool NODE Affinity\n" + dom0Line + "          Pool-0 all\n" + webLine + "            fast 1-2\n", "", 0},
		{"claims", listHeader + "  Claimed\n" + dom0Line + "     0\n" + webLine + "    64\n", "", 0},
		{"sharing", "Name                                        ID   Mem Shared\n" +
			"Domain-0                                     0  1024      0\nweb                                          7   576      3\n", "", 0},
		{"sharing 9", "", "Error: Domain '9' does not exist.\n", 1},
		{"list -x", "", "option `x' not supported.\n", 2},
	} {
		got := run(t, &fake{}, strings.Fields(tc.words)...)
		if got.Stdout != tc.stdout || got.Stderr != tc.stderr || got.Status != tc.status {
			t.Errorf("%s: status %d, stderr %q, stdout\n%s", tc.words, got.Status, got.Stderr, got.Stdout)
		}
	}
	for _, words := range []string{"list web Domain-0", "sharing web Domain-0"} {
		got := run(t, &fake{}, strings.Fields(words)...)
		if got.Status != 1 || got.Stderr != "" || !strings.HasPrefix(got.Stdout, "Usage: xl ") {
			t.Errorf("%s: %+v", words, got)
		}
	}
}

func TestListFails(t *testing.T) {
	for _, tc := range []struct{ words, method, stderr string }{
		{"list", "ListDomains", "libxl_list_domain failed.\n"},
		{"list -n", "PhysInfo", "libxl_physinfo failed.\n"},
		{"sharing", "ListDomains", "libxl_list_domain failed.\n"},
		{"sharing web", "DomainInfo", "libxl_domain_info failed (code -3).\n"},
		{"vm-list", "ListVMs", "libxl_list_vm failed.\n"},
	} {
		f := &fake{fail: map[string]error{tc.method: libxl.ErrFail}}
		if got := run(t, f, strings.Fields(tc.words)...); got.Status != 1 || got.Stderr != tc.stderr || got.Stdout != "" {
			t.Errorf("%s: %+v", tc.words, got)
		}
	}
}

// Without libxl the list is the same.
func TestListQuick(t *testing.T) {
	all := []toolstack.DomainInfo{
		{Name: "Domain-0", MemoryKiB: 1024 << 10, VCPUs: 2, Running: true, CPUTime: 123450 * time.Millisecond, Type: "pv"},
		{Name: "web", ID: 7, UUID: "u", MemoryKiB: 512 << 10, OutstandingKiB: 64 << 10, VCPUs: 1, Blocked: true, Shutdown: true,
			Reason: toolstack.ShutdownCrash, CPUTime: 1500 * time.Millisecond, Type: "pvh"},
	}
	x := xltest.Bench{Commands: Commands(), OpenList: func() (toolstack.Lister, error) { return lister{all: all}, nil }}
	for words, want := range map[string]xltest.Result{
		"list":         {Stdout: listHeader + "\n" + dom0Line + "\n" + webLine + "\n"},
		"list 9":       {Stderr: "Error: Domain '9' does not exist.\n", Status: 1},
		"list u":       {Stderr: "u is an invalid domain identifier (rc=-6)\n", Status: 1},
		"claims":       {Stdout: listHeader + "  Claimed\n" + dom0Line + "     0\n" + webLine + "    64\n"},
		"domid web":    {Stdout: "7\n"},
		"domid nosuch": {Stderr: "Can't get domid of domain name 'nosuch', maybe this domain does not exist.\n", Status: 1},
	} {
		if got := x.XL(t, strings.Fields(words)...); got != want {
			t.Errorf("%s: %+v", words, got)
		}
	}
	got := x.Xenvoy(t, "json", "list", "u", "web")
	var rows []struct {
		Name   string
		Type   string
		Memory int    `json:"memory_mib"`
		Reason string `json:"shutdown_reason"`
	}
	if err := errors.Join(got.Err, json.Unmarshal([]byte(got.Stdout), &rows)); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[1] != rows[0] || rows[0].Type != "pvh" || rows[0].Memory != 576 || rows[0].Reason != "crash" {
		t.Errorf("%+v", rows)
	}
}

// What only libxl can do is left to it; other errors are the user's when nothing is passed over.
func TestListNeedsLibxl(t *testing.T) {
	for _, tc := range []struct {
		err      error
		strictOK bool
	}{{xen.ErrOtherRelease, true}, {os.ErrPermission, false}} {
		x := xltest.Bench{Commands: Commands(), Xen: &fake{}, OpenList: func() (toolstack.Lister, error) { return lister{err: tc.err}, nil }}
		if got := x.XL(t, "list", "web"); got.Stdout != listHeader+"\n"+webLine+"\n" || got.Status != 0 {
			t.Errorf("%v: %+v", tc.err, got)
		}
		if err := x.Xenvoy(t, "table", "list", "web").Err; (err == nil) != tc.strictOK || err != nil && !errors.Is(err, tc.err) {
			t.Errorf("strictly: %v", err)
		}
	}
}

func TestClaimsWithoutClaimMode(t *testing.T) {
	x := xltest.Bench{Commands: Commands(), Xen: &fake{}, Conf: "claim_mode=0\n"}
	if got := x.XL(t, "claims"); got.Stderr != "claim_mode not enabled (see man xl.conf).\n" || got.Status != 0 || got.Stdout == "" {
		t.Errorf("%+v", got)
	}
}
