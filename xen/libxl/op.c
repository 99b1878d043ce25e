#include "glue.h"

#include <unistd.h>

#include "_cgo_export.h"

static void on_done(libxl_ctx *ctx, int rc, void *for_callback)
{
    (void)ctx;
    xenvoyOpDone((uintptr_t)for_callback, rc);
}

/* The only progress that libxl reports: the domain's console can be opened. */
static void on_console(libxl_ctx *ctx, libxl_event *event, void *for_callback)
{
    uint32_t domid = event->domid;

    libxl_event_free(ctx, event);
    xenvoyConsoleAvailable((uintptr_t)for_callback, domid);
}

/* handle is a number, kept in a pointer's place because libxl has no other. */
struct xv_op *xv_op_new(uintptr_t handle)
{
    struct xv_op *op = calloc(1, sizeof *op);

    if (!op)
        return NULL;
    op->how.callback = on_done;
    op->how.u.for_callback = (void *)handle;
    op->domid = (uint32_t)INVALID_DOMID;
    op->fds[0] = op->fds[1] = -1;
    libxl_bitmap_init(&op->bitmap);
    return op;
}

void xv_op_want_console(struct xv_op *op)
{
    op->console_how.callback = on_console;
    op->console_how.for_callback = op->how.u.for_callback;
}

void xv_op_free(struct xv_op *op)
{
    for (int i = 0; i < 2; i++) {
        xv_value_free(&op->values[i]);
        if (op->fds[i] >= 0)
            close(op->fds[i]);
    }
    libxl_bitmap_dispose(&op->bitmap);
    free(op->text);
    free(op->output);
    free(op);
}
