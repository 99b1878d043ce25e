/*
 * The C half of package libxl: a logger that is safe in forked children, the
 * event loop's steps, and memory that must outlive a call into libxl.
 */
#ifndef XENVOY_LIBXL_GLUE_H
#define XENVOY_LIBXL_GLUE_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>
#include <libxl.h>
#include <libxl_event.h>
#include <libxl_utils.h>

#include "types_gen.h"

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

/* A pipe through which forked processes report themselves: see spawn.c. */
struct xv_birth {
    struct xv_birth *next;
    int fd;
};

/* What it reports: this pid is its own only while the process of that pid began then. */
struct xv_report {
    int64_t pid;
    uint64_t start; /* in ticks since the machine's start; 0 when it is not known */
};

#define XV_BORN 64 /* so many of them are remembered */

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

    pthread_mutex_t births_lock; /* of the next three; held for moments only */
    struct xv_birth *births;
    struct xv_report born[XV_BORN]; /* a ring */
    unsigned nborn;
    int report_fd; /* in a forked child: where its own children report themselves */
};

/* A structure of libxl_types.idl: how to make, end, read and write one. */
struct xv_type {
    const char *name;
    size_t size;
    void (*init)(void *p);
    void (*dispose)(void *p); /* NULL for a structure that holds no memory */
    int (*from_json)(libxl_ctx *ctx, void *p, const char *text);
    char *(*to_json)(libxl_ctx *ctx, void *p);
};

/* A structure in memory of its own. */
struct xv_value {
    const struct xv_type *type;
    void *p;
};

/* One asynchronous operation: what libxl may touch until it completes. */
struct xv_op {
    libxl_asyncop_how how;
    libxl_asyncprogress_how console_how;
    uint32_t domid;
    int fds[2];                /* closed with the operation; -1 for none */
    struct xv_value values[2]; /* structures that the call is given */
    libxl_bitmap bitmap;
    char *text;   /* a text that the call is given */
    char *output; /* a text that libxl gives */
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

/* spawn.c */
pid_t xv_fork(void *user);
int xv_born(struct xv_ctx *x, struct xv_report *reports, int timeout);
void xv_births_init(struct xv_ctx *x);
void xv_births_free(struct xv_ctx *x);

/* op.c */
struct xv_op *xv_op_new(uintptr_t handle);
void xv_op_free(struct xv_op *op);
void xv_op_want_console(struct xv_op *op);

/* release.c */
uint32_t xv_arch_capabilities(const libxl_physinfo *p);

/* console.c */
int xv_console_exec(libxl_ctx *ctx, uint32_t domid, int number, libxl_console_type type);
int xv_primary_console_exec(libxl_ctx *ctx, uint32_t domid);

/* device.c */
#ifdef LIBXL_HAVE_P9_ADD
#define XV_HAVE_P9_ADD 1 /* Xen 4.19 */
#else
#define XV_HAVE_P9_ADD 0
#endif
int xv_device_vsnd_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_vsnd *vsnd, libxl_vsndinfo *info);
int xv_device_usbctrl_getinfo(libxl_ctx *ctx, uint32_t domid, const libxl_device_usbctrl *usbctrl, libxl_usbctrlinfo *info);
int xv_ctrlport_to_device_usbdev(libxl_ctx *ctx, uint32_t domid, int ctrl, int port, libxl_device_usbdev *usbdev);
int xv_device_pci_add(libxl_ctx *ctx, uint32_t domid, libxl_device_pci *pci, const libxl_asyncop_how *how);
int xv_device_pci_remove(libxl_ctx *ctx, uint32_t domid, libxl_device_pci *pci, const libxl_asyncop_how *how);
int xv_device_pci_destroy(libxl_ctx *ctx, uint32_t domid, libxl_device_pci *pci, const libxl_asyncop_how *how);
void xv_device_channel_list_free(libxl_device_channel *list, int num);
int xv_device_9pfs_add(libxl_ctx *ctx, uint32_t domid, libxl_device_p9 *p9, const libxl_asyncop_how *how);

/* value.c; xv_libxl_device_disk and so on are the types */
#define XV_DECLARE(T) extern const struct xv_type xv_##T;
XV_TYPES(XV_DECLARE, XV_DECLARE)
int xv_value_init(struct xv_value *v, const struct xv_type *type);
void xv_value_free(struct xv_value *v);
void xv_value_forget(struct xv_value *v);
int xv_parse(libxl_ctx *ctx, const struct xv_type *type, void *p, const char *text);
char *xv_write(libxl_ctx *ctx, const struct xv_type *type, void *p);

#endif
