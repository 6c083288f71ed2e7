/* SPDX-License-Identifier: MIT */
/*
 * Stream files: a file a direction, in one directory, with a bounded number of descriptors.
 *
 * The least recently written one is closed when another is needed, or when the system has no
 * descriptor left, and opened again on demand. Nothing is kept for a file that is closed: its name
 * is made anew from the connection, whether it exists already is the caller's to know. A file has
 * ".part" behind its name until its direction is over: whoever looks sees whole streams under their
 * own names, or none.
 */
#ifndef WEIR_TOOLS_STREAM_FILES_H
#define WEIR_TOOLS_STREAM_FILES_H

#include <stdbool.h>

#include "weir/weir.h"

enum { STREAM_FILES_OPEN = 64, STREAM_NAME_BYTES = 192 };

typedef struct stream_files {
    int directory;
    bool in_place;  /* bytes go to their stream offset; else behind what is there */
    uint64_t clock; /* counts writes, for the least recent */
    uint64_t created;
    struct stream_file {
        uint64_t key; /* connection and direction; 0: free */
        uint64_t used;
        int fd;
    } open[STREAM_FILES_OPEN];
} stream_files;

/* A direction of a connection. */
typedef struct stream_name {
    uint64_t id; /* of the connection */
    weir_direction direction;
    uint32_t ordinal;
    bool exists; /* was written to before; set by stream_files_write */
} stream_name;

/* `directory` is lent. */
void stream_files_begin(stream_files *files, int directory, bool in_place);

/* Closes all. Returns 0, or the errno of the last that failed. */
int stream_files_end(stream_files *files);

/* CLIENT.PORT-SERVER.PORT-ORDINAL.c2s; with "-vlanN" (outer first) and "-tunnelN" before the dot
 * where there are. */
void stream_files_name(const weir_conn_info *info, const stream_name *which,
                       char name[STREAM_NAME_BYTES]);

/* Writes spans of a direction. The first write makes the file, or empties an old one. Returns 0 or
 * an errno. */
int stream_files_write(stream_files *files, const weir_conn *conn, stream_name *which,
                       const weir_span *spans, size_t count);

/* Makes the file at least so long, with zeros that take no room. For in_place. Returns 0 or an
 * errno. */
int stream_files_extend(stream_files *files, const weir_conn *conn, stream_name *which,
                        uint64_t bytes);

/* The direction, written to before, is over: closes its descriptor and gives the file its name,
 * which is returned in `name`. Returns 0 or an errno. */
int stream_files_close(stream_files *files, const weir_conn_info *info, const stream_name *which,
                       char name[STREAM_NAME_BYTES]);

#endif
