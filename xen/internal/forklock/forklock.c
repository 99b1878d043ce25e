#define _GNU_SOURCE
#include "forklock.h"

/*
 * The dynamic linker finds these definitions, in the program, before libxencall's. They are
 * weak: those of a test's fake of libxencall come before them.
 */
#define FIRST __attribute__((weak))

FIRST int xencall_close(xencall_handle *h) { return forklock_close(h); }

FIRST void *xencall_alloc_buffer_pages(xencall_handle *h, size_t pages) { return forklock_alloc_buffer_pages(h, pages); }

FIRST void xencall_free_buffer_pages(xencall_handle *h, void *p, size_t pages) { forklock_free_buffer_pages(h, p, pages); }

FIRST void *xencall_alloc_buffer(xencall_handle *h, size_t size) { return forklock_alloc_buffer(h, size); }

FIRST void xencall_free_buffer(xencall_handle *h, void *p) { forklock_free_buffer(h, p); }
