#include "forks.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenctrl.h>

/* How long a child may take: on an emulated CPU it needs some milliseconds. */
#define PATIENCE 10

static atomic_int stop;

/* As libxl's own calls do: a buffer is taken for each. */
static void use(xc_interface *xc)
{
    xc_domaininfo_t info;
    (void)xc_domain_getinfolist(xc, 0, 1, &info);
}

static void *keep_using(void *xc)
{
    while (!stop)
        use(xc);
    return NULL;
}

static int one_child(xc_interface *xc)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0) {
        signal(SIGALRM, SIG_DFL);
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_UNBLOCK, &all, NULL);
        alarm(PATIENCE);
        use(xc);
        _exit(0);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return !WIFEXITED(status);
}

int hung(int children, int busy)
{
    pthread_t threads[16];
    int n = 0, rc = 0, started = 0;
    xc_interface *xc = xc_interface_open(NULL, NULL, 0);

    if (!xc)
        return -errno;
    if (busy > 16)
        busy = 16;
    stop = 0;
    while (started < busy && pthread_create(&threads[started], NULL, keep_using, xc) == 0)
        started++;
    for (int i = 0; i < children && rc >= 0; i++) {
        rc = one_child(xc);
        if (rc > 0)
            n++;
    }
    stop = 1;
    while (started > 0)
        pthread_join(threads[--started], NULL);
    xc_interface_close(xc);
    return rc < 0 ? rc : n;
}
