#define _GNU_SOURCE
#include "dummyxen.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <xenctrl.h>
#include <xenstore.h>

/*
 * What a dummy context finds in xenstore and of domains: what the test has put there, and
 * else nothing. Only the functions that read are here.
 */

struct node {
    struct node *next;
    char *path, *value;
};

static struct node *nodes; /* in the order of their writing; changes while no call runs */
static int64_t domain = -1; /* the only one that is there; -1: there is no hypervisor to ask */

void dummyxen_write(const char *path, const char *value)
{
    struct node **p = &nodes;

    while (*p)
        p = &(*p)->next;
    *p = calloc(1, sizeof **p);
    (*p)->path = strdup(path);
    (*p)->value = strdup(value);
}

void dummyxen_domain(int64_t domid) { domain = domid; }

void dummyxen_clear(void)
{
    domain = -1;
    while (nodes) {
        struct node *n = nodes;
        nodes = n->next;
        free(n->path);
        free(n->value);
        free(n);
    }
}

/* Returns what of path lies below dir, NULL when it does not. */
static const char *below(const char *path, const char *dir)
{
    size_t n = strlen(dir);

    return !strncmp(path, dir, n) && path[n] == '/' ? path + n + 1 : NULL;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
    void *(*real)(struct xs_handle *, xs_transaction_t, const char *, unsigned int *) = dlsym(RTLD_NEXT, "xs_read");
    const char *found = NULL;

    if (!dummyxen_owns(h))
        return real(h, t, path, len);
    for (struct node *n = nodes; n; n = n->next) {
        if (!strcmp(n->path, path))
            found = n->value;
        else if (!found && below(n->path, path))
            found = ""; /* a directory has a value too */
    }
    if (!found) {
        errno = ENOENT;
        return NULL;
    }
    if (len)
        *len = strlen(found);
    return strdup(found);
}

/* As xenstore's, the result is one block of memory. */
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
    char **(*real)(struct xs_handle *, xs_transaction_t, const char *, unsigned int *) = dlsym(RTLD_NEXT, "xs_directory");
    enum { MAX = 32, LONGEST = 32 };
    char **names;

    if (!dummyxen_owns(h))
        return real(h, t, path, num);
    *num = 0;
    names = calloc(MAX, sizeof *names + LONGEST);
    for (struct node *n = nodes; n; n = n->next) {
        const char *name = below(n->path, path);
        int length = name ? strcspn(name, "/") : 0;
        char *place = (char *)(names + MAX) + *num * LONGEST;
        unsigned known = 0;

        if (!name || *num == MAX || length >= LONGEST)
            continue;
        memcpy(place, name, length);
        place[length] = 0;
        while (known < *num && strcmp(names[known], place))
            known++;
        if (known == *num)
            names[(*num)++] = place;
    }
    if (*num)
        return names;
    free(names);
    errno = ENOENT;
    return NULL;
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
{
    char *(*real)(struct xs_handle *, unsigned int) = dlsym(RTLD_NEXT, "xs_get_domain_path");
    char *path;

    if (!dummyxen_owns(h))
        return real(h, domid);
    return asprintf(&path, "/local/domain/%u", domid) < 0 ? NULL : path;
}

/* Before each change comes a transaction. */
xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
    xs_transaction_t (*real)(struct xs_handle *) = dlsym(RTLD_NEXT, "xs_transaction_start");

    if (!dummyxen_owns(h))
        return real(h);
    errno = EACCES;
    return XBT_NULL;
}

/* Returns 1 when the domain is the one that is there, 0 when it is not, -1 for no hypervisor. */
static int describe(bool there, xc_domaininfo_t *info)
{
    if (domain < 0) {
        errno = ENOSYS;
        return -1;
    }
    if (!there)
        return 0;
    memset(info, 0, sizeof *info);
    info->domain = domain;
    return 1;
}

/* By these libxl looks for a domain: until Xen 4.17 … */
int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned int max, xc_domaininfo_t *info)
{
    int (*real)(xc_interface *, uint32_t, unsigned int, xc_domaininfo_t *) = dlsym(RTLD_NEXT, "xc_domain_getinfolist");

    if (!dummyxen_enabled())
        return real(xch, first, max, info);
    return describe(first <= domain && max, info);
}

/* … and since 4.18. */
int xc_domain_getinfo_single(xc_interface *xch, uint32_t domid, xc_domaininfo_t *info)
{
    int (*real)(xc_interface *, uint32_t, xc_domaininfo_t *) = dlsym(RTLD_NEXT, "xc_domain_getinfo_single");

    if (!dummyxen_enabled())
        return real(xch, domid, info);
    switch (describe(domid == domain, info)) {
    case 1:
        return 0;
    case 0:
        errno = ESRCH;
    }
    return -1;
}

/* The address sanitizer's, when it is there. */
extern void __lsan_disable(void) __attribute__((weak));
extern void __lsan_enable(void) __attribute__((weak));

void dummyxen_expect_leaks(bool expect)
{
    void (*f)(void) = expect ? __lsan_disable : __lsan_enable;

    if (f)
        f();
}
