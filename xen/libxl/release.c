#include "glue.h"

/*
 * Structures that these headers lack. Go has them, so C must name them; they can be
 * neither read nor written, and package libxl refuses them before it comes to that.
 */
#define XV_DEFINE_MISSING(T) \
    const struct xv_type xv_##T = {#T, 1, init_missing, NULL, parse_missing, write_missing};

__attribute__((unused)) static void init_missing(void *p) { (void)p; }

__attribute__((unused)) static int parse_missing(libxl_ctx *ctx, void *p, const char *text)
{
    (void)ctx;
    (void)p;
    (void)text;
    return ERROR_NI;
}

__attribute__((unused)) static char *write_missing(libxl_ctx *ctx, void *p)
{
    (void)ctx;
    (void)p;
    return NULL;
}

XV_MISSING(XV_DEFINE_MISSING)

/* Zero where the headers have no such member. */
uint32_t xv_arch_capabilities(const libxl_physinfo *p)
{
#if XV_RELEASE >= 418
    return p->arch_capabilities;
#else
    (void)p;
    return 0;
#endif
}
