/* SPDX-License-Identifier: MIT */
#include "csv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "atomic_file.h"
#include "fields.h"

static void write_text(FILE *to, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        (void)fputs(text, to);
        return;
    }
    (void)fputc('"', to);
    for (; *text; text++) {
        if (*text == '"') (void)fputc('"', to);
        (void)fputc(*text, to);
    }
    (void)fputc('"', to);
}

static void write_field(FILE *to, const field *f, const result *of)
{
    if (!field_known(f, of)) return;
    if (f->kind == FIELD_VERIFIED)
        (void)fputs(of->verified == RESULT_RIGHT ? "true" : "false", to);
    else
        (void)fprintf(to, f->kind == FIELD_U64 ? "%.0f" : "%.12g", field_value(f, of));
}

static void write_header(FILE *to)
{
    (void)fputs("name,time_unit", to);
    for (size_t i = 0; i < field_count(); i++)
        (void)fprintf(to, ",%s", field_at(i)->name);
#define X(name, bytes) (void)fputs("," #name, to);
    CONDITIONS_TEXTS(X)
#undef X
    (void)fputc('\n', to);
}

static void write_row(FILE *to, const conditions *where, const result *of)
{
    write_text(to, of->name);
    (void)fputs(",ns", to);
    for (size_t i = 0; i < field_count(); i++) {
        (void)fputc(',', to);
        write_field(to, field_at(i), of);
    }
#define X(name, bytes)                                                                             \
    (void)fputc(',', to);                                                                          \
    write_text(to, where->name);
    CONDITIONS_TEXTS(X)
#undef X
    (void)fputc('\n', to);
}

/* Where it is written to: a file that appears, or stdout. */
static int begin(atomic_file *file, const char *path, FILE **to)
{
    int error = 0;
    memset(file, 0, sizeof *file);
    if (strcmp(path, "-") != 0) error = atomic_file_begin(file, AT_FDCWD, path);
    *to = file->stream ? file->stream : stdout;
    return error;
}

static int end(atomic_file *file)
{
    if (file->stream) return atomic_file_commit(file);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : errno ? errno : EIO;
}

int csv_save(const char *path, const conditions *where, const result *results, size_t count)
{
    atomic_file file;
    FILE *to;
    const int error = begin(&file, path, &to);
    if (error) return error;
    write_header(to);
    for (size_t i = 0; i < count; i++)
        write_row(to, where, &results[i]);
    return end(&file);
}

static void write_sample(FILE *to, const timeline_sample *s)
{
    (void)fprintf(to, "%.6f,%" PRIu64 ",%.6f", s->time_s, s->packets, s->packet_time_s);
    (void)fprintf(to, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", s->limit_bytes,
                  s->ledger_bytes, s->held_bytes, s->rss_anon_bytes);
}

int csv_save_timeline(const char *path, const timeline_sample *samples, size_t count)
{
    atomic_file file;
    FILE *to;
    const int error = begin(&file, path, &to);
    if (error) return error;
    (void)fputs("time_s,packets,packet_time_s,limit_bytes,ledger_bytes,held_bytes,rss_anon_bytes\n",
                to);
    for (size_t i = 0; i < count; i++)
        write_sample(to, &samples[i]);
    return end(&file);
}
