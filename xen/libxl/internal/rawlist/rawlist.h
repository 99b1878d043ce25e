#ifndef XENVOY_RAWLIST_H
#define XENVOY_RAWLIST_H

#include <stdint.h>

int rawlist_domains(void *ctx, int rounds, int64_t *ns);

#endif
