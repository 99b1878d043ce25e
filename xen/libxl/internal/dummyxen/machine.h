#ifndef XENVOY_DUMMYXEN_MACHINE_H
#define XENVOY_DUMMYXEN_MACHINE_H

#include <stdbool.h>

/* The machine's CPUs 0 to 3 are online: two sockets, each a NUMA node of two cores. */
enum { MACHINE_CPUS = 6, MACHINE_NODES = 3, MACHINE_MAX_NODES = 64, MACHINE_SOCKETS = 2 };
/* Its only domain besides dom0, of one vCPU. */
enum { MACHINE_DOMAIN = 7 };

void machine_start(void);
void machine_stop(void);
bool machine_runs(void);
void machine_take_offline(int cpu);

/* The answers to hypercalls: 0 or more, or a negative errno. */
int machine_sysctl(void *sysctl);
int machine_domctl(void *domctl);
int machine_xsm(void *op);

#endif
