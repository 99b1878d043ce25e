#ifndef XENVOY_DUMMYXEN_H
#define XENVOY_DUMMYXEN_H

#include <stdlib.h>

void dummyxen_enable(void);
void dummyxen_disable(void);
void dummyxen_log(void *logger, int level, const char *text, int count);
void dummyxen_progress(void *logger, const char *doing, unsigned long done, unsigned long total);
int dummyxen_log_from_child(void *logger, int level, const char *text);

#endif
