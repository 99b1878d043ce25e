#ifndef XENVOY_RELEASE_H
#define XENVOY_RELEASE_H

#include <stdlib.h>

int release_of(const char *library, int *major, int *minor);

#endif
