package tune

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/xl"
)

// noFlask is xl's status for what returns -1 to the shell.
const noFlask = 255

// getEnforce prints in JSON "enforcing", "permissive" or "disabled".
func getEnforce() *xl.Command {
	return &xl.Command{
		Name: "getenforce", Plain: true, Summary: "Print whether Flask enforces its policy (status 1) or only logs what it forbids (0)",
		Run: func(ctx context.Context, c *xl.Call) error {
			enforced, err := c.Xen.FlaskGetEnforce(ctx)
			switch {
			case errors.Is(err, errors.ErrUnsupported):
				return errors.Join(c.Show("disabled", "Flask XSM Disabled\n"), ends(c, noFlask))
			case err != nil:
				return &xl.Failure{Status: noFlask, Text: "Failed to get enforcing mode", Err: err}
			case enforced:
				return errors.Join(c.Show("enforcing", "Enforcing\n"), ends(c, xl.StatusFailed))
			}
			return c.Show("permissive", "Permissive\n")
		},
	}
}

// ends is for a status that tells something and is no failure; a Strict session ends with 0.
func ends(c *xl.Call, status int) error {
	if c.Strict {
		return nil
	}
	return &xl.Failure{Status: status}
}

func setEnforce() *xl.Command {
	return &xl.Command{
		Name: "setenforce", Plain: true, Operands: "<1|0|Enforcing|Permissive>", Summary: "Say whether Flask shall enforce its policy", Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			if len(c.Args) == 0 {
				return c.WrongWords(xl.StatusUsage, "1, 0, enforcing or permissive is missing")
			}
			mode, known := map[string]bool{"0": false, "permissive": false, "1": true, "enforcing": true}[strings.ToLower(c.Args[0])]
			if !known {
				return c.WrongWords(xl.StatusUsage, "%q is none of 1, 0, enforcing and permissive", c.Args[0])
			}
			return flaskFailed(c.Xen.FlaskSetEnforce(ctx, mode), "error occurred while setting enforcing mode (-1)")
		},
	}
}

// flaskFailed is the failure of a call to Flask; nil when there is none.
func flaskFailed(err error, text string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errors.ErrUnsupported):
		text = "Flask XSM disabled"
	}
	return &xl.Failure{Status: noFlask, Text: text, Err: err}
}

// maxPolicy is more than Xen takes: 64 MiB (xen/xsm/flask/flask_op.c).
const maxPolicy = 64<<20 + 1

func loadPolicy() *xl.Command {
	return &xl.Command{
		Name: "loadpolicy", Plain: true, Operands: "<policy file>", Summary: "Give Flask a new policy", Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			if len(c.Args) == 0 {
				return c.WrongWords(xl.StatusUsage, "the file is missing")
			}
			f, err := os.Open(c.Args[0])
			if err != nil {
				return &xl.Failure{Status: noFlask, Text: fmt.Sprintf("Error occurred opening policy file '%s': %s", c.Args[0], cause(err)), Err: err}
			}
			defer f.Close()
			policy, err := io.ReadAll(io.LimitReader(f, maxPolicy))
			if err != nil {
				return &xl.Failure{Status: noFlask, Text: fmt.Sprintf("Unable to read new Flask policy file: %s", cause(err)), Err: err}
			}
			if err := c.Xen.FlaskLoadPolicy(ctx, policy); err != nil {
				return flaskFailed(err, fmt.Sprintf("Unable to load new Flask policy: %s", cause(err)))
			}
			return c.Show("loaded", "Successfully loaded policy.\n")
		},
	}
}

// cause is what lies behind the error of a file.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
