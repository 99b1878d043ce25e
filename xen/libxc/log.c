#include "glue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "_cgo_export.h"

/*
 * libxenctrl and libxenguest log on the thread that calls them, and never fork. So
 * a message may enter Go at once; the thread knows which call it makes.
 */

static __thread uintptr_t current_call; /* cgo.Handle of the Go call, 0 for none */

/* Calls nest: a save's callback may make another. */
uintptr_t xvc_call_begin(uintptr_t call)
{
    uintptr_t outer = current_call;

    current_call = call;
    return outer;
}

void xvc_call_end(uintptr_t outer) { current_call = outer; }

static void on_message(xentoollog_logger *logger, xentoollog_level level, int errnoval,
                       const char *context, const char *format, va_list al)
{
    struct xvc_logger *l = (struct xvc_logger *)logger;
    char text[XVC_LOG_TEXT];
    int saved = errno;

    if ((int)level < l->min_level || !current_call)
        return;
    int length = vsnprintf(text, sizeof text, format, al);
    if (length < 0)
        strcpy(text, "(a log message that could not be formatted)");
    xenvoyXCMessage(current_call, level, errnoval, (char *)(context ? context : ""), text,
                    length >= (int)sizeof text);
    errno = saved;
}

static void on_progress(xentoollog_logger *logger, const char *context, const char *doing_what,
                        int percent, unsigned long done, unsigned long total)
{
    int saved = errno;

    (void)logger;
    (void)context;
    if (current_call)
        xenvoyXCProgress(current_call, (char *)doing_what, percent, done, total);
    errno = saved;
}

static void on_destroy(xentoollog_logger *logger)
{
    (void)logger; /* its owner frees it */
}

struct xvc_logger *xvc_logger_new(int min_level)
{
    struct xvc_logger *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->logger.vmessage = on_message;
    l->logger.progress = on_progress;
    l->logger.destroy = on_destroy;
    l->min_level = min_level;
    return l;
}

/* Both loggers are ours: libxc would make the first write to stderr, the second to a file. */
xc_interface *xvc_open(struct xvc_logger *l)
{
    return xc_interface_open(&l->logger, &l->logger, 0);
}
