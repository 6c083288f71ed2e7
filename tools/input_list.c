/* SPDX-License-Identifier: MIT */
#include "input_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "input.h"
#include "say.h"
#include "trouble.h"

/* The analyzer of gcc 12 takes names for lost when the list that has them moves. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/* ── Entries ─────────────────────────────────────────────────────────────────────────────────── */

/* Takes *path over. */
static bool add(input_list *list, char *path)
{
    if (path && list->count == list->room) {
        const size_t room = list->room ? 2 * list->room : 16;
        input_entry *entries = realloc(list->entries, room * sizeof *entries);
        if (entries) list->entries = entries;
        if (entries) list->room = room;
    }
    if (path && list->count < list->room) {
        list->entries[list->count++] = (input_entry){.path = path, .link_type = -1};
        return true;
    }
    free(path);
    say("no memory for the names of the inputs");
    return false;
}

static bool is_directory(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static bool is_file(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

/* ── Looking into them ───────────────────────────────────────────────────────────────────────── */

typedef enum sort { CAPTURE, FOREIGN, UNREADABLE } sort;

/* Looks at the beginning of a file: which it is, its size, its first time stamp. Says why it is no
 * CAPTURE. */
static int look(input_entry *entry, reader *r, sort *is)
{
    int exit_code = EXIT_OK;
    reader_source source;
    reader_batch batch;
    unpack unpacked;
    input in;
    *is = UNREADABLE;
    if (!input_open(&in, entry->path)) return EXIT_FAILED;
    source = input_source(&in);
    unpack_open(&unpacked, &source);
    source = unpack_source(&unpacked);
    reader_open(r, &source);
    if (reader_next(r, 1, &batch) > 0) {
        entry->first_ns = batch.packets[0].time_ns;
        entry->link_type = batch.link_type;
    }
    entry->size_bytes = in.size_bytes;
    entry->device = in.device;
    entry->file = in.file;
    if (!trouble_is_hopeless(r, &unpacked)) *is = CAPTURE;
    if (trouble_is_foreign(r, &unpacked)) *is = FOREIGN;
    if (*is != CAPTURE) exit_code = trouble_say(in.name, r, &unpacked);
    unpack_close(&unpacked);
    input_close(&in);
    return exit_code;
}

/* ── Directories ─────────────────────────────────────────────────────────────────────────────── */

/* DIR/name of what may be a capture, else NULL; *failed: there is no memory for it. */
static char *path_of(const char *folder, const char *name, bool *failed)
{
    const size_t bytes = strlen(folder) + strlen(name) + 2;
    char *path;
    if (name[0] == '.') return NULL;
    path = malloc(bytes);
    *failed = path == NULL;
    if (!path) return NULL;
    (void)snprintf(path, bytes, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/",
                   name);
    if (is_file(path)) return path;
    free(path);
    return NULL;
}

static bool add_names(input_list *list, const char *folder, DIR *open)
{
    const struct dirent *entry;
    bool failed = false;
    while (!failed && (entry = readdir(open))) {
        char *path = path_of(folder, entry->d_name, &failed);
        if (failed || (path && !add(list, path))) return false;
    }
    return true;
}

static int by_time(const void *a, const void *b)
{
    const input_entry *one = a, *other = b;
    if (one->first_ns != other->first_ns) return one->first_ns < other->first_ns ? -1 : 1;
    return strverscmp(one->path, other->path);
}

/* Drops from `begin` on what is no capture, after it was said why, and sorts the others. */
static void sort_out(input_list *list, size_t begin, reader *r)
{
    size_t i, kept = begin;
    for (i = begin; i < list->count; i++) {
        sort is;
        (void)look(&list->entries[i], r, &is);
        list->entries[i].found = true;
        list->incomplete |= is == UNREADABLE;
        if (is == CAPTURE)
            list->entries[kept++] = list->entries[i];
        else
            free(list->entries[i].path);
    }
    list->count = kept;
    if (kept > begin) qsort(list->entries + begin, kept - begin, sizeof *list->entries, by_time);
}

static int add_directory(input_list *list, const char *folder, reader *r)
{
    const size_t begin = list->count;
    DIR *open = opendir(folder);
    bool good;
    if (!open) {
        say("%s: %s; check the name given with -r", folder, strerror(errno));
        return EXIT_FAILED;
    }
    good = add_names(list, folder, open);
    (void)closedir(open);
    if (!good) return EXIT_FAILED;
    sort_out(list, begin, r);
    if (list->count > begin) return EXIT_OK;
    say("%s: no capture is in this directory; directories in it are not looked into", folder);
    return EXIT_FAILED;
}

/* ── What -r names ───────────────────────────────────────────────────────────────────────────── */

static int add_path(input_list *list, const char *path, reader *r)
{
    sort is;
    if (strcmp(path, "-") != 0 && is_directory(path)) return add_directory(list, path, r);
    if (!add(list, strdup(path))) return EXIT_FAILED;
    return input_is_stream(path) ? EXIT_OK : look(&list->entries[list->count - 1], r, &is);
}

/* ── Twins ───────────────────────────────────────────────────────────────────────────────────── */

/* The same files side by side, in the order in which they are read. */
static int by_file(const void *a, const void *b)
{
    const input_entry *one = *(input_entry *const *)a, *other = *(input_entry *const *)b;
    if (one->device != other->device) return one->device < other->device ? -1 : 1;
    if (one->file != other->file) return one->file < other->file ? -1 : 1;
    return one < other ? -1 : 1;
}

/* Whoever names a file twice gets it twice, and is told: once, not a hundred times. */
static void say_twin(const input_entry *before, const input_entry *entry, bool *said)
{
    if (entry->found)
        say("%s is the same file as %s, and is read once", entry->path, before->path);
    else if (!*said)
        say("%s is given twice, and its packets count twice; give it once", entry->path);
    *said |= !entry->found;
}

static bool mark_twins(const input_list *list)
{
    input_entry **order = malloc((list->count + 1) * sizeof(input_entry *));
    bool said = false;
    if (!order) return false;
    for (size_t i = 0; i < list->count; i++)
        order[i] = &list->entries[i];
    qsort(order, list->count, sizeof(input_entry *), by_file);
    for (size_t i = 1; i < list->count; i++) {
        if (order[i]->file == 0 || order[i]->file != order[i - 1]->file ||
            order[i]->device != order[i - 1]->device)
            continue;
        order[i]->twin = true;
        say_twin(order[i - 1], order[i], &said);
    }
    free(order);
    return true;
}

/* Without memory to find them: as the names say. */
static void drop_twins(input_list *list)
{
    size_t kept = 0;
    if (!mark_twins(list)) return;
    for (size_t i = 0; i < list->count; i++) {
        if (list->entries[i].twin && list->entries[i].found)
            free(list->entries[i].path);
        else
            list->entries[kept++] = list->entries[i];
    }
    list->count = kept;
}

/* ── The whole ───────────────────────────────────────────────────────────────────────────────── */

/* Once: who has a hundred files in the wrong order need not read it a hundred times. */
static void say_out_of_order(const input_list *list)
{
    const input_entry *before = NULL;
    size_t i;
    for (i = 0; i < list->count; i++) {
        const input_entry *entry = &list->entries[i];
        if (entry->first_ns == 0) continue;
        if (before && entry->first_ns < before->first_ns) {
            say("%s begins before %s, which is read before it; give files in order of time, or "
                "their directory, which is sorted",
                entry->path, before->path);
            return;
        }
        before = entry;
    }
}

static void add_sizes(input_list *list)
{
    size_t i;
    for (i = 0; i < list->count; i++) {
        if (list->entries[i].size_bytes == 0) { /* a stream: nobody knows how much will come */
            list->total_bytes = 0;
            return;
        }
        list->total_bytes += list->entries[i].size_bytes;
    }
}

int input_list_make(input_list *list, const options *o, reader *r)
{
    int exit_code = EXIT_OK;
    size_t i;
    memset(list, 0, sizeof *list);
    for (i = 0; i < o->input_count && exit_code == EXIT_OK; i++)
        exit_code = add_path(list, o->inputs[i], r);
    if (exit_code != EXIT_OK) return exit_code;
    drop_twins(list);
    say_out_of_order(list);
    add_sizes(list);
    return EXIT_OK;
}

void input_list_free(input_list *list)
{
    size_t i;
    for (i = 0; i < list->count; i++)
        free(list->entries[i].path);
    free(list->entries);
    memset(list, 0, sizeof *list);
}
