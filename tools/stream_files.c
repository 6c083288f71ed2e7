/* SPDX-License-Identifier: MIT */
#include "stream_files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { VECTOR_MAX = 64, PART_NAME_BYTES = STREAM_NAME_BYTES + 8 };

static const char part_suffix[] = ".part";

/* ── Names ───────────────────────────────────────────────────────────────────────────────────── */

void stream_files_name(const weir_conn_info *info, const stream_name *which,
                       char name[STREAM_NAME_BYTES])
{
    const int family = info->family == 4 ? AF_INET : AF_INET6;
    char source[INET6_ADDRSTRLEN] = "", destination[INET6_ADDRSTRLEN] = "";
    char vlan[32] = "", tunnel[32] = "";
    (void)inet_ntop(family, info->source, source, sizeof source);
    (void)inet_ntop(family, info->destination, destination, sizeof destination);
    if (info->vlan >> 16)
        (void)snprintf(vlan, sizeof vlan, "-vlan%u.%u", (unsigned)(info->vlan >> 16),
                       (unsigned)(info->vlan & 0xffff));
    else if (info->vlan)
        (void)snprintf(vlan, sizeof vlan, "-vlan%u", (unsigned)info->vlan);
    if (info->tunnel) (void)snprintf(tunnel, sizeof tunnel, "-tunnel%u", (unsigned)info->tunnel);
    (void)snprintf(name, STREAM_NAME_BYTES, "%s.%u-%s.%u-%u%s%s.%s", source,
                   (unsigned)info->source_port, destination, (unsigned)info->destination_port,
                   (unsigned)which->ordinal, vlan, tunnel,
                   which->direction == WEIR_C2S ? "c2s" : "s2c");
}

/* ── Descriptors ─────────────────────────────────────────────────────────────────────────────── */

static uint64_t key_of(const stream_name *which)
{
    return which->id << 1 | (which->direction == WEIR_S2C);
}

void stream_files_begin(stream_files *files, int directory, bool in_place)
{
    memset(files, 0, sizeof *files);
    files->directory = directory;
    files->in_place = in_place;
}

static int close_file(struct stream_file *file)
{
    const int failed = close(file->fd); /* some file systems tell only now that the disk is full */
    memset(file, 0, sizeof *file);
    return failed ? errno : 0;
}

int stream_files_end(stream_files *files)
{
    int error = 0;
    size_t i;
    for (i = 0; i < STREAM_FILES_OPEN; i++) {
        const int failed = files->open[i].key ? close_file(&files->open[i]) : 0;
        if (failed) error = failed;
    }
    return error;
}

static struct stream_file *find(stream_files *files, uint64_t key)
{
    size_t i;
    for (i = 0; i < STREAM_FILES_OPEN; i++)
        if (files->open[i].key == key) return &files->open[i];
    return NULL;
}

/* NULL if none is open. */
static struct stream_file *least_recent_open(stream_files *files)
{
    struct stream_file *least = NULL;
    size_t i;
    for (i = 0; i < STREAM_FILES_OPEN; i++) {
        struct stream_file *file = &files->open[i];
        if (file->key && (!least || file->used < least->used)) least = file;
    }
    return least;
}

/* A free place, else that of the least recent. */
static struct stream_file *least_recent(stream_files *files)
{
    struct stream_file *least = &files->open[0];
    size_t i;
    for (i = 1; i < STREAM_FILES_OPEN; i++)
        if (files->open[i].used < least->used) least = &files->open[i];
    return least;
}

/* The name while it is written to. */
static void part_of(const char name[STREAM_NAME_BYTES], char part[PART_NAME_BYTES])
{
    (void)snprintf(part, PART_NAME_BYTES, "%s%s", name, part_suffix);
}

/* The system may allow fewer descriptors than there are places: then the least recent go first. */
static int open_part(stream_files *files, const char *part, int flags)
{
    for (;;) {
        const int fd = openat(files->directory, part, flags, 0666);
        struct stream_file *other;
        int error;
        if (fd >= 0 || (errno != EMFILE && errno != ENFILE)) return fd;
        error = errno;
        other = least_recent_open(files);
        if (!other) return errno = error, -1;
        error = close_file(other);
        if (error) return errno = error, -1;
    }
}

static int open_file(stream_files *files, const weir_conn *conn, stream_name *which)
{
    const int first = which->exists ? 0 : O_CREAT | O_TRUNC;
    const int where = files->in_place ? 0 : O_APPEND;
    char name[STREAM_NAME_BYTES], part[PART_NAME_BYTES];
    weir_conn_info info;
    int fd;
    weir_conn_info_init(&info);
    if (weir_conn_get_info(conn, &info) != WEIR_OK) return errno = EINVAL, -1;
    stream_files_name(&info, which, name);
    part_of(name, part);
    fd = open_part(files, part, O_WRONLY | O_CLOEXEC | first | where);
    if (fd < 0) return -1;
    files->created += !which->exists;
    which->exists = true;
    return fd;
}

/* The open file of a direction. NULL: errno says why not. */
static struct stream_file *use(stream_files *files, const weir_conn *conn, stream_name *which)
{
    struct stream_file *file = find(files, key_of(which));
    int error = 0;
    if (!file) {
        file = least_recent(files);
        if (file->key) error = close_file(file);
        if (error) return errno = error, NULL;
        file->fd = open_file(files, conn, which);
        if (file->fd < 0) return NULL;
        file->key = key_of(which);
    }
    file->used = ++files->clock;
    return file;
}

int stream_files_close(stream_files *files, const weir_conn_info *info, const stream_name *which,
                       char name[STREAM_NAME_BYTES])
{
    struct stream_file *file = find(files, key_of(which));
    const int error = file ? close_file(file) : 0;
    char part[PART_NAME_BYTES];
    if (error) return error;
    stream_files_name(info, which, name);
    part_of(name, part);
    return renameat(files->directory, part, files->directory, name) == 0 ? 0 : errno;
}

/* ── Writing ─────────────────────────────────────────────────────────────────────────────────── */

/* Moves a vector past bytes that were written. */
static size_t advance(struct iovec *vector, size_t count, size_t written)
{
    size_t i = 0, kept = 0;
    while (i < count && written >= vector[i].iov_len)
        written -= vector[i++].iov_len;
    if (i < count) {
        vector[i].iov_base = (uint8_t *)vector[i].iov_base + written;
        vector[i].iov_len -= written;
    }
    while (i < count)
        vector[kept++] = vector[i++];
    return kept;
}

static int write_all(const stream_files *files, int fd, struct iovec *vector, size_t count,
                     uint64_t offset)
{
    while (count > 0) {
        const ssize_t written = files->in_place ? pwritev(fd, vector, (int)count, (off_t)offset)
                                                : writev(fd, vector, (int)count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        offset += (uint64_t)written;
        count = advance(vector, count, (size_t)written);
    }
    return 0;
}

/* Gathers spans that follow each other in the stream. Returns how many. */
static size_t gather(struct iovec *vector, const weir_span *spans, size_t count)
{
    size_t i = 0;
    do {
        union {
            const uint8_t *lent;
            void *base; /* writev takes it without const, and does not write */
        } data = {spans[i].data};
        vector[i].iov_base = data.base;
        vector[i].iov_len = spans[i].length;
        i++;
    } while (i < count && i < VECTOR_MAX &&
             spans[i].offset == spans[i - 1].offset + spans[i - 1].length);
    return i;
}

int stream_files_write(stream_files *files, const weir_conn *conn, stream_name *which,
                       const weir_span *spans, size_t count)
{
    struct iovec vector[VECTOR_MAX];
    const struct stream_file *file = use(files, conn, which);
    if (!file) return errno;
    while (count > 0) {
        const size_t taken = gather(vector, spans, count);
        const int error = write_all(files, file->fd, vector, taken, spans->offset);
        if (error) return error;
        spans += taken;
        count -= taken;
    }
    return 0;
}

int stream_files_extend(stream_files *files, const weir_conn *conn, stream_name *which,
                        uint64_t bytes)
{
    const struct stream_file *file = use(files, conn, which);
    struct stat about;
    if (!file || fstat(file->fd, &about) != 0) return errno;
    if ((uint64_t)about.st_size >= bytes) return 0;
    return ftruncate(file->fd, (off_t)bytes) == 0 ? 0 : errno;
}
