/*
 * The C half of package libxc: a logger, memory for hypercalls, and the callbacks
 * of a save.
 */
#ifndef XENVOY_LIBXC_GLUE_H
#define XENVOY_LIBXC_GLUE_H

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <xenctrl.h>
#include <xenguest.h>
#include <xenforeignmemory.h>

/* Longest text of a log message, with its NUL; what is longer is cut. */
#define XVC_LOG_TEXT 4096

struct xvc_logger {
    xentoollog_logger logger; /* first: the logger's functions find xvc_logger by it */
    int min_level;
};

/* Memory that the hypervisor may write to. */
struct xvc_buffer {
    xc_hypercall_buffer_t buffer;
    int pages;
};

/* log.c */
struct xvc_logger *xvc_logger_new(int min_level);
uintptr_t xvc_call_begin(uintptr_t call);
void xvc_call_end(uintptr_t outer);
xc_interface *xvc_open(struct xvc_logger *l);

/* buffer.c */
struct xvc_buffer *xvc_buffer_new(xc_interface *xch, int pages);
void xvc_buffer_free(xc_interface *xch, struct xvc_buffer *b);

/* save.c */
int xvc_save(xc_interface *xch, int fd, uint32_t domid, uint32_t flags, uintptr_t save);

#endif
