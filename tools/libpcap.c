/* SPDX-License-Identifier: MIT */
#include "libpcap.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

void *libpcap_open(void)
{
    static const char *const names[] = {"libpcap.so.0.8", "libpcap.so.1", "libpcap.so"};
    void *library = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    return library;
}

void libpcap_close(void *library)
{
    if (library) (void)dlclose(library);
}

/* POSIX's way around ISO C, which has no cast from void * to a pointer to a function. */
bool libpcap_find(void *library, const char *name, void *pointer)
{
    void *symbol = dlsym(library, name);
    memcpy(pointer, &symbol, sizeof symbol);
    return symbol != NULL;
}
