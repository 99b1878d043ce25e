#ifndef XENVOY_FAKEXEN_H
#define XENVOY_FAKEXEN_H

#include <stdint.h>

/* The guest: an HVM domain; its pages begin with their own gfns. */
#define FAKEXEN_GUEST 5
#define FAKEXEN_PAGES 2500
#define FAKEXEN_CRASHED 9

/* hypercall.c, for library.c */
int fakexen_enabled(void);
int fakexen_failing(void);
int fakexen_talks(void);
void fakexen_hold(int n);
int fakexen_call1(unsigned op, uint64_t a);
int fakexen_call2(unsigned op, uint64_t a, uint64_t b);

/* hypercall.c, for fakexen.go */
void fakexen_enable(void);
void fakexen_disable(void);
void fakexen_fail(int errnoval, int once);
void fakexen_talk(int on);
void fakexen_suspend(void);
void fakexen_context_size(uint32_t size);
void fakexen_dirty(const uint32_t *counts, int n);
int fakexen_log_dirty(void);
int fakexen_pauses(void);
int fakexen_held(void);

#endif
