//go:build lab

package integration

import (
	"regexp"
	"testing"

	"github.com/xenvoy/xenvoy/integration/lab"
)

// noHVM runs the product on a host whose CPU has no AMD-V: it must say so and
// why, refuse what needs it, and run what does not.
func noHVM(t *testing.T) {
	bin := build(t, lab.DefaultXen)
	l := lab.Start(t, lab.Options{Hosts: 1, CPU: "qemu64,-svm"})
	h, err := l.Host("a")
	if err != nil {
		t.Fatal(err)
	}
	a := &site{h, "a"}
	a.provide(t, bin)
	why := regexp.MustCompile(`cannot run (HVM and PVH|hvm|pvh) guests: the CPU offers neither VT-x nor SVM`)
	for _, c := range []struct {
		argv []string
		code int
	}{
		{[]string{"xenvoy", "info"}, 0},
		{[]string{"xenvoy", "create", domainFile("tiny-hvm")}, 2},
		{[]string{"xenvoy", "create", domainFile("tiny-pvh")}, 2},
	} {
		res, err := a.Run(t.Context(), c.argv...)
		if err != nil || res.Code != c.code || !why.MatchString(res.Stderr) {
			t.Errorf("%v: %+v, %v; want exit status %d and %q", c.argv, res, err, c.code, why)
		}
	}
	if a.do(t, "xenvoy", "info") != a.do(t, "xl", "info") {
		t.Error("info differs from xl's on standard output")
	}
	a.do(t, "xenvoy", "create", domainFile("tiny-pv"))
	a.counting(t, "tiny-pv")
	a.do(t, "xenvoy", "destroy", "tiny-pv")
}
