#include "rawlist.h"

#include <libxl.h>
#include <time.h>

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int rawlist_domains(void *ctx, int rounds, int64_t *ns)
{
    int n = -1;
    int64_t start = now();

    for (int i = 0; i < rounds; i++) {
        libxl_dominfo *list = libxl_list_domain(ctx, &n);
        if (!list)
            return -1;
        libxl_dominfo_list_free(list, n);
    }
    *ns = now() - start;
    return n;
}
