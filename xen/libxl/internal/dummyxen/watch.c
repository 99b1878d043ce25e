#define _GNU_SOURCE
#include "dummyxen.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <xenstore.h>

/*
 * A dummy's store takes no watches and no permissions, and introduces no domains. What
 * would reach the real library with a dummy's handle, which is none, must be here.
 */

static int quiet = -1; /* is never readable */

/* Before main, so that no test sees a descriptor come. */
__attribute__((constructor)) static void open_quiet(void) { quiet = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

#define REAL(name) __typeof__(&name) real = dlsym(RTLD_NEXT, #name)

static bool refused(void)
{
    errno = ENOSYS;
    return false;
}

int xs_fileno(struct xs_handle *h)
{
    REAL(xs_fileno);
    return dummyxen_owns(h) ? quiet : real(h);
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
    REAL(xs_watch);
    return dummyxen_owns(h) ? refused() : real(h, path, token);
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
    REAL(xs_unwatch);
    return dummyxen_owns(h) ? refused() : real(h, path, token);
}

char **xs_check_watch(struct xs_handle *h)
{
    REAL(xs_check_watch);
    if (!dummyxen_owns(h))
        return real(h);
    errno = EAGAIN;
    return NULL;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path, struct xs_permissions *perms,
                        unsigned int n)
{
    REAL(xs_set_permissions);
    return dummyxen_owns(h) ? refused() : real(h, t, path, perms, n);
}

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid, unsigned long mfn, unsigned int port)
{
    REAL(xs_introduce_domain);
    return dummyxen_owns(h) ? refused() : real(h, domid, mfn, port);
}

bool xs_release_domain(struct xs_handle *h, unsigned int domid)
{
    REAL(xs_release_domain);
    return dummyxen_owns(h) ? refused() : real(h, domid);
}

bool xs_resume_domain(struct xs_handle *h, unsigned int domid)
{
    REAL(xs_resume_domain);
    return dummyxen_owns(h) ? refused() : real(h, domid);
}

bool xs_set_target(struct xs_handle *h, unsigned int domid, unsigned int target)
{
    REAL(xs_set_target);
    return dummyxen_owns(h) ? refused() : real(h, domid, target);
}
