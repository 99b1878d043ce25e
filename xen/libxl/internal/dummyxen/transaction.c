#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <xenstore.h>

#include "dummyxen.h"

/* A dummy's store cannot be changed: the functions that do it fail. */

#define REAL(name) ((typeof(name) *)dlsym(RTLD_NEXT, #name))

static bool refuse(void)
{
    errno = EACCES;
    return false;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
    return dummyxen_owns(h) ? refuse() : REAL(xs_transaction_end)(h, t, abort);
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    return dummyxen_owns(h) ? refuse() : REAL(xs_mkdir)(h, t, path);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data, unsigned int len)
{
    return dummyxen_owns(h) ? refuse() : REAL(xs_write)(h, t, path, data, len);
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    return dummyxen_owns(h) ? refuse() : REAL(xs_rm)(h, t, path);
}
