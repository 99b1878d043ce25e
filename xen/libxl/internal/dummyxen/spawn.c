#define _GNU_SOURCE
#include "dummyxen.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>
#include <libxl.h>
#include <libxl_event.h>

/* How the context that was opened last forks. */
static const libxl_childproc_hooks *hooks;
static void *hooks_user;

void libxl_childproc_setmode(libxl_ctx *ctx, const libxl_childproc_hooks *h, void *user)
{
    void (*real)(libxl_ctx *, const libxl_childproc_hooks *, void *) = dlsym(RTLD_NEXT, "libxl_childproc_setmode");

    hooks = h;
    hooks_user = user;
    real(ctx, h, user);
}

/* As libxl_exec.c, when it is interrupted before the process in the middle tells of the pid. */
int dummyxen_spawn(char **argv)
{
    int status;
    pid_t middle = hooks->fork_replacement(hooks_user);

    if (middle == 0) {
        pid_t pid = hooks->fork_replacement(hooks_user);
        if (pid == 0) {
            execvp(argv[0], argv);
            _exit(127);
        }
        _exit(pid < 0);
    }
    if (middle < 0)
        return -1;
    while (waitpid(middle, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status ? -1 : 0;
}
