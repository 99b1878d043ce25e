#include "glue.h"

#include "_cgo_export.h"

/* The data of a callback is a number, kept in a pointer's place because libxc has no other. */

/* Not 0 is success, unlike everywhere else (xg_sr_save.c, suspend_domain). */
static int on_suspend(void *data) { return xenvoyXCSuspend((uintptr_t)data); }

static int on_policy(struct precopy_stats stats, void *data)
{
    return xenvoyXCPolicy((uintptr_t)data, stats.iteration, stats.total_written, stats.dirty_count);
}

static int on_switch_logdirty(uint32_t domid, unsigned enable, void *data)
{
    (void)domid;
    return xenvoyXCSwitchLogDirty((uintptr_t)data, enable);
}

int xvc_save(xc_interface *xch, int fd, uint32_t domid, uint32_t flags, uintptr_t save)
{
    struct save_callbacks callbacks = {
        .suspend = on_suspend,
        .precopy_policy = on_policy,
        .switch_qemu_logdirty = on_switch_logdirty,
        .data = (void *)save,
    };

    return xc_domain_save(xch, fd, domid, flags, &callbacks, XC_STREAM_PLAIN, -1);
}
