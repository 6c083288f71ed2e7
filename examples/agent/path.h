/* SPDX-License-Identifier: MIT */
/*
 * Path: what a request asked for, without what differs from one request to the next.
 *
 *      /v2/users/4711/orders/9f86d081-884c-4d63?page=2   ──>   /v2/users/{id}/orders/{id}
 *
 * A part is an id if it is a number, or has 8 characters and a digit, or 25 characters. So "v2" and
 * "oauth2" stay. Scheme and host of a proxy's request go, and so does the query. What is no path, as
 * of OPTIONS * or CONNECT host:443, stays as it is.
 */
#ifndef AGENT_PATH_H
#define AGENT_PATH_H

#include <stddef.h>

enum { PATH_MAX_BYTES = 80 }; /* of what comes out, with its 0; longer ends in "..." */

/* Folds url[0 .. length) into `path`. `cut`: it was longer, and the last part is not whole. */
void path_fold(char path[static PATH_MAX_BYTES], const char *url, size_t length, int cut);

#endif
