#include "glue.h"

#include <string.h>
#include <unistd.h>

#include "_cgo_export.h"

static void on_done(libxl_ctx *ctx, int rc, void *for_callback)
{
    (void)ctx;
    xenvoyOpDone((uintptr_t)for_callback, rc);
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
    op->fd = -1;
    return op;
}

void xv_op_free(struct xv_op *op)
{
    if (op->has_config)
        libxl_domain_config_dispose(&op->config);
    if (op->has_params)
        libxl_domain_restore_params_dispose(&op->params);
    if (op->fd >= 0)
        close(op->fd);
    free(op);
}

void xv_op_init_config(struct xv_op *op)
{
    libxl_domain_config_init(&op->config);
    op->has_config = true;
}

int xv_op_set_config(struct xv_ctx *x, struct xv_op *op, const char *json)
{
    xv_op_init_config(op);
    return libxl_domain_config_from_json(x->ctx, &op->config, json);
}

void xv_op_set_stream_version(struct xv_op *op, uint32_t version)
{
    libxl_domain_restore_params_init(&op->params);
    op->params.stream_version = version;
    op->has_params = true;
}
