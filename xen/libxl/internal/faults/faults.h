#ifndef XENVOY_FAULTS_H
#define XENVOY_FAULTS_H

#include <stdlib.h>

int faults_arm(const char *name);
int faults_disarm(void);
const char *faults_name(int i);

#endif
