/* Prints what the installed headers say of the structures and numbers that the package uses. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <xenctrl.h>
#include <xen/sysctl.h>
#include <xen/sys/privcmd.h>

#define SHOW(name, value) printf("%s %#llx\n", name, (unsigned long long)(value))
#define INFO(member) offsetof(xc_domaininfo_t, member)
#define REQUEST(member) offsetof(struct xen_sysctl, u.getdomaininfolist.member)

int main(void)
{
    SHOW("callVersion", __HYPERVISOR_xen_version);
    SHOW("callSysctl", __HYPERVISOR_sysctl);
    SHOW("versionOnly", XENVER_version);
    SHOW("privcmdHypercall", IOCTL_PRIVCMD_HYPERCALL);
    SHOW("sysctlVersion", XEN_SYSCTL_INTERFACE_VERSION);
    SHOW("getDomainInfoList", XEN_SYSCTL_getdomaininfolist);
    SHOW("sysctlSize", sizeof(struct xen_sysctl));
    SHOW("atCommand", offsetof(struct xen_sysctl, cmd));
    SHOW("atVersion", offsetof(struct xen_sysctl, interface_version));
    SHOW("atFirst", REQUEST(first_domain));
    SHOW("atMax", REQUEST(max_domains));
    SHOW("atBuffer", REQUEST(buffer));
    SHOW("atNumDomains", REQUEST(num_domains));
    SHOW("infoSize", sizeof(xc_domaininfo_t));
    SHOW("atID", INFO(domain));
    SHOW("atFlags", INFO(flags));
    SHOW("atPages", INFO(tot_pages));
    SHOW("atMaxPages", INFO(max_pages));
    SHOW("atOutstanding", INFO(outstanding_pages));
    SHOW("atShared", INFO(shr_pages));
    SHOW("atPaged", INFO(paged_pages));
    SHOW("atSharedInfoFrame", INFO(shared_info_frame));
    SHOW("atCPUTime", INFO(cpu_time));
    SHOW("atOnlineVCPUs", INFO(nr_online_vcpus));
    SHOW("atMaxVCPUID", INFO(max_vcpu_id));
    SHOW("atSSIDRef", INFO(ssidref));
    SHOW("atHandle", INFO(handle));
    SHOW("atCPUPool", INFO(cpupool));
    SHOW("atGPAddrBits", INFO(gpaddr_bits));
    SHOW("atEmulation", INFO(arch_config.emulation_flags));
    SHOW("flagDying", XEN_DOMINF_dying);
    SHOW("flagHVM", XEN_DOMINF_hvm_guest);
    SHOW("flagShutdown", XEN_DOMINF_shutdown);
    SHOW("flagPaused", XEN_DOMINF_paused);
    SHOW("flagBlocked", XEN_DOMINF_blocked);
    SHOW("flagRunning", XEN_DOMINF_running);
    SHOW("flagDebugged", XEN_DOMINF_debugged);
    SHOW("flagXenstore", XEN_DOMINF_xs_domain);
    SHOW("flagHAP", XEN_DOMINF_hap);
    SHOW("shutdownShift", XEN_DOMINF_shutdownshift);
    SHOW("shutdownMask", XEN_DOMINF_shutdownmask);
    SHOW("emulatedPC", XEN_X86_EMU_PM | XEN_X86_EMU_RTC | XEN_X86_EMU_PIC | XEN_X86_EMU_PIT);
    return 0;
}
