#include "glue.h"

/* Xen 4.18 added a last parameter, the character that leaves the console. */

int xv_console_exec(libxl_ctx *ctx, uint32_t domid, int number, libxl_console_type type)
{
#ifdef LIBXL_HAVE_CONSOLE_ESCAPE_CHARACTER
    return libxl_console_exec(ctx, domid, number, type, -1, NULL);
#else
    return libxl_console_exec(ctx, domid, number, type, -1);
#endif
}

int xv_primary_console_exec(libxl_ctx *ctx, uint32_t domid)
{
#ifdef LIBXL_HAVE_CONSOLE_ESCAPE_CHARACTER
    return libxl_primary_console_exec(ctx, domid, -1, NULL);
#else
    return libxl_primary_console_exec(ctx, domid, -1);
#endif
}
