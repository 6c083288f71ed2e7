/* SPDX-License-Identifier: MIT */
/*
 * Input list: the files that -r names, in the order in which they are read.
 *
 *      -r a  -r DIR  -r b   ──>   a,  DIR's captures by the time of their first packet,  b
 *
 * The order given is kept, and a file that begins before the one that is read before it is said:
 * packets whose time runs backwards end nothing too early, but what waits for time to pass waits
 * longer. A directory's files are sorted, because neither a shell nor readdir has the order of
 * capture: tcpdump -C writes cap, cap1 … cap10, where cap10 sorts before cap2. Files of one moment,
 * and those without a packet, are in the order of their names, numbers in them as numbers.
 *
 * What a directory holds beside captures is left out, and said. If it may be a capture all the same
 * (no right to read it, damaged, packed in another way), the input is incomplete. A file that has been
 * named before, by -r or as a link beside it (latest -> cap12), is left out too. Names with a dot first
 * and directories in it are passed over.
 *
 * All files are looked at before the first is read, so that a long run does not end at a wrong name
 * in its middle, nor at a link type that the filter does not know. Memory: a name and 64 bytes for each.
 */
#ifndef WEIR_TOOLS_INPUT_LIST_H
#define WEIR_TOOLS_INPUT_LIST_H

#include "options.h"
#include "reader.h"

typedef struct input_entry {
    char *path;
    uint64_t size_bytes;
    uint64_t first_ns; /* of its first packet; 0: none, or not looked at */
    int link_type;     /* likewise; -1 */
    uint64_t device;   /* these two say which file it is; 0: not looked at */
    uint64_t file;
    bool found; /* in a directory */
    bool twin;  /* the same file comes before it */
} input_entry;

typedef struct input_list {
    input_entry *entries;
    size_t count;
    size_t room;
    uint64_t total_bytes; /* 0 if not all have a size */
    bool incomplete;      /* what may be a capture was left out */
} input_list;

/* Makes the list; `r` is used to look into files. Returns EXIT_OK, or an exit code when a line has
 * said what is wrong. input_list_free in both cases. */
int input_list_make(input_list *list, const options *o, reader *r);
void input_list_free(input_list *list);

#endif
