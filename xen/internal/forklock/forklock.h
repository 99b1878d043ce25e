/*
 * libxencall's functions that take its cache_mutex, behind a lock that a fork takes first:
 * see forklock.go. All is static, for each file that puts definitions before libxencall's
 * own has a lock of its own; only one of them is ever in use.
 *
 * The file that includes this has _GNU_SOURCE defined.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <xencall.h>

/* Recursive, for libxencall's functions call each other. */
static pthread_mutex_t forklock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static struct {
    int (*close)(xencall_handle *);
    void *(*alloc_pages)(xencall_handle *, size_t);
    void (*free_pages)(xencall_handle *, void *, size_t);
    void *(*alloc)(xencall_handle *, size_t);
    void (*free)(xencall_handle *, void *);
} forklock_real;

static void forklock_before(void) { pthread_mutex_lock(&forklock); }

static void forklock_in_parent(void) { pthread_mutex_unlock(&forklock); }

/* The child's thread has another id than the owner of the lock. */
static void forklock_in_child(void)
{
    pthread_mutex_t fresh = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    forklock = fresh;
}

static void *forklock_next(const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);
    if (!f) {
        fprintf(stderr, "xenvoy: libxencall has no %s\n", name);
        abort();
    }
    return f;
}

__attribute__((constructor)) static void forklock_prepare(void)
{
    forklock_real.close = forklock_next("xencall_close");
    forklock_real.alloc_pages = forklock_next("xencall_alloc_buffer_pages");
    forklock_real.free_pages = forklock_next("xencall_free_buffer_pages");
    forklock_real.alloc = forklock_next("xencall_alloc_buffer");
    forklock_real.free = forklock_next("xencall_free_buffer");
    if (pthread_atfork(forklock_before, forklock_in_parent, forklock_in_child) != 0) {
        fprintf(stderr, "xenvoy: no memory to make forks safe\n");
        abort();
    }
}

static inline int forklock_close(xencall_handle *h)
{
    pthread_mutex_lock(&forklock);
    int result = forklock_real.close(h);
    pthread_mutex_unlock(&forklock);
    return result;
}

static inline void *forklock_alloc_buffer_pages(xencall_handle *h, size_t pages)
{
    pthread_mutex_lock(&forklock);
    void *result = forklock_real.alloc_pages(h, pages);
    pthread_mutex_unlock(&forklock);
    return result;
}

static inline void forklock_free_buffer_pages(xencall_handle *h, void *p, size_t pages)
{
    pthread_mutex_lock(&forklock);
    forklock_real.free_pages(h, p, pages);
    pthread_mutex_unlock(&forklock);
}

static inline void *forklock_alloc_buffer(xencall_handle *h, size_t size)
{
    pthread_mutex_lock(&forklock);
    void *result = forklock_real.alloc(h, size);
    pthread_mutex_unlock(&forklock);
    return result;
}

static inline void forklock_free_buffer(xencall_handle *h, void *p)
{
    pthread_mutex_lock(&forklock);
    forklock_real.free(h, p);
    pthread_mutex_unlock(&forklock);
}
