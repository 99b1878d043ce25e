#ifndef XENVOY_DUMMYXEN_H
#define XENVOY_DUMMYXEN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

void dummyxen_enable(void);
void dummyxen_disable(void);
void dummyxen_real_store(void);
bool dummyxen_enabled(void);
void dummyxen_log(void *logger, int level, const char *text, int count);
void dummyxen_progress(void *logger, const char *doing, unsigned long done, unsigned long total);
int dummyxen_log_from_child(void *logger, int level, const char *text);

/* store.c */
bool dummyxen_owns(const void *handle);
void dummyxen_write(const char *path, const char *value);
void dummyxen_domain(int64_t domid);
void dummyxen_clear(void);
void dummyxen_expect_leaks(bool expect);

/* spawn.c */
int dummyxen_spawn(char **argv);

#endif
