#include "glue.h"

/*
 * Every structure of libxl has functions of the same four shapes, which differ in the
 * pointer's type only.
 */
#define XV_DEFINE(T)                                       \
    static void dispose_##T(void *p) { T##_dispose(p); }   \
    XV_DEFINE_WITH(T, dispose_##T)
#define XV_DEFINE_PLAIN(T) XV_DEFINE_WITH(T, NULL)
#define XV_DEFINE_WITH(T, dispose)                                                \
    static void init_##T(void *p) { T##_init(p); }                                \
    static int from_json_##T(libxl_ctx *ctx, void *p, const char *text)           \
    {                                                                             \
        return T##_from_json(ctx, p, text);                                       \
    }                                                                             \
    static char *to_json_##T(libxl_ctx *ctx, void *p) { return T##_to_json(ctx, p); } \
    const struct xv_type xv_##T = {#T, sizeof(T), init_##T, dispose, from_json_##T, to_json_##T};
XV_TYPES(XV_DEFINE, XV_DEFINE_PLAIN)

int xv_value_init(struct xv_value *v, const struct xv_type *type)
{
    v->p = calloc(1, type->size);
    if (!v->p)
        return ERROR_NOMEM;
    v->type = type;
    type->init(v->p);
    return 0;
}

/* Frees what xv_value_init made; does nothing for a value that is all zero. */
void xv_value_free(struct xv_value *v)
{
    if (v->p && v->type->dispose)
        v->type->dispose(v->p);
    free(v->p);
    v->p = NULL;
}

/* Makes it what xv_value_init does, and leaves what it held: after a call that failed and
 * left pointers to what it had freed, or none had set. */
void xv_value_forget(struct xv_value *v)
{
    v->type->init(v->p);
}

int xv_parse(libxl_ctx *ctx, const struct xv_type *type, void *p, const char *text)
{
    return type->from_json(ctx, p, text);
}

char *xv_write(libxl_ctx *ctx, const struct xv_type *type, void *p)
{
    return type->to_json(ctx, p);
}
