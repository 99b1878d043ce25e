package toolstack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/xenvoy/xenvoy/hvm"
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Source is a domain file in one of its languages, with the places where it says what.
type Source interface {
	// LibxlConfig is what the file gives libxl. The error is domcfg.Errors.
	LibxlConfig() (*idl.DomainConfig, error)
	// Pos is the place of a value, by the name that it has in a YAML file, and Says whether
	// the file has it at all.
	Pos(field string) domcfg.Position
	Says(field string) bool
	// Files lists the files of the host that the domain needs.
	Files() []domcfg.FileRef
}

// Plan is a domain file made ready for one host.
type Plan struct {
	Config *idl.DomainConfig
}

// NewPlan turns a domain file into what the host takes and finds all that
// stands against creating it there: domcfg.Errors with their places. It changes
// nothing.
func NewPlan(ctx context.Context, h Host, d Source) (*Plan, error) {
	cfg, err := d.LibxlConfig()
	if err != nil {
		return nil, err
	}
	var found domcfg.Errors
	for _, look := range []func(context.Context, Host, Source, *idl.DomainConfig) (domcfg.Errors, error){
		checkName, checkHVM, checkFiles, checkMemory,
	} {
		es, err := look(ctx, h, d, cfg)
		if err != nil {
			return nil, err
		}
		found = append(found, es...)
	}
	if len(found) > 0 {
		found.Sort()
		return nil, found
	}
	return &Plan{Config: cfg}, nil
}

// Create builds and starts the domain, or with paused leaves it paused. After
// an error nothing of it is left.
func (p *Plan) Create(ctx context.Context, h Host, paused bool) (DomID, error) {
	id, err := h.Create(ctx, p.Config)
	if err != nil {
		return 0, err
	}
	if paused {
		return id, nil
	}
	if err := h.Unpause(ctx, id); err != nil {
		return 0, errors.Join(err, h.Destroy(context.WithoutCancel(ctx), id))
	}
	return id, nil
}

// What a migration, xl's as well, appends to a domain's name: until its copy may run here, and
// once the other side's may.
const (
	IncomingSuffix = "--incoming"
	AwaySuffix     = "--migratedaway"
)

// checkName refuses a domain that there is, and one that is on the move: its guest would run twice.
func checkName(ctx context.Context, h Host, d Source, cfg *idl.DomainConfig) (domcfg.Errors, error) {
	all, err := h.Domains(ctx)
	if err != nil {
		return nil, err
	}
	var es domcfg.Errors
	for _, dom := range all {
		switch name := cfg.CInfo.Name; {
		case dom.Name == name:
			es = append(es, fault(d, "name", fmt.Sprintf("domain %d has this name", dom.ID), "choose another or destroy that one"))
		case dom.Name == name+IncomingSuffix, dom.Name == name+AwaySuffix:
			es = append(es, fault(d, "name", fmt.Sprintf("the domain of this name is on the move: domain %d is %s", dom.ID, dom.Name),
				"wait for the end of its migration, or destroy that one"))
		case dom.UUID == cfg.CInfo.UUID.String():
			es = append(es, fault(d, "uuid", fmt.Sprintf("domain %q has this uuid", dom.Name), "leave uuid out to get a new one"))
		}
	}
	return es, nil
}

func fault(d Source, field, msg, hint string) *domcfg.Error {
	return &domcfg.Error{Pos: d.Pos(field), Field: field, Msg: msg, Hint: hint}
}

func checkHVM(ctx context.Context, h Host, d Source, cfg *idl.DomainConfig) (domcfg.Errors, error) {
	info, err := h.Info(ctx)
	if err != nil || cfg.CInfo.Type == idl.DomainTypePV || info.HasCap("hvm") {
		return nil, err
	}
	why, err := WhyNoHVM(ctx, h, info)
	if err != nil {
		return nil, err
	}
	return domcfg.Errors{fault(d, "type", fmt.Sprintf("this host cannot run %v guests: %s", cfg.CInfo.Type, why), "type pv runs without")}, nil
}

// WhyNoHVM says why a host that lacks the hvm capability cannot run HVM and PVH
// guests. The error is the host's when it cannot be asked for its log.
func WhyNoHVM(ctx context.Context, h Host, info *HostInfo) (string, error) {
	log, err := h.BootLog(ctx)
	if err != nil {
		return "", err
	}
	return hvm.WhyNot(info.HWCaps, info.XenCaps, log), nil
}

func checkFiles(_ context.Context, _ Host, d Source, _ *idl.DomainConfig) (domcfg.Errors, error) {
	return MissingFiles(d), nil
}

// MissingFiles finds the files that a domain needs and that this machine does not have, or
// not as such.
func MissingFiles(d Source) domcfg.Errors { return missing(d.Files()) }

func missing(files []domcfg.FileRef) domcfg.Errors {
	var es domcfg.Errors
	for _, f := range files {
		st, err := os.Stat(f.Path)
		e := &domcfg.Error{Pos: f.Pos, Field: f.Field}
		switch {
		case errors.Is(err, fs.ErrNotExist):
			e.Msg = f.Path + " does not exist on this host"
		case err != nil:
			e.Msg = err.Error()
		case st.IsDir():
			e.Msg = f.Path + " is a directory"
		case !st.Mode().IsRegular() && (f.Field == "kernel" || f.Field == "ramdisk"):
			e.Msg = f.Path + " is not a regular file"
		default:
			continue
		}
		es = append(es, e)
	}
	return es
}

func checkMemory(ctx context.Context, h Host, d Source, cfg *idl.DomainConfig) (domcfg.Errors, error) {
	need, err := h.MemoryNeeded(ctx, cfg)
	if err != nil {
		return nil, err
	}
	info, err := h.Info(ctx)
	if err != nil || need <= (info.FreeMiB+info.BalloonMiB)<<10 {
		return nil, err
	}
	return domcfg.Errors{fault(d, "memory", fmt.Sprintf("the domain needs %d MiB with overhead, %d MiB are free", (need+1023)>>10, info.FreeMiB),
		"stop a domain or give dom0 less memory")}, nil
}

// Find gives the domain that a user means: by id when the text is a number,
// else by name or uuid. ErrNoDomain when there is none.
func Find(ctx context.Context, h Lister, text string) (DomainInfo, error) {
	all, err := h.Domains(ctx)
	if err != nil {
		return DomainInfo{}, err
	}
	for _, d := range all {
		if fmt.Sprint(d.ID) == text {
			return d, nil
		}
	}
	for _, d := range all {
		if d.Name == text || d.UUID == text {
			return d, nil
		}
	}
	return DomainInfo{}, fmt.Errorf("%q: %w; list shows what there is", text, ErrNoDomain)
}
