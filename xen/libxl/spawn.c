#define _GNU_SOURCE
#include "glue.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * fork() for libxl.
 *
 * libxl starts a device model by way of a process in the middle (libxl_exec.c), which
 * forks the device model and writes its pid to xenstore. When the operation is aborted,
 * libxl kills the one in the middle; if that has not written the pid yet, libxl knows
 * nothing of the device model, and nobody ends it. So each process that the middle one
 * forks reports itself here, through a pipe that the Context opened for the middle one.
 * Nobody tells when it has ended, after which its pid can become another's; so a report
 * has the time of the process's start, too.
 * The pipe comes to its end when no report can follow: the middle process closes it once
 * it has forked, and dies otherwise; the other closes it by exec, or dies.
 */

/* One fork at a time in this process, so that no child gets another's pipe. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/*
 * The Go runtime has handlers for most signals. In the child, until it execs or exits,
 * they would swallow the SIGTERM that stops a helper, or enter a runtime whose other
 * threads are gone. exec would reset them; this does it at once.
 */
static void reset_signals(void)
{
    for (int sig = 1; sig < NSIG; sig++) {
        struct sigaction sa;
        if (sigaction(sig, NULL, &sa) || sa.sa_handler == SIG_DFL || sa.sa_handler == SIG_IGN)
            continue;
        memset(&sa, 0, sizeof sa);
        sa.sa_handler = SIG_DFL;
        sigaction(sig, &sa, NULL);
    }
}

static pid_t fork_quietly(void)
{
    sigset_t all, old;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t pid = fork();
    int saved = errno;
    if (pid == 0)
        reset_signals();
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = saved;
    return pid;
}

/*
 * Returns when this process began, in ticks since the machine's start, as the kernel tells
 * it in field 22 of "PID (NAME) STATE PPID …"; 0 when it does not. For a forked child: there
 * are only system calls, and nothing that takes a lock.
 */
static uint64_t start_time(void)
{
    char stat[1024]; /* the fields up to that one are shorter */
    ssize_t n;
    uint64_t ticks = 0;
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return 0;
    while ((n = read(fd, stat, sizeof stat - 1)) < 0 && errno == EINTR)
        ;
    close(fd);
    stat[n < 0 ? 0 : n] = 0;
    const char *p = strrchr(stat, ')'); /* the name may contain anything */
    for (int field = 3; p && field <= 22; field++)
        p = strchr(p + 1, ' ');
    if (!p)
        return 0;
    while (*++p >= '0' && *p <= '9')
        ticks = ticks * 10 + (*p - '0');
    return ticks;
}

/* fork() in a forked child: the new process reports itself. */
static pid_t fork_and_report(struct xv_ctx *x)
{
    pid_t pid = fork_quietly();

    if (pid == 0) {
        struct xv_report self = {.pid = getpid(), .start = start_time()};
        while (write(x->report_fd, &self, sizeof self) < 0 && errno == EINTR)
            ;
        return 0; /* exec closes the pipe */
    }
    int saved = errno;
    close(x->report_fd);
    errno = saved;
    return pid;
}

/* Reads the reports that have come. Returns true at the pipe's end. Holds x->births_lock. */
static bool read_reports(struct xv_ctx *x, struct xv_birth *b)
{
    for (;;) {
        struct xv_report r;
        ssize_t n = read(b->fd, &r, sizeof r); /* writes of this size are whole */
        if (n == sizeof r) {
            x->born[x->nborn++ % XV_BORN] = r;
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        return n == 0 || (n < 0 && errno != EAGAIN);
    }
}

/* Takes what has been reported and drops pipes that have ended. Returns one that has not. */
static int sweep(struct xv_ctx *x)
{
    int open = -1;

    pthread_mutex_lock(&x->births_lock);
    for (struct xv_birth **p = &x->births; *p;) {
        struct xv_birth *b = *p;
        if (read_reports(x, b)) {
            *p = b->next;
            close(b->fd);
            free(b);
            continue;
        }
        open = b->fd;
        p = &b->next;
    }
    pthread_mutex_unlock(&x->births_lock);
    return open;
}

/* libxl calls this with its lock held, and the process in the middle once more. */
pid_t xv_fork(void *user)
{
    struct xv_ctx *x = user;
    int fds[2];

    if (getpid() != x->creator)
        return fork_and_report(x);
    sweep(x);
    struct xv_birth *b = calloc(1, sizeof *b);
    if (!b)
        return -1;
    pthread_mutex_lock(&one_at_a_time);
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK)) {
        pthread_mutex_unlock(&one_at_a_time);
        free(b);
        return -1;
    }
    pid_t pid = fork_quietly();
    if (pid == 0) {
        x->report_fd = fds[1];
        return 0; /* one_at_a_time stays locked here, where nobody takes it */
    }
    int saved = errno;
    close(fds[1]);
    pthread_mutex_unlock(&one_at_a_time);
    b->fd = fds[0];
    pthread_mutex_lock(&x->births_lock);
    b->next = x->births;
    x->births = b;
    pthread_mutex_unlock(&x->births_lock);
    errno = saved;
    return pid;
}

/*
 * Waits until every process that could still report has done so, at most timeout ms for
 * each of them, and copies the last reports. Some are of processes that have ended long
 * since.
 */
int xv_born(struct xv_ctx *x, struct xv_report *reports, int timeout)
{
    for (int fd; (fd = sweep(x)) >= 0;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int n = poll(&p, 1, timeout);
        if (n == 0)
            break;
    }
    pthread_mutex_lock(&x->births_lock);
    int n = x->nborn < XV_BORN ? x->nborn : XV_BORN;
    memcpy(reports, x->born, n * sizeof *reports);
    pthread_mutex_unlock(&x->births_lock);
    return n;
}

void xv_births_init(struct xv_ctx *x)
{
    pthread_mutex_init(&x->births_lock, NULL);
}

void xv_births_free(struct xv_ctx *x)
{
    while (x->births) {
        struct xv_birth *b = x->births;
        x->births = b->next;
        close(b->fd);
        free(b);
    }
    pthread_mutex_destroy(&x->births_lock);
}
