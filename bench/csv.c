/* SPDX-License-Identifier: MIT */
#include "csv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "fields.h"

void csv_put_text(FILE *to, const char *text)
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
    csv_put_text(to, of->name);
    (void)fputs(",ns", to);
    for (size_t i = 0; i < field_count(); i++) {
        (void)fputc(',', to);
        write_field(to, field_at(i), of);
    }
#define X(name, bytes)                                                                             \
    (void)fputc(',', to);                                                                          \
    csv_put_text(to, where->name);
    CONDITIONS_TEXTS(X)
#undef X
    (void)fputc('\n', to);
}

int csv_begin(atomic_file *file, const char *path, FILE **to)
{
    int error = 0;
    memset(file, 0, sizeof *file);
    if (strcmp(path, "-") != 0) error = atomic_file_begin(file, AT_FDCWD, path);
    *to = file->stream ? file->stream : stdout;
    return error;
}

int csv_end(atomic_file *file)
{
    if (file->stream) return atomic_file_commit(file);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : errno ? errno : EIO;
}

int csv_save(const char *path, const conditions *where, const result *results, size_t count)
{
    atomic_file file;
    FILE *to;
    const int error = csv_begin(&file, path, &to);
    if (error) return error;
    write_header(to);
    for (size_t i = 0; i < count; i++)
        write_row(to, where, &results[i]);
    return csv_end(&file);
}

static void write_phase(FILE *to, const result *of, uint32_t phase)
{
    const result_phase *p = &of->phases[phase];
    csv_put_text(to, of->name);
    (void)fprintf(to, ",%s,%" PRIu64 ",%.12g,%.12g", p->name, p->packets,
                  result_phase_median_ns(of, phase, RESULT_CPU),
                  result_phase_median_ns(of, phase, RESULT_FLOOR_CPU));
    (void)fprintf(to, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", p->ledger_bytes,
                  p->rss_anon_bytes, p->connections, of->rss_anon_base_bytes);
}

int csv_save_phases(const char *path, const result *of)
{
    atomic_file file;
    FILE *to;
    const int error = csv_begin(&file, path, &to);
    if (error) return error;
    (void)fputs(
        "name,phase,packets,cpu_time,floor_cpu_time,ledger_bytes,rss_anon_bytes,connections,"
        "rss_anon_base_bytes\n",
        to);
    for (uint32_t i = 0; i < of->phase_count; i++)
        write_phase(to, of, i);
    return csv_end(&file);
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
    const int error = csv_begin(&file, path, &to);
    if (error) return error;
    (void)fputs("time_s,packets,packet_time_s,limit_bytes,ledger_bytes,held_bytes,rss_anon_bytes\n",
                to);
    for (size_t i = 0; i < count; i++)
        write_sample(to, &samples[i]);
    return csv_end(&file);
}

static void write_quantile(FILE *to, const histogram *h, double one_in, double quantile)
{
    (void)fputc(',', to);
    if ((double)h->count < one_in) return;
    (void)fprintf(to, "%" PRIu64, histogram_quantile(h, quantile));
}

static void write_quantiles(FILE *to, const latency_spread *spread, double one_in, double quantile)
{
    (void)fprintf(to, "%.6g,%.10f", one_in, quantile);
    write_quantile(to, &spread->all, one_in, quantile);
    write_quantile(to, &spread->single, one_in, quantile);
    write_quantile(to, &spread->growing, one_in, quantile);
    write_quantile(to, &spread->least, one_in, quantile);
    write_quantile(to, &spread->floor, one_in, quantile);
    (void)fputc('\n', to);
}

int csv_save_latency(const char *path, const latency_spread *spread)
{
    const double count = (double)spread->all.count;
    atomic_file file;
    FILE *to;
    const int error = csv_begin(&file, path, &to);
    if (error) return error;
    (void)fputs("one_in,quantile,all_ns,single_ns,growing_ns,least_ns,floor_ns\n", to);
    for (int step = 0; pow(10, step / 20.0) < count; step++)
        write_quantiles(to, spread, pow(10, step / 20.0), 1 - pow(10, -step / 20.0));
    if (count > 0) write_quantiles(to, spread, count, 1);
    return csv_end(&file);
}
