/*
 * The C half of package libxl: a logger that is safe in forked children, the
 * event loop's steps, and memory that must outlive a call into libxl.
 */
#ifndef XENVOY_LIBXL_GLUE_H
#define XENVOY_LIBXL_GLUE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <libxl.h>
#include <libxl_event.h>
#include <libxl_utils.h>

/* Longest context and text of a log record; longer ones are cut. */
#define XV_LOG_CONTEXT 64
#define XV_LOG_TEXT 4096

enum { XV_LOG_MESSAGE = 0, XV_LOG_PROGRESS = 1, XV_LOG_MARKER = 2 };

/* Precedes the context and the text in each packet. */
struct xv_log_header {
    uint64_t call; /* the Go call that this thread makes, 0 for none; a marker's number */
    uint64_t done, total;
    uint32_t kind;
    int32_t level, errnoval, percent;
    int32_t child; /* pid of the forked child that wrote the record, 0 for this process */
    uint32_t context_len, text_len;
    uint32_t cut; /* 1 when the text was longer */
};

/* Everything libxl keeps a pointer to, for one libxl_ctx. */
struct xv_ctx {
    xentoollog_logger logger; /* first: the logger's functions find xv_ctx by it */
    int log_fd;               /* our end of a SOCK_SEQPACKET pair */
    int min_level;
    pid_t creator;

    libxl_ctx *ctx;
    uintptr_t handle; /* cgo.Handle of the Go Context */
    int wake_fd;      /* eventfd in the poll set */
    struct pollfd *fds;
    int nfds, fds_allocd;
    libxl_event_hooks event_hooks;
};

/* One asynchronous operation: what libxl may touch until it completes. */
struct xv_op {
    libxl_asyncop_how how;
    uint32_t domid;
    int fd;
    bool has_config;
    libxl_domain_config config;
    bool has_params;
    libxl_domain_restore_params params;
};

/* log.c */
void xv_log_init(struct xv_ctx *x, int fd, int min_level);
void xv_log_marker(struct xv_ctx *x, uint64_t number);
void xv_call_begin(uint64_t call);
void xv_call_end(void);

/* loop.c */
int xv_open(uintptr_t handle, int log_fd, int min_level, struct xv_ctx **out);
void xv_end(struct xv_ctx *x);
void xv_close(struct xv_ctx *x);
int xv_wait(struct xv_ctx *x);
void xv_dispatch(struct xv_ctx *x);
void xv_wake(struct xv_ctx *x);

/* op.c */
struct xv_op *xv_op_new(uintptr_t handle);
void xv_op_free(struct xv_op *op);
int xv_op_set_config(struct xv_ctx *x, struct xv_op *op, const char *json);
void xv_op_init_config(struct xv_op *op);
void xv_op_set_stream_version(struct xv_op *op, uint32_t version);

#endif
