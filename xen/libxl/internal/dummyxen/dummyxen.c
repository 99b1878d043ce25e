#define _GNU_SOURCE
#include "dummyxen.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xentoollog.h>

/*
 * The dynamic linker finds these definitions, in the program, before those in the
 * shared libraries.
 */

struct xs_handle;

static bool enabled; /* for the whole time a dummy context lives */
static bool real_store;
static char fake_store; /* its address is the handle */

void dummyxen_enable(void) { enabled = true; }
void dummyxen_disable(void) { enabled = real_store = false; }
void dummyxen_real_store(void) { real_store = true; }
bool dummyxen_enabled(void) { return enabled; }

/* Says whether it is a dummy context's connection to xenstore. */
bool dummyxen_owns(const void *handle) { return handle == &fake_store; }

xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild, unsigned flags)
{
    xc_interface *(*real)(xentoollog_logger *, xentoollog_logger *, unsigned) = dlsym(RTLD_NEXT, "xc_interface_open");

    return real(logger, dombuild, enabled ? flags | XC_OPENFLAG_DUMMY : flags);
}

struct xs_handle *xs_open(unsigned long flags)
{
    struct xs_handle *(*real)(unsigned long) = dlsym(RTLD_NEXT, "xs_open");

    return enabled && !real_store ? (struct xs_handle *)&fake_store : real(flags);
}

void xs_close(struct xs_handle *h)
{
    void (*real)(struct xs_handle *) = dlsym(RTLD_NEXT, "xs_close");

    if (h != (struct xs_handle *)&fake_store)
        real(h);
}

void dummyxen_log(void *logger, int level, const char *text, int count)
{
    while (count-- > 0)
        xtl_log(logger, level, -1, "test", "%s", text);
}

void dummyxen_progress(void *logger, const char *doing, unsigned long done, unsigned long total)
{
    xtl_progress(logger, "test", doing, done, total);
}

int dummyxen_log_from_child(void *logger, int level, const char *text)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        xtl_log(logger, level, -1, "test", "%s", text);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        return -1;
    return pid;
}
