#define _GNU_SOURCE
#include "release.h"

#include <link.h>
#include <stdio.h>
#include <string.h>

struct search {
    const char *library;
    int *major, *minor;
};

static int look(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *s = data;
    const char *slash = strrchr(info->dlpi_name, '/');
    const char *name = slash ? slash + 1 : info->dlpi_name;
    size_t n = strlen(s->library);

    (void)size;
    return strncmp(name, s->library, n) == 0 && sscanf(name + n, "%d.%d", s->major, s->minor) == 2;
}

/* Reads the release from the name of a loaded library. Returns 0 when there is none. */
int release_of(const char *library, int *major, int *minor)
{
    struct search s = {library, major, minor};

    return dl_iterate_phdr(look, &s);
}
