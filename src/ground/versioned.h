/* SPDX-License-Identifier: MIT */
/*
 * Structs that begin with `size_t struct_size`: an old program meets a new library, and the other
 * way round.
 *
 *      given, smaller    an older program: the fields it does not know keep their defaults
 *      given, larger     a newer program: accepted while all that we do not know is zero
 *      filled            only as many bytes as the program has; what we do not know becomes zero
 *
 * struct_size itself is the program's: reading sets ours, filling leaves theirs.
 */
#ifndef WEIR_VERSIONED_H
#define WEIR_VERSIONED_H

#include <string.h>

#include "weir/weir.h"

/* A struct_size further beyond ours was never set, and reading that far would leave the struct. */
#define WEIR_VERSIONED_GROWTH ((size_t)4096)

/* struct_size as given; 0 if it is missing or cannot be one. */
static inline size_t weir_versioned_size(size_t own_bytes, const void *given)
{
    size_t bytes;
    memcpy(&bytes, given, sizeof bytes);
    return bytes >= sizeof bytes && bytes <= own_bytes + WEIR_VERSIONED_GROWTH ? bytes : 0;
}

/* Sets *given up as the defaults in *own say. NULL is legal. */
static inline void weir_versioned_init(void *given, size_t bytes, const void *own, size_t own_bytes)
{
    if (!given || bytes < sizeof bytes) return;
    memset(given, 0, bytes);
    memcpy(given, own, bytes < own_bytes ? bytes : own_bytes);
    memcpy(given, &bytes, sizeof bytes);
}

/* Copies *given over *own, which holds the defaults. WEIR_ERR_STRUCT_SIZE: nothing copied. */
static inline int weir_versioned_read(void *own, size_t own_bytes, const void *given)
{
    const unsigned char *byte = given;
    size_t bytes = weir_versioned_size(own_bytes, given);
    if (bytes == 0) return WEIR_ERR_STRUCT_SIZE;
    for (size_t i = own_bytes; i < bytes; i++) {
        if (byte[i] != 0) return WEIR_ERR_STRUCT_SIZE;
    }
    memcpy(own, given, bytes < own_bytes ? bytes : own_bytes);
    memcpy(own, &own_bytes, sizeof own_bytes);
    return WEIR_OK;
}

/* Fills *given from *own. WEIR_ERR_STRUCT_SIZE: nothing filled. */
static inline int weir_versioned_fill(void *given, const void *own, size_t own_bytes)
{
    unsigned char *to = given;
    const unsigned char *from = own;
    size_t bytes = weir_versioned_size(own_bytes, given);
    size_t common = bytes < own_bytes ? bytes : own_bytes;
    if (bytes == 0) return WEIR_ERR_STRUCT_SIZE;
    memcpy(to + sizeof(size_t), from + sizeof(size_t), common - sizeof(size_t));
    memset(to + common, 0, bytes - common);
    return WEIR_OK;
}

#endif
