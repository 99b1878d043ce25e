#include "glue.h"

#include <errno.h>

struct xvc_buffer *xvc_buffer_new(xc_interface *xch, int pages)
{
    DECLARE_HYPERCALL_BUFFER(void, memory);
    struct xvc_buffer *b = calloc(1, sizeof *b);

    if (!b)
        return NULL;
    memory = xc_hypercall_buffer_alloc_pages(xch, memory, pages);
    if (!memory) {
        int saved = errno;

        free(b);
        errno = saved;
        return NULL;
    }
    b->buffer = *HYPERCALL_BUFFER(memory);
    b->pages = pages;
    return b;
}

void xvc_buffer_free(xc_interface *xch, struct xvc_buffer *b)
{
    xc__hypercall_buffer_free_pages(xch, &b->buffer, b->pages);
    free(b);
}
