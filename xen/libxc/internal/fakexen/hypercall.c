#include "fakexen.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <xenctrl.h>

#define MAX_DIRTY 16

static struct {
    pthread_mutex_t lock;
    bool enabled; /* for the whole time a fake handle lives */
    int talks;    /* opening a handle logs something */
    int fail;     /* each hypercall's errno, 0 for none */
    bool once;    /* that is for one only */
    int held;     /* handles, buffers and mappings that are open */
    bool suspended, log_dirty;
    int pauses;
    uint16_t weight, cap;
    uint32_t context_size;
    uint32_t dirty[MAX_DIRTY]; /* pages dirty now, after the next CLEAN … */
    int dirties;
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int get(const int *field)
{
    pthread_mutex_lock(&fake.lock);
    int value = *field;
    pthread_mutex_unlock(&fake.lock);
    return value;
}

void fakexen_hold(int n)
{
    pthread_mutex_lock(&fake.lock);
    fake.held += n;
    pthread_mutex_unlock(&fake.lock);
}

void fakexen_enable(void)
{
    pthread_mutex_lock(&fake.lock);
    fake.enabled = true;
    fake.talks = fake.fail = fake.held = fake.pauses = fake.dirties = 0;
    fake.suspended = fake.log_dirty = fake.once = false;
    fake.weight = 256;
    fake.cap = 0;
    fake.context_size = 64;
    pthread_mutex_unlock(&fake.lock);
}

void fakexen_disable(void) { fake.enabled = false; }
int fakexen_enabled(void) { return fake.enabled; }
int fakexen_failing(void) { return get(&fake.fail); }

void fakexen_fail(int errnoval, int once)
{
    pthread_mutex_lock(&fake.lock);
    fake.fail = errnoval;
    fake.once = once;
    pthread_mutex_unlock(&fake.lock);
}

void fakexen_talk(int on)
{
    pthread_mutex_lock(&fake.lock);
    fake.talks = on;
    pthread_mutex_unlock(&fake.lock);
}

int fakexen_talks(void) { return get(&fake.talks); }
int fakexen_pauses(void) { return get(&fake.pauses); }
int fakexen_held(void) { return get(&fake.held); }

int fakexen_log_dirty(void)
{
    pthread_mutex_lock(&fake.lock);
    int on = fake.log_dirty;
    pthread_mutex_unlock(&fake.lock);
    return on;
}

void fakexen_suspend(void)
{
    pthread_mutex_lock(&fake.lock);
    fake.suspended = true;
    pthread_mutex_unlock(&fake.lock);
}

void fakexen_context_size(uint32_t size)
{
    pthread_mutex_lock(&fake.lock);
    fake.context_size = size;
    pthread_mutex_unlock(&fake.lock);
}

void fakexen_dirty(const uint32_t *counts, int n)
{
    pthread_mutex_lock(&fake.lock);
    fake.dirties = n > MAX_DIRTY ? MAX_DIRTY : n;
    memcpy(fake.dirty, counts, fake.dirties * sizeof *counts);
    pthread_mutex_unlock(&fake.lock);
}

/* What follows runs with the lock held and returns 0 or a negative errno. */

static bool exists(uint32_t domid) { return domid == 0 || domid == FAKEXEN_GUEST || domid == FAKEXEN_CRASHED; }

static void describe(uint32_t domid, xc_domaininfo_t *info)
{
    memset(info, 0, sizeof *info);
    info->domain = domid;
    memset(info->handle, 0x10 + domid, sizeof info->handle);
    info->cpu_time = 1500000000;
    info->nr_online_vcpus = 1;
    switch (domid) {
    case 0:
        info->flags = XEN_DOMINF_running;
        break;
    case FAKEXEN_GUEST:
        info->flags = XEN_DOMINF_hvm_guest | XEN_DOMINF_hap | XEN_DOMINF_blocked;
        info->tot_pages = FAKEXEN_PAGES;
        info->max_pages = FAKEXEN_PAGES + 1;
        if (fake.suspended)
            info->flags |= XEN_DOMINF_shutdown | SHUTDOWN_suspend << XEN_DOMINF_shutdownshift;
        break;
    case FAKEXEN_CRASHED:
        info->flags = XEN_DOMINF_shutdown | XEN_DOMINF_dying | SHUTDOWN_crash << XEN_DOMINF_shutdownshift;
        break;
    }
}

static int policy(uint32_t *nr_leaves, xen_cpuid_leaf_t *leaves, uint32_t *nr_msrs, xen_msr_entry_t *msrs)
{
    if (!leaves && !msrs) {
        *nr_leaves = 200;
        *nr_msrs = 2;
        return 0;
    }
    if (*nr_leaves < 2)
        return -ENOBUFS;
    leaves[0] = (xen_cpuid_leaf_t){0, XEN_CPUID_NO_SUBLEAF, .a = 1, .b = 0x68747541};
    leaves[1] = (xen_cpuid_leaf_t){1, XEN_CPUID_NO_SUBLEAF, .d = 0x1789};
    *nr_leaves = 2;
    *nr_msrs = 0;
    return 0;
}

static int list(struct xen_sysctl_getdomaininfolist *l)
{
    l->num_domains = 0;
    for (uint32_t domid = l->first_domain; domid <= FAKEXEN_CRASHED && l->num_domains < l->max_domains; domid++)
        if (exists(domid))
            describe(domid, &l->buffer.p[l->num_domains++]);
    return 0;
}

static int featureset(struct xen_sysctl_cpu_featureset *f)
{
    static const uint32_t words[3] = {0x1789, 0x2, 0x3};

    if (f->index > XEN_SYSCTL_cpu_featureset_hvm_max)
        return -EINVAL;
    if (f->features.p)
        memcpy(f->features.p, words, sizeof words);
    f->nr_features = 3;
    return 0;
}

static int do_sysctl(struct xen_sysctl *s)
{
    switch (s->cmd) {
    case XEN_SYSCTL_physinfo:
        memset(&s->u.physinfo, 0, sizeof s->u.physinfo);
        s->u.physinfo.nr_cpus = 2;
        s->u.physinfo.capabilities = XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_gnttab_v2;
        s->u.physinfo.total_pages = 1000000;
        s->u.physinfo.hw_cap[7] = 77;
        return 0;
    case XEN_SYSCTL_getdomaininfolist:
        return list(&s->u.getdomaininfolist);
    case XEN_SYSCTL_sched_id:
        s->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
        return 0;
    case XEN_SYSCTL_get_cpu_featureset:
        return featureset(&s->u.cpu_featureset);
    case XEN_SYSCTL_get_cpu_policy:
        return policy(&s->u.cpu_policy.nr_leaves, s->u.cpu_policy.leaves.p, &s->u.cpu_policy.nr_msrs, s->u.cpu_policy.msrs.p);
    }
    return -ENOSYS;
}

/* Page N is dirty when N is below the count. */
static int log_dirty(struct xen_domctl_shadow_op *op)
{
    uint32_t dirty = fake.dirties ? fake.dirty[0] : 0;

    if (op->dirty_bitmap.p)
        for (uint64_t i = 0; i < (op->pages + 63) / 64 * 64; i++) { /* Xen rounds up, too */
            uint8_t *byte = &op->dirty_bitmap.p[i / 8];

            *byte = i < dirty ? *byte | 1u << i % 8 : *byte & ~(1u << i % 8);
        }
    op->stats.dirty_count = dirty;
    op->stats.fault_count = 3;
    if (op->op == XEN_DOMCTL_SHADOW_OP_CLEAN && fake.dirties)
        memmove(fake.dirty, fake.dirty + 1, --fake.dirties * sizeof fake.dirty[0]);
    return 0;
}

static int shadow_op(struct xen_domctl_shadow_op *op)
{
    switch (op->op) {
    case XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY:
        if (fake.log_dirty)
            return -EINVAL;
        fake.log_dirty = true;
        return 0;
    case XEN_DOMCTL_SHADOW_OP_OFF:
        fake.log_dirty = false;
        return 0;
    case XEN_DOMCTL_SHADOW_OP_PEEK:
    case XEN_DOMCTL_SHADOW_OP_CLEAN:
        return log_dirty(op);
    }
    return -EINVAL;
}

static int hvm_context(struct xen_domctl_hvmcontext *c)
{
    if (c->buffer.p) {
        if (c->size < fake.context_size)
            return -ENOSPC;
        memset(c->buffer.p, 0xab, fake.context_size);
    }
    c->size = fake.context_size;
    return 0;
}

static int scheduler_op(struct xen_domctl_scheduler_op *op)
{
    if (op->sched_id != XEN_SCHEDULER_CREDIT2)
        return -EINVAL;
    if (op->cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
        op->u.credit2.weight = fake.weight;
        op->u.credit2.cap = fake.cap;
        return 0;
    }
    fake.weight = op->u.credit2.weight ? op->u.credit2.weight : fake.weight;
    fake.cap = op->u.credit2.cap != 0xffff ? op->u.credit2.cap : fake.cap;
    return 0;
}

static int do_domctl(struct xen_domctl *d)
{
    uint32_t domid = d->domain;

    if (d->cmd == XEN_DOMCTL_getdomaininfo)
        while (domid < FAKEXEN_CRASHED && !exists(domid))
            domid++;
    if (!exists(domid))
        return -ESRCH;
    switch (d->cmd) {
    case XEN_DOMCTL_getdomaininfo:
        describe(domid, &d->u.getdomaininfo);
        d->domain = domid;
        return 0;
    case XEN_DOMCTL_getvcpuinfo:
        if (d->u.getvcpuinfo.vcpu != 0)
            return -EINVAL;
        d->u.getvcpuinfo = (struct xen_domctl_getvcpuinfo){.online = 1, .blocked = 1, .cpu_time = 7, .cpu = 1};
        return 0;
    case XEN_DOMCTL_shadow_op:
        return shadow_op(&d->u.shadow_op);
    case XEN_DOMCTL_gethvmcontext:
        return hvm_context(&d->u.hvmcontext);
    case XEN_DOMCTL_max_vcpus:
        return d->u.max_vcpus.max == 1 ? 0 : -EINVAL;
    case XEN_DOMCTL_pausedomain:
        fake.pauses++;
        return 0;
    case XEN_DOMCTL_unpausedomain:
        return fake.pauses-- > 0 ? 0 : -EINVAL;
    case XEN_DOMCTL_get_cpu_policy:
        return policy(&d->u.cpu_policy.nr_leaves, d->u.cpu_policy.leaves.p, &d->u.cpu_policy.nr_msrs, d->u.cpu_policy.msrs.p);
    case XEN_DOMCTL_scheduler_op:
        return scheduler_op(&d->u.scheduler_op);
    case XEN_DOMCTL_getpageframeinfo3: /* all are plain pages */
        memset(d->u.getpageframeinfo3.array.p, 0, d->u.getpageframeinfo3.num * sizeof(xen_pfn_t));
        return 0;
    case XEN_DOMCTL_gettscinfo:
        memset(&d->u.tsc_info, 0, sizeof d->u.tsc_info);
        return 0;
    }
    return -ENOSYS;
}

static int do_multicall(multicall_entry_t *m)
{
    struct xen_memory_domain *d = (void *)m->args[1];

    if (m->op != __HYPERVISOR_memory_op || m->args[0] != XENMEM_maximum_gpfn)
        return -ENOSYS;
    m->result = exists(d->domid) ? FAKEXEN_PAGES - 1 : -ESRCH;
    return 0;
}

static int do_hvm_op(unsigned cmd, xen_hvm_param_t *p)
{
    if (cmd != HVMOP_get_param)
        return -ENOSYS;
    if (!exists(p->domid))
        return -ESRCH;
    p->value = p->index < HVM_NR_PARAMS ? 1000 + p->index : 0;
    return p->index < HVM_NR_PARAMS ? 0 : -EINVAL;
}

static int do_version(unsigned cmd, char *buf)
{
    switch (cmd) {
    case XENVER_version:
        return 4 << 16 | 17;
    case XENVER_extraversion:
        strcpy(buf, ".7-fake");
        return 0;
    case XENVER_changeset:
        memset(buf, 'c', sizeof(xen_changeset_info_t)); /* no room for a NUL */
        return 0;
    case XENVER_capabilities:
        strcpy(buf, "xen-3.0-x86_64 hvm-3.0-x86_64");
        return 0;
    }
    return -ENOSYS;
}

/* Takes the lock and returns a negative errno for a hypercall that is to fail. */
static int begin(void)
{
    pthread_mutex_lock(&fake.lock);
    int rc = -fake.fail;
    if (fake.once)
        fake.fail = 0;
    return rc;
}

static int answer(int rc)
{
    pthread_mutex_unlock(&fake.lock);
    if (rc >= 0)
        return rc;
    errno = -rc;
    return -1;
}

int fakexen_call1(unsigned op, uint64_t a)
{
    int rc = begin();
    if (rc)
        return answer(rc);
    switch (op) {
    case __HYPERVISOR_sysctl:
        return answer(do_sysctl((struct xen_sysctl *)a));
    case __HYPERVISOR_domctl:
        return answer(do_domctl((struct xen_domctl *)a));
    }
    return answer(-ENOSYS);
}

int fakexen_call2(unsigned op, uint64_t a, uint64_t b)
{
    int rc = begin();
    if (rc)
        return answer(rc);
    switch (op) {
    case __HYPERVISOR_multicall:
        return answer(do_multicall((multicall_entry_t *)a));
    case __HYPERVISOR_hvm_op:
        return answer(do_hvm_op(a, (xen_hvm_param_t *)b));
    case __HYPERVISOR_xen_version:
        return answer(do_version(a, (char *)b));
    }
    return answer(-ENOSYS);
}
