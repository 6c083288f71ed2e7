/* SPDX-License-Identifier: MIT */
/*
 * Privilege: what a capture needs to begin and must not keep.
 *
 *      root, or CAP_NET_RAW ──> interfaces opened ──> privilege_drop ──> packets
 *
 * After it the process is the user that was named, else the one who called sudo, else who it was;
 * it has no capability but, if asked, CAP_NET_RAW (an interface that comes back cannot be opened
 * without), none that it could get again from its bounding or ambient set, and cannot gain any by
 * exec (no_new_privs). A process that was root without sudo stays user 0, without its powers.
 *
 * Before any thread is made: the kernel keeps capabilities for each thread of its own.
 *
 * By system calls and not by libcap: linked, it would cost every process that reads a file memory.
 */
#ifndef WEIR_TOOLS_PRIVILEGE_H
#define WEIR_TOOLS_PRIVILEGE_H

#include <stdbool.h>

/* `user`: a name, or NULL. keep_raw: keep CAP_NET_RAW, if there is. Returns false when a line has
 * said what could not be dropped: then the process must not go on. */
bool privilege_drop(const char *user, bool keep_raw);

#endif
