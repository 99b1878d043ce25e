#define _GNU_SOURCE
#include "glue.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "_cgo_export.h"

/*
 * libxl calls these while it holds no lock (event) or its lock (disaster); neither
 * Go function calls libxl or blocks. Events come by hook rather than by
 * libxl_event_check, because libxl wakes nobody when another thread queues one.
 */
static void on_event(void *user, libxl_event *event)
{
    struct xv_ctx *x = user;
    int reason = -1;
    char *vdev = NULL, *disk = NULL;

    if (event->type == LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN)
        reason = event->u.domain_shutdown.shutdown_reason;
    if (event->type == LIBXL_EVENT_TYPE_DISK_EJECT) {
        vdev = event->u.disk_eject.vdev;
        disk = libxl_device_disk_to_json(x->ctx, &event->u.disk_eject.disk);
    }
    xenvoyEvent(x->handle, event->for_user, event->type, event->domid, reason, vdev, disk);
    free(disk);
    libxl_event_free(x->ctx, event);
}

static void on_disaster(void *user, libxl_event_type type, const char *msg, int errnoval)
{
    struct xv_ctx *x = user;

    (void)type;
    if (getpid() == x->creator) /* a forked child must not enter Go */
        xenvoyDisaster(x->handle, (char *)msg, errnoval);
}

/* libxl keeps a pointer to it. In mainloop mode libxl installs no SIGCHLD handler,
 * which it could not do beside Go's, and reaps only its own children. */
static const libxl_childproc_hooks childproc_hooks = {
    .chldowner = libxl_sigchld_owner_mainloop,
    .fork_replacement = xv_fork,
};

int xv_open(uintptr_t handle, int log_fd, int min_level, struct xv_ctx **out)
{
    struct xv_ctx *x = calloc(1, sizeof *x);
    int rc = ERROR_NOMEM;

    *out = x;
    if (!x)
        return rc;
    x->handle = handle;
    xv_log_init(x, log_fd, min_level);
    xv_births_init(x);
    x->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (x->wake_fd < 0)
        return ERROR_FAIL;
    rc = libxl_ctx_alloc(&x->ctx, LIBXL_VERSION, 0, &x->logger);
    if (rc)
        return rc;
    x->event_hooks.event_occurs_mask = LIBXL_EVENTMASK_ALL;
    x->event_hooks.event_occurs = on_event;
    x->event_hooks.disaster = on_disaster;
    libxl_event_register_callbacks(x->ctx, &x->event_hooks, x);
    libxl_childproc_setmode(x->ctx, &childproc_hooks, x);
    return 0;
}

/* Ends libxl. The logger goes on working until xv_close. */
void xv_end(struct xv_ctx *x)
{
    libxl_ctx_free(x->ctx);
    x->ctx = NULL;
}

/* Frees what xv_open made, also after it failed. Closes log_fd. */
void xv_close(struct xv_ctx *x)
{
    if (x->wake_fd > 0)
        close(x->wake_fd);
    close(x->log_fd);
    xv_births_free(x);
    free(x->fds);
    free(x);
}

/* Asks libxl what it waits for. The first slot is the wake fd's. */
static int fill_fds(struct xv_ctx *x, int *timeout)
{
    for (;;) {
        struct timeval now;
        int n = x->fds_allocd ? x->fds_allocd - 1 : 0;

        *timeout = -1;
        gettimeofday(&now, NULL);
        int rc = libxl_osevent_beforepoll(x->ctx, &n, x->fds_allocd ? x->fds + 1 : NULL, timeout, now);
        if (!rc && x->fds_allocd) {
            x->nfds = n;
            return 0;
        }
        if (rc && rc != ERROR_BUFFERFULL)
            return rc;
        struct pollfd *more = realloc(x->fds, (n + 1) * 2 * sizeof *more);
        if (!more)
            return ERROR_NOMEM;
        x->fds = more;
        x->fds_allocd = (n + 1) * 2;
    }
}

/* Waits until libxl has something to do or xv_wake is called. */
int xv_wait(struct xv_ctx *x)
{
    int timeout, rc = fill_fds(x, &timeout);

    if (rc)
        return rc;
    x->fds[0].fd = x->wake_fd;
    x->fds[0].events = POLLIN;
    x->fds[0].revents = 0;
    if (poll(x->fds, x->nfds + 1, timeout) < 0 && errno != EINTR)
        return ERROR_FAIL;
    if (x->fds[0].revents) {
        uint64_t count;
        (void)!read(x->wake_fd, &count, sizeof count);
    }
    return 0;
}

/* Lets libxl do what xv_wait found. */
void xv_dispatch(struct xv_ctx *x)
{
    struct timeval now;

    gettimeofday(&now, NULL);
    libxl_osevent_afterpoll(x->ctx, x->nfds, x->fds + 1, now);
}

void xv_wake(struct xv_ctx *x)
{
    uint64_t one = 1;

    /* It fails only when the counter is full, and then the loop wakes anyway. */
    (void)!write(x->wake_fd, &one, sizeof one);
}
