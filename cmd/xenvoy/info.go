package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack"
)

func newInfoCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "info",
		Short: "Describe this host and its hypervisor",
		Long: `Describe this host and its hypervisor. The table is xl info's own. When the
host cannot run HVM and PVH guests, a note on standard error says why.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.info(c.Context()) },
	}
}

// hostReport is xl info in JSON and YAML.
type hostReport struct {
	*toolstack.HostInfo
	NoHVM string `json:"no_hvm_because,omitempty"`
}

func (a *app) info(ctx context.Context) error {
	h, err := a.host()
	if err != nil {
		return err
	}
	defer h.Close()
	info, err := h.Info(ctx)
	if err != nil {
		return err
	}
	r := hostReport{HostInfo: info}
	if !info.HasCap("hvm") {
		if r.NoHVM, err = toolstack.WhyNoHVM(ctx, h, info); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "xenvoy: this host cannot run HVM and PVH guests: %s\n", r.NoHVM)
	}
	return a.print(r, func(w io.Writer) error { return writeInfo(w, info) })
}

// writeInfo writes what xl info writes (tools/xl/xl_info.c, print_info).
func writeInfo(w io.Writer, i *toolstack.HostInfo) error {
	caps := make([]string, len(i.HWCaps))
	for n, word := range i.HWCaps {
		caps[n] = fmt.Sprintf("%08x", word)
	}
	for _, line := range []struct {
		key   string
		value any
	}{
		{"host", i.Hostname}, {"release", i.Release}, {"version", i.Version}, {"machine", i.Machine},
		{"nr_cpus", i.CPUs}, {"max_cpu_id", i.MaxCPUID}, {"nr_nodes", i.Nodes},
		{"cores_per_socket", i.CoresPerSocket}, {"threads_per_core", i.ThreadsPerCore},
		{"cpu_mhz", fmt.Sprintf("%d.%03d", i.CPUKHz/1000, i.CPUKHz%1000)},
		{"hw_caps", strings.Join(caps, ":")},
		{"virt_caps", strings.Join(i.Caps, " ")},
		{"total_memory", i.TotalMiB}, {"free_memory", i.FreeMiB},
		{"sharing_freed_memory", i.SharingFreedMiB}, {"sharing_used_memory", i.SharingUsedMiB},
		{"outstanding_claims", i.OutstandingClaimsMiB}, {"free_cpus", i.FreeCPUs},
		{"xen_major", i.XenMajor}, {"xen_minor", i.XenMinor}, {"xen_extra", i.XenExtra},
		{"xen_version", fmt.Sprintf("%d.%d%s", i.XenMajor, i.XenMinor, i.XenExtra)},
		{"xen_caps", i.XenCaps}, {"xen_scheduler", i.Scheduler}, {"xen_pagesize", i.PageSize},
		{"platform_params", fmt.Sprintf("virt_start=0x%x", i.PlatformParams)},
		{"xen_changeset", i.Changeset}, {"xen_commandline", i.CommandLine},
		{"cc_compiler", i.Compiler}, {"cc_compile_by", i.CompileBy},
		{"cc_compile_domain", i.CompileDomain}, {"cc_compile_date", i.CompileDate},
		{"build_id", i.BuildID}, {"xend_config_format", 4},
	} {
		if _, err := fmt.Fprintf(w, "%-23s: %v\n", line.key, line.value); err != nil {
			return err
		}
	}
	return nil
}
