/* SPDX-License-Identifier: MIT */
/*
 * libpcap, loaded when it is wanted: linked, it and what it needs cost every process 170 KiB of
 * anonymous memory, also one that reads a file without a filter.
 */
#ifndef WEIR_TOOLS_LIBPCAP_H
#define WEIR_TOOLS_LIBPCAP_H

#include <stdbool.h>

/* The library, loaded until the process ends or libpcap_close; NULL: it is not there. */
void *libpcap_open(void);
void libpcap_close(void *library);

/* Fills *pointer, a pointer to a function, with the function of that name. false: there is none. */
bool libpcap_find(void *library, const char *name, void *pointer);

#endif
