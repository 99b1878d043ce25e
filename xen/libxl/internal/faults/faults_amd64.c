#define _GNU_SOURCE
#include "faults.h"

#include <dlfcn.h>
#include <string.h>

/* The members' places are known to the code in FAULT. */
struct fault {
    void *real;     /*  0: libxl's own function */
    long value;     /*  8: what failure looks like */
    int armed;      /* 16 */
    int hits;       /* 20 */
    const char *name;
};

/*
 * A function of libxl's name. It leaves registers and stack as they are, so that it
 * fits every signature; r11 is free between caller and callee (System V ABI, 3.2.1).
 */
#define FAULT(name, value)                                         \
    struct fault fault_##name = {NULL, value, 0, 0, #name};        \
    __asm__(".text\n"                                              \
            ".globl " #name "\n"                                   \
            ".type " #name ", @function\n" #name ":\n"             \
            "  leaq fault_" #name "(%rip), %r11\n"                 \
            "  cmpl $0, 16(%r11)\n"                                \
            "  jne 1f\n"                                           \
            "  jmp *(%r11)\n"                                      \
            "1: decl 16(%r11)\n"                                   \
            "  incl 20(%r11)\n"                                    \
            "  movq 8(%r11), %rax\n"                               \
            "  ret\n"                                              \
            ".size " #name ", .-" #name "\n");

#include "functions_gen.h"

#undef FAULT
#define FAULT(name, value) &fault_##name,
static struct fault *const all[] = {
#include "functions_gen.h"
    NULL,
};

/* Before main, so before anything of libxl is called. */
__attribute__((constructor)) static void resolve(void)
{
    for (struct fault *const *f = all; *f; f++)
        (*f)->real = dlsym(RTLD_NEXT, (*f)->name);
}

int faults_arm(const char *name)
{
    for (struct fault *const *f = all; *f; f++) {
        if (strcmp((*f)->name, name) == 0) {
            (*f)->armed = 1;
            return 0;
        }
    }
    return -1;
}

int faults_disarm(void)
{
    int hits = 0;

    for (struct fault *const *f = all; *f; f++) {
        (*f)->armed = 0;
        hits += (*f)->hits;
        (*f)->hits = 0;
    }
    return hits;
}

const char *faults_name(int i) { return all[i] ? all[i]->name : NULL; }
