#define _GNU_SOURCE
#include "fakexen.h"
#include "../../../internal/forklock/forklock.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xencall.h>
#include <xenctrl.h>
#include <xendevicemodel.h>
#include <xenforeignmemory.h>
#include <xentoollog.h>

/*
 * The dynamic linker finds these definitions, in the program, before those in the
 * shared libraries. They are all that libxenctrl and libxenguest use of libxencall,
 * libxenforeignmemory and libxendevicemodel on the way of the calls that are bound.
 */

#define PAGE 4096u

/* The real function of this name and type. */
#define REAL(name) ((typeof(name) *)dlsym(RTLD_NEXT, #name))

/* Handles are fake when they were opened fake. */
static char handle_call, handle_memory, handle_devices;
#define CALL ((xencall_handle *)&handle_call)
#define MEMORY ((xenforeignmemory_handle *)&handle_memory)
#define DEVICES ((xendevicemodel_handle *)&handle_devices)

xencall_handle *xencall_open(xentoollog_logger *logger, unsigned flags)
{
    if (!fakexen_enabled())
        return REAL(xencall_open)(logger, flags);
    fakexen_hold(1);
    if (fakexen_talks())
        xtl_log(logger, XTL_ERROR, -1, "fake", "opening");
    return CALL;
}

int xencall_close(xencall_handle *h)
{
    if (h != CALL)
        return forklock_close(h);
    fakexen_hold(-1);
    return 0;
}

int xencall1(xencall_handle *h, unsigned op, uint64_t a)
{
    return h != CALL ? REAL(xencall1)(h, op, a) : fakexen_call1(op, a);
}

int xencall2(xencall_handle *h, unsigned op, uint64_t a, uint64_t b)
{
    return h != CALL ? REAL(xencall2)(h, op, a, b) : fakexen_call2(op, a, b);
}

void *xencall_alloc_buffer_pages(xencall_handle *h, size_t pages)
{
    if (h != CALL)
        return forklock_alloc_buffer_pages(h, pages);
    void *p = aligned_alloc(PAGE, pages * PAGE);

    if (!p || fakexen_failing() == ENOMEM) {
        free(p);
        errno = ENOMEM;
        return NULL;
    }
    fakexen_hold(1);
    return memset(p, 0, pages * PAGE);
}

void xencall_free_buffer_pages(xencall_handle *h, void *p, size_t pages)
{
    if (h != CALL) {
        forklock_free_buffer_pages(h, p, pages);
        return;
    }
    fakexen_hold(p ? -1 : 0);
    free(p);
}

void *xencall_alloc_buffer(xencall_handle *h, size_t size)
{
    if (h != CALL)
        return forklock_alloc_buffer(h, size);
    fakexen_hold(1);
    return calloc(1, size + 1);
}

void xencall_free_buffer(xencall_handle *h, void *p)
{
    if (h != CALL) {
        forklock_free_buffer(h, p);
        return;
    }
    fakexen_hold(p ? -1 : 0);
    free(p);
}

int xencall_buffers_never_fault(xencall_handle *h) { return h != CALL ? REAL(xencall_buffers_never_fault)(h) : 1; }

xenforeignmemory_handle *xenforeignmemory_open(xentoollog_logger *logger, unsigned flags)
{
    if (!fakexen_enabled())
        return REAL(xenforeignmemory_open)(logger, flags);
    fakexen_hold(1);
    return MEMORY;
}

int xenforeignmemory_close(xenforeignmemory_handle *h)
{
    if (h != MEMORY)
        return REAL(xenforeignmemory_close)(h);
    fakexen_hold(-1);
    return 0;
}

void *xenforeignmemory_map(xenforeignmemory_handle *h, uint32_t domid, int prot, size_t pages,
                           const xen_pfn_t gfns[], int errs[])
{
    if (h != MEMORY)
        return REAL(xenforeignmemory_map)(h, domid, prot, pages, gfns, errs);
    if (fakexen_failing()) {
        errno = fakexen_failing();
        return NULL;
    }
    char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return NULL;
    for (size_t i = 0; i < pages; i++) {
        errs[i] = domid != FAKEXEN_GUEST ? -ESRCH : gfns[i] >= FAKEXEN_PAGES ? -EINVAL : 0;
        if (!errs[i])
            memcpy(p + i * PAGE, &gfns[i], sizeof gfns[i]);
    }
    mprotect(p, pages * PAGE, prot);
    fakexen_hold(1);
    return p;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *h, void *p, size_t pages)
{
    if (h != MEMORY)
        return REAL(xenforeignmemory_unmap)(h, p, pages);
    fakexen_hold(-1);
    return munmap(p, pages * PAGE);
}

xendevicemodel_handle *xendevicemodel_open(xentoollog_logger *logger, unsigned flags)
{
    if (!fakexen_enabled())
        return REAL(xendevicemodel_open)(logger, flags);
    fakexen_hold(1);
    return DEVICES;
}

int xendevicemodel_close(xendevicemodel_handle *h)
{
    if (h != DEVICES)
        return REAL(xendevicemodel_close)(h);
    fakexen_hold(-1);
    return 0;
}
