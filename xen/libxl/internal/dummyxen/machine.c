#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>
#include <xen/xsm/flask_op.h>

#include "machine.h"

/*
 * A machine that has what no lab has: CPUs, sockets and nodes to choose from, one of
 * each offline; the RTDS scheduler, FLASK, and Intel's shared resources. It knows no
 * more of Xen's rules than the tests of the bindings need.
 */

enum { POOLS = 4 };

struct pool {
    bool there;
    uint32_t sched, cpus, domains;
};

static struct {
    bool runs;
    uint32_t online; /* CPUs, as bits; so are the pools' */
    struct pool pools[POOLS];
    struct xen_sysctl_credit_schedule credit;
    struct xen_domctl_sched_rtds rtds;
    uint64_t nodes; /* the domain's */
    uint8_t hard, soft;
    uint32_t rmid;
    uint64_t psr[MACHINE_SOCKETS][16]; /* by the XEN_DOMCTL_PSR_GET_ that reads it */
    bool enforcing;
} m;

void machine_start(void)
{
    memset(&m, 0, sizeof m);
    m.runs = true;
    m.online = 0x0f;
    m.pools[0] = (struct pool){true, XEN_SCHEDULER_RTDS, 0x07, 2};
    m.credit = (struct xen_sysctl_credit_schedule){30, 1000, 0};
    m.rtds = (struct xen_domctl_sched_rtds){10000, 4000, XEN_DOMCTL_SCHEDRT_extra};
    m.nodes = 3;
    m.hard = m.soft = 0x3f;
}

void machine_stop(void) { m.runs = false; }
bool machine_runs(void) { return m.runs; }
void machine_take_offline(int cpu) { m.online &= ~(1u << cpu); }

static bool is_online(unsigned cpu) { return m.online >> cpu & 1; }

static uint32_t free_cpus(void)
{
    uint32_t cpus = m.online;

    for (int i = 0; i < POOLS; i++)
        cpus &= ~(m.pools[i].there ? m.pools[i].cpus : 0);
    return cpus;
}

static int physinfo(xc_physinfo_t *p)
{
    memset(p, 0, sizeof *p);
    p->threads_per_core = 1;
    p->cores_per_socket = 2;
    p->nr_cpus = __builtin_popcount(m.online);
    p->max_cpu_id = MACHINE_CPUS - 1;
    p->nr_nodes = 2;
    p->max_node_id = MACHINE_MAX_NODES - 1;
    return 0;
}

static int cputopo(struct xen_sysctl_cputopoinfo *t)
{
    for (unsigned i = 0; t->cputopo.p && i < MACHINE_CPUS; i++) {
        xen_sysctl_cputopo_t known = {i % 2, i / 2, i / 2};
        xen_sysctl_cputopo_t unknown = {XEN_INVALID_CORE_ID, XEN_INVALID_SOCKET_ID, XEN_INVALID_NODE_ID};

        t->cputopo.p[i] = is_online(i) ? known : unknown;
    }
    t->num_cpus = MACHINE_CPUS;
    return 0;
}

static int numa(struct xen_sysctl_numainfo *n)
{
    for (unsigned i = 0; n->meminfo.p && i < MACHINE_NODES; i++) {
        bool offline = i == MACHINE_NODES - 1;

        n->meminfo.p[i].memsize = offline ? XEN_INVALID_MEM_SZ : 16ull << 40;
        n->meminfo.p[i].memfree = offline ? XEN_INVALID_MEM_SZ : i << 20;
        for (unsigned j = 0; j < MACHINE_NODES; j++)
            n->distance.p[i * MACHINE_NODES + j] = offline || j == MACHINE_NODES - 1 ? XEN_INVALID_NODE_DIST : i == j ? 10 : 21;
    }
    n->num_nodes = MACHINE_NODES;
    return 0;
}

/* Each second device is one that Xen does not know. */
static int pcitopo(struct xen_sysctl_pcitopoinfo *t)
{
    for (unsigned i = 0; i < t->num_devs; i++)
        t->nodes.p[i] = i % 2 ? XEN_INVALID_DEV : 1;
    return 0;
}

static void put(struct xenctl_bitmap *map, uint64_t bits) { memcpy(map->bitmap.p, &bits, map->nr_bits / 8); }

static int pool_create(struct xen_sysctl_cpupool_op *op)
{
    unsigned id = op->cpupool_id;

    if (id == XEN_SYSCTL_CPUPOOL_PAR_ANY)
        for (id = 0; id < POOLS && m.pools[id].there; id++)
            ;
    if (id >= POOLS)
        return -ENOSPC;
    if (m.pools[id].there)
        return -EEXIST;
    if (op->sched_id != XEN_SCHEDULER_CREDIT && op->sched_id != XEN_SCHEDULER_RTDS)
        return -EINVAL;
    m.pools[id] = (struct pool){true, op->sched_id, 0, 0};
    op->cpupool_id = id;
    return 0;
}

static int pool_info(struct xen_sysctl_cpupool_op *op)
{
    for (unsigned id = op->cpupool_id; id < POOLS; id++) {
        if (!m.pools[id].there)
            continue;
        op->cpupool_id = id;
        op->sched_id = m.pools[id].sched;
        op->n_dom = m.pools[id].domains;
        put(&op->cpumap, m.pools[id].cpus);
        return 0;
    }
    return -ENOENT;
}

static int pool_move(struct pool *to, uint32_t domid)
{
    if (domid != MACHINE_DOMAIN)
        return -EINVAL;
    if (!to->cpus)
        return -ENOENT;
    for (int i = 0; i < POOLS; i++) /* the one that has it beside dom0, or has it alone */
        if (m.pools[i].domains > (i == 0))
            m.pools[i].domains--;
    to->domains++;
    return 0;
}

static int pool_op(struct xen_sysctl_cpupool_op *op)
{
    struct pool *p = op->cpupool_id < POOLS ? &m.pools[op->cpupool_id] : NULL;
    uint32_t cpu = op->cpu < 32 ? 1u << op->cpu : 0;

    if (op->cpu == XEN_SYSCTL_CPUPOOL_PAR_ANY) /* the lowest */
        cpu = free_cpus() & -free_cpus();
    switch (op->op) {
    case XEN_SYSCTL_CPUPOOL_OP_CREATE:
        return pool_create(op);
    case XEN_SYSCTL_CPUPOOL_OP_INFO:
        return pool_info(op);
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        put(&op->cpumap, free_cpus());
        return 0;
    }
    if (!p || !p->there)
        return -ENOENT;
    switch (op->op) {
    case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
        p->there = p->domains || p->cpus;
        return p->there ? -EBUSY : 0;
    case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
        p->cpus |= cpu & free_cpus();
        return p->cpus & cpu ? 0 : -ENODEV;
    case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
        if (!(p->cpus & cpu) || (p->domains && p->cpus == cpu))
            return -EBUSY;
        p->cpus &= ~cpu;
        return 0;
    case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
        return pool_move(p, op->domid);
    }
    return -ENOSYS;
}

/* The rate limit is rounded down, so that a test sees what was taken. */
static int pool_sched(struct xen_sysctl_scheduler_op *op)
{
    if (op->cpupool_id >= POOLS || !m.pools[op->cpupool_id].there)
        return -ESRCH;
    if (op->sched_id != m.pools[op->cpupool_id].sched || op->sched_id != XEN_SCHEDULER_CREDIT)
        return -EINVAL;
    if (op->cmd == XEN_SYSCTL_SCHEDOP_putinfo) {
        m.credit = op->u.sched_credit;
        m.credit.ratelimit_us -= m.credit.ratelimit_us % 1000;
    }
    op->u.sched_credit = m.credit;
    return 0;
}

static int psr_info(struct xen_sysctl_psr_alloc *a)
{
    if (a->target >= MACHINE_SOCKETS)
        return -ERANGE;
    switch (a->cmd) {
    case XEN_SYSCTL_PSR_get_l3_info:
        a->u.cat_info.cbm_len = 20;
        a->u.cat_info.cos_max = 15 + a->target;
        a->u.cat_info.flags = XEN_SYSCTL_PSR_CAT_L3_CDP;
        return 0;
    case XEN_SYSCTL_PSR_get_mba_info:
        a->u.mba_info.thrtl_max = 90;
        a->u.mba_info.cos_max = 7;
        a->u.mba_info.flags = XEN_SYSCTL_PSR_MBA_LINEAR;
        return 0;
    }
    return -ENODEV;
}

int machine_sysctl(void *sysctl)
{
    struct xen_sysctl *s = sysctl;

    switch (s->cmd) {
    case XEN_SYSCTL_physinfo:
        return physinfo(&s->u.physinfo);
    case XEN_SYSCTL_cputopoinfo:
        return cputopo(&s->u.cputopoinfo);
    case XEN_SYSCTL_numainfo:
        return numa(&s->u.numainfo);
    case XEN_SYSCTL_pcitopoinfo:
        return pcitopo(&s->u.pcitopoinfo);
    case XEN_SYSCTL_cpupool_op:
        return pool_op(&s->u.cpupool_op);
    case XEN_SYSCTL_scheduler_op:
        return pool_sched(&s->u.scheduler_op);
    case XEN_SYSCTL_psr_alloc:
        return psr_info(&s->u.psr_alloc);
    case XEN_SYSCTL_psr_cmt_op:
        s->u.psr_cmt_op.u.data = 5; /* cache occupancy and local memory */
        return s->u.psr_cmt_op.cmd == XEN_SYSCTL_PSR_CMT_get_l3_event_mask ? 0 : -ENOSYS;
    }
    return -ENOSYS;
}

static int affinity(struct xen_domctl_vcpuaffinity *a, bool set)
{
    if (a->vcpu != 0)
        return -EINVAL;
    if (set && a->flags & XEN_VCPUAFFINITY_HARD) {
        if (!(*a->cpumap_hard.bitmap.p & m.online))
            return -EINVAL;
        m.hard = *a->cpumap_hard.bitmap.p;
    }
    if (set && a->flags & XEN_VCPUAFFINITY_SOFT)
        m.soft = *a->cpumap_soft.bitmap.p;
    if (a->flags & XEN_VCPUAFFINITY_HARD)
        put(&a->cpumap_hard, m.hard);
    if (a->flags & XEN_VCPUAFFINITY_SOFT)
        put(&a->cpumap_soft, m.soft);
    return 0;
}

static int set_nodes(const struct xenctl_bitmap *map)
{
    uint64_t nodes = 0;

    memcpy(&nodes, map->bitmap.p, map->nr_bits / 8);
    if (!(nodes & 3))
        return -EINVAL;
    m.nodes = nodes;
    return 0;
}

static int domain_sched(struct xen_domctl_scheduler_op *op)
{
    if (op->sched_id != XEN_SCHEDULER_RTDS)
        return -EINVAL;
    switch (op->cmd) {
    case XEN_DOMCTL_SCHEDOP_putinfo:
        m.rtds = op->u.rtds;
        return 0;
    case XEN_DOMCTL_SCHEDOP_getinfo:
        op->u.rtds = m.rtds;
        return 0;
    case XEN_DOMCTL_SCHEDOP_putvcpuinfo:
        m.rtds = op->u.v.vcpus.p->u.rtds;
        return 0;
    case XEN_DOMCTL_SCHEDOP_getvcpuinfo:
        op->u.v.vcpus.p->u.rtds = m.rtds;
        return 0;
    }
    return -ENOSYS;
}

static int psr_cmt(struct xen_domctl_psr_cmt_op *op)
{
    switch (op->cmd) {
    case XEN_DOMCTL_PSR_CMT_OP_ATTACH:
        if (m.rmid)
            return -EEXIST;
        m.rmid = 5;
        return 0;
    case XEN_DOMCTL_PSR_CMT_OP_DETACH:
        if (!m.rmid)
            return -ENOENT;
        m.rmid = 0;
        return 0;
    }
    op->data = m.rmid;
    return 0;
}

static int psr_alloc(struct xen_domctl_psr_alloc *a)
{
    if (a->target >= MACHINE_SOCKETS)
        return -ERANGE;
    switch (a->cmd) {
    case XEN_DOMCTL_PSR_SET_L3_CBM:
        m.psr[a->target][XEN_DOMCTL_PSR_GET_L3_CBM] = a->data;
        return 0;
    case XEN_DOMCTL_PSR_SET_MBA_THRTL:
        m.psr[a->target][XEN_DOMCTL_PSR_GET_MBA_THRTL] = a->data;
        return 0;
    case XEN_DOMCTL_PSR_GET_L3_CBM:
    case XEN_DOMCTL_PSR_GET_MBA_THRTL:
        a->data = m.psr[a->target][a->cmd];
        return 0;
    }
    return -ENODEV;
}

int machine_domctl(void *domctl)
{
    struct xen_domctl *d = domctl;

    if (d->cmd == XEN_DOMCTL_getdomaininfo && d->domain < MACHINE_DOMAIN)
        d->domain = MACHINE_DOMAIN; /* the next one */
    if (d->domain != MACHINE_DOMAIN)
        return -ESRCH;
    switch (d->cmd) {
    case XEN_DOMCTL_getdomaininfo:
        memset(&d->u.getdomaininfo, 0, sizeof d->u.getdomaininfo);
        d->u.getdomaininfo.domain = MACHINE_DOMAIN;
        d->u.getdomaininfo.nr_online_vcpus = 1;
        return 0;
    case XEN_DOMCTL_getvcpuinfo:
        d->u.getvcpuinfo = (struct xen_domctl_getvcpuinfo){.online = 1, .blocked = 1, .cpu_time = 1ull << 62, .cpu = 2};
        return 0;
    case XEN_DOMCTL_setvcpuaffinity:
    case XEN_DOMCTL_getvcpuaffinity:
        return affinity(&d->u.vcpuaffinity, d->cmd == XEN_DOMCTL_setvcpuaffinity);
    case XEN_DOMCTL_setnodeaffinity:
        return set_nodes(&d->u.nodeaffinity.nodemap);
    case XEN_DOMCTL_getnodeaffinity:
        put(&d->u.nodeaffinity.nodemap, m.nodes);
        return 0;
    case XEN_DOMCTL_scheduler_op:
        return domain_sched(&d->u.scheduler_op);
    case XEN_DOMCTL_psr_cmt_op:
        return psr_cmt(&d->u.psr_cmt_op);
    case XEN_DOMCTL_psr_alloc:
        return psr_alloc(&d->u.psr_alloc);
    }
    return -ENOSYS;
}

static const char context[] = "system_u:system_r:domU_t";
enum { SID = 11 };

int machine_xsm(void *op)
{
    struct xen_flask_op *f = op;

    switch (f->cmd) {
    case FLASK_LOAD:
        return f->u.load.size == 4 && !memcmp(f->u.load.buffer.p, "good", 4) ? 0 : -EINVAL;
    case FLASK_GETENFORCE:
        return m.enforcing;
    case FLASK_SETENFORCE:
        m.enforcing = f->u.enforce.enforcing;
        return 0;
    case FLASK_CONTEXT_TO_SID:
        f->u.sid_context.sid = SID;
        return f->u.sid_context.size >= sizeof context - 1 && !memcmp(f->u.sid_context.context.p, context, sizeof context - 1) ? 0 : -EINVAL;
    case FLASK_SID_TO_CONTEXT:
        if (f->u.sid_context.sid != SID)
            return -EINVAL;
        memcpy(f->u.sid_context.context.p, context, sizeof context);
        return 0;
    }
    return -ENOSYS;
}
