package inspect

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// An Uptime is a domain of uptime: for how many seconds it exists, dom0 for how many it is up.
type Uptime struct {
	Name    string `json:"name"`
	ID      uint32 `json:"id"`
	Seconds uint64 `json:"uptime_s"`
}

func uptime() *xl.Command {
	return &xl.Command{
		Name: "uptime", Operands: "[-s] [Domain]", Summary: "Print for how long the domains, or some of them, are up",
		Options: []xl.Option{{Short: 's', Help: "Print a line as uptime does, with the time of day."}},
		Run: func(ctx context.Context, c *xl.Call) error {
			ids, err := uptimeDomains(ctx, c)
			if err != nil {
				return err
			}
			var b strings.Builder
			if !c.Has("s") {
				fmt.Fprintf(&b, "%-33s %4s %s\n", "Name", "ID", "Uptime")
			}
			rows := []Uptime{}
			now := time.Now()
			for _, id := range ids {
				up, ok, err := since(ctx, c, id, now)
				if err != nil {
					return c.Partly(rows, b.String(), err)
				}
				if !ok {
					continue
				}
				rows = append(rows, up)
				up.write(&b, c.Has("s"), now)
			}
			return c.Show(rows, b.String())
		},
	}
}

// uptimeDomains are those that the operands name, or all that serve no other: dom0 first.
func uptimeDomains(ctx context.Context, c *xl.Call) ([]idl.DomID, error) {
	ids := []idl.DomID{}
	for _, word := range c.Args {
		id, err := c.Domain(ctx, word)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if len(ids) > 0 {
		return ids, nil
	}
	ids = append(ids, 0)
	all, err := c.Xen.ListVMs(ctx)
	if err != nil {
		return ids, c.PassOver(err, "Could not list vms.")
	}
	for _, v := range all {
		if v.DomID != 0 {
			ids = append(ids, v.DomID)
		}
	}
	return ids, nil
}

// since is how long a domain is up; false says that libxl does not know, which xl passes over.
func since(ctx context.Context, c *xl.Call, id idl.DomID, now time.Time) (Uptime, bool, error) {
	up := Uptime{ID: uint32(id)}
	if id == 0 {
		text, err := os.ReadFile("/proc/uptime")
		if err == nil {
			whole, _, _ := strings.Cut(string(text), ".")
			up.Seconds, err = strconv.ParseUint(whole, 10, 64)
		}
		if err != nil {
			return up, false, &xl.Failure{Status: 255, Text: "Can not get Dom0 uptime.", Err: err}
		}
	} else {
		start, err := c.Xen.VMStartTime(ctx, id)
		if err != nil {
			return up, false, c.Lenient(err)
		}
		up.Seconds = uint64(max(now.Unix()-start.Unix(), 0)) // the clock may have been set back
	}
	var err error
	up.Name, err = c.DomainName(ctx, id)
	return up, err == nil, err
}

func (u Uptime) write(b *strings.Builder, short bool, now time.Time) {
	if short {
		fmt.Fprintf(b, " %s up %s, %s (%d)\n", now.Format(time.TimeOnly), span(u.Seconds, short), u.Name, u.ID)
		return
	}
	fmt.Fprintf(b, "%-33s %4d %s\n", u.Name, u.ID, span(u.Seconds, short))
}

// span writes a number of seconds as xl does (uptime_to_string).
func span(seconds uint64, short bool) string {
	days, left := seconds/86400, seconds%86400
	text := fmt.Sprintf("%2d:%02d", left/3600, left%3600/60)
	if !short {
		text += fmt.Sprintf(":%02d", left%60)
	}
	switch days {
	case 0:
		return text
	case 1:
		return "1 day, " + text
	}
	return fmt.Sprintf("%d days, %s", days, text)
}
