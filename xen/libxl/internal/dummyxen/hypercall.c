#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <xencall.h>
#include <xenctrl.h>

#include "machine.h"
#include "../../../internal/forklock/forklock.h"

/*
 * A dummy context has no handle for hypercalls; libxencall, below libxenctrl, would
 * crash over that. Here such hypercalls go to the machine if it runs, and fail otherwise.
 */

/* The real function of this name and type. */
#define REAL(name) ((typeof(name) *)dlsym(RTLD_NEXT, #name))

static int answer(int rc)
{
    if (rc >= 0)
        return rc;
    errno = -rc;
    return -1;
}

int xencall1(xencall_handle *h, unsigned op, uint64_t a)
{
    if (h)
        return REAL(xencall1)(h, op, a);
    if (machine_runs() && op == __HYPERVISOR_sysctl)
        return answer(machine_sysctl((void *)a));
    if (machine_runs() && op == __HYPERVISOR_domctl)
        return answer(machine_domctl((void *)a));
    if (machine_runs() && op == __HYPERVISOR_xsm_op)
        return answer(machine_xsm((void *)a));
    return answer(-ENOSYS);
}

int xencall2(xencall_handle *h, unsigned op, uint64_t a, uint64_t b)
{
    return h ? REAL(xencall2)(h, op, a, b) : answer(-ENOSYS);
}

long xencall2L(xencall_handle *h, unsigned op, uint64_t a, uint64_t b)
{
    return h ? REAL(xencall2L)(h, op, a, b) : answer(-ENOSYS);
}

int xencall3(xencall_handle *h, unsigned op, uint64_t a, uint64_t b, uint64_t c)
{
    return h ? REAL(xencall3)(h, op, a, b, c) : answer(-ENOSYS);
}

int xencall4(xencall_handle *h, unsigned op, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return h ? REAL(xencall4)(h, op, a, b, c, d) : answer(-ENOSYS);
}

void *xencall_alloc_buffer_pages(xencall_handle *h, size_t pages)
{
    return h ? forklock_alloc_buffer_pages(h, pages) : aligned_alloc(XC_PAGE_SIZE, pages * XC_PAGE_SIZE);
}

void xencall_free_buffer_pages(xencall_handle *h, void *p, size_t pages)
{
    if (h)
        forklock_free_buffer_pages(h, p, pages);
    else
        free(p);
}

void *xencall_alloc_buffer(xencall_handle *h, size_t size)
{
    return h ? forklock_alloc_buffer(h, size) : calloc(1, size + 1);
}

void xencall_free_buffer(xencall_handle *h, void *p)
{
    if (h)
        forklock_free_buffer(h, p);
    else
        free(p);
}

/*
 * libxenctrl keeps what these have returned once for the life of the process, which
 * sees machines come and go.
 */
int xc_get_max_cpus(xc_interface *xch) { return machine_runs() ? MACHINE_CPUS : REAL(xc_get_max_cpus)(xch); }
int xc_get_max_nodes(xc_interface *xch) { return machine_runs() ? MACHINE_MAX_NODES : REAL(xc_get_max_nodes)(xch); }

#if defined(__i386__) || defined(__x86_64__)
int xc_psr_cmt_enabled(xc_interface *xch) { return machine_runs() ? 1 : REAL(xc_psr_cmt_enabled)(xch); }

int xc_psr_cmt_get_total_rmid(xc_interface *xch, uint32_t *rmid)
{
    if (!machine_runs())
        return REAL(xc_psr_cmt_get_total_rmid)(xch, rmid);
    *rmid = 71;
    return 0;
}

int xc_psr_cmt_get_l3_cache_size(xc_interface *xch, uint32_t cpu, uint32_t *size)
{
    if (!machine_runs())
        return REAL(xc_psr_cmt_get_l3_cache_size)(xch, cpu, size);
    *size = 33792;
    return 0;
}

int xc_psr_cmt_get_l3_upscaling_factor(xc_interface *xch, uint32_t *factor)
{
    if (!machine_runs())
        return REAL(xc_psr_cmt_get_l3_upscaling_factor)(xch, factor);
    *factor = 1024;
    return 0;
}

/* The sample tells what was asked for. */
int xc_psr_cmt_get_data(xc_interface *xch, uint32_t rmid, uint32_t cpu, xc_psr_cmt_type type, uint64_t *data, uint64_t *tsc)
{
    if (!machine_runs())
        return REAL(xc_psr_cmt_get_data)(xch, rmid, cpu, type, data, tsc);
    *data = 1000 * (type + 1) + 10 * rmid + cpu;
    if (tsc)
        *tsc = 123456789;
    return 0;
}
#endif
