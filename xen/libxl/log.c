#define _GNU_SOURCE
#include "glue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * libxl logs on any thread, often with its lock held, and in children that it has
 * forked and that never exec. So nothing here enters Go: a record is one packet on
 * a socket that a goroutine reads. A socket rather than a pipe: packets keep their
 * borders, and MSG_NOSIGNAL spares a child SIGPIPE when its parent has gone.
 */

static __thread uint64_t current_call;

void xv_call_begin(uint64_t call) { current_call = call; }
void xv_call_end(void) { current_call = 0; }

static void send_record(struct xv_ctx *x, struct xv_log_header *h, const char *context, const char *text)
{
    int saved = errno;
    size_t context_len = context ? strlen(context) : 0;
    size_t text_len = text ? strlen(text) : 0;
    pid_t self = getpid();

    h->cut = text_len > XV_LOG_TEXT;
    h->context_len = context_len > XV_LOG_CONTEXT ? XV_LOG_CONTEXT : context_len;
    h->text_len = h->cut ? XV_LOG_TEXT : text_len;
    h->child = self == x->creator ? 0 : self;
    struct iovec iov[3] = {
        {h, sizeof *h},
        {(void *)context, h->context_len},
        {(void *)text, h->text_len},
    };
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 3};
    while (sendmsg(x->log_fd, &msg, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
    errno = saved;
}

static void on_message(xentoollog_logger *logger, xentoollog_level level, int errnoval,
                       const char *context, const char *format, va_list al)
{
    struct xv_ctx *x = (struct xv_ctx *)logger;
    char text[XV_LOG_TEXT + 2]; /* one byte more than is sent, so that a cut shows */
    struct xv_log_header h = {.kind = XV_LOG_MESSAGE, .level = level, .errnoval = errnoval};

    if ((int)level < x->min_level)
        return;
    int saved = errno;
    if (vsnprintf(text, sizeof text, format, al) < 0)
        strcpy(text, "(a log message that could not be formatted)");
    errno = saved;
    h.call = current_call;
    send_record(x, &h, context, text);
}

static void on_progress(xentoollog_logger *logger, const char *context, const char *doing_what,
                        int percent, unsigned long done, unsigned long total)
{
    struct xv_ctx *x = (struct xv_ctx *)logger;
    struct xv_log_header h = {.kind = XV_LOG_PROGRESS, .level = XTL_PROGRESS, .errnoval = -1,
                              .percent = percent, .done = done, .total = total, .call = current_call};

    send_record(x, &h, context, doing_what);
}

static void on_destroy(xentoollog_logger *logger)
{
    (void)logger; /* it lives in its xv_ctx */
}

void xv_log_init(struct xv_ctx *x, int fd, int min_level)
{
    x->logger.vmessage = on_message;
    x->logger.progress = on_progress;
    x->logger.destroy = on_destroy;
    x->log_fd = fd;
    x->min_level = min_level;
    x->creator = getpid();
}

void xv_log_marker(struct xv_ctx *x, uint64_t number)
{
    struct xv_log_header h = {.kind = XV_LOG_MARKER, .call = number};

    send_record(x, &h, NULL, NULL);
}
