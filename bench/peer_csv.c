/* SPDX-License-Identifier: MIT */
#include "peer_csv.h"

#include "csv.h"
#include "peer_table.h"

#include <inttypes.h>
#include <string.h>

/* ── Fields, each with the comma before it ── */

static void put_text(FILE *to, const char *text)
{
    (void)fputc(',', to);
    csv_put_text(to, text);
}

static void put_time(FILE *to, bool known, double ns)
{
    (void)fputc(',', to);
    if (known) (void)fprintf(to, "%.2f", ns);
}

static void put_bytes(FILE *to, bool known, uint64_t bytes)
{
    (void)fputc(',', to);
    if (known && bytes != PEER_UNKNOWN) (void)fprintf(to, "%" PRIu64, bytes);
}

/* A name that is set in tells how the program above it is run: then both. */
static void put_name(FILE *to, const contest *c, const contest_row *row)
{
    const contest_row *above = row;
    char name[2 * PEER_VERSION_BYTES];
    while (above->entry->name[0] == ' ' && above > c->rows)
        above--;
    if (above == row)
        (void)snprintf(name, sizeof name, "%s", row->entry->name);
    else
        (void)snprintf(name, sizeof name, "%s, %s", above->entry->name,
                       row->entry->name + strspn(row->entry->name, " "));
    csv_put_text(to, name);
}

static void put_arguments(FILE *to, const peer_entry *entry)
{
    char text[PEER_ARGUMENTS * (PEER_ARGUMENT_BYTES + 1)] = "";
    for (size_t i = 0, n = 0; i < PEER_ARGUMENTS && entry->arguments[i]; i++, n = strlen(text))
        (void)snprintf(text + n, sizeof text - n, "%s%s", i ? " " : "", entry->arguments[i]);
    put_text(to, text);
}

/* ── Rows ── */

static void put_row(FILE *to, const peer_context *x, const contest *c, const contest_row *row)
{
    const bool ran = row->runs > 0, follows = row->entry->role != PEER_FLOOR;
    const double floor_ns = peer_table_floor(c)->median_cpu_ns;
    csv_put_text(to, x->capture);
    (void)fprintf(to, ",%g,%" PRIu64 ",", x->scale, c->packets);
    put_name(to, c, row);
    put_text(to, row->version);
    put_text(to, peer_outcome_name(row->outcome));
    put_text(to, !follows ? "" : row->right ? "true" : "false");
    put_text(to, row->verdict);
    put_time(to, ran, row->median_cpu_ns);
    put_time(to, ran, row->wall_ns);
    put_time(to, ran && follows, row->median_cpu_ns - floor_ns);
    put_bytes(to, ran, row->peak_bytes);
    put_bytes(to, ran, row->peak_anon_bytes);
    put_bytes(to, ran, row->end_anon_bytes);
    put_arguments(to, row->entry);
    (void)fputc('\n', to);
}

static void put_samples(FILE *to, const contest *c, const contest_row *row)
{
    const peer_timeline *t = &row->timeline;
    for (size_t i = 0; i < t->count; i++) {
        put_name(to, c, row);
        put_arguments(to, row->entry);
        (void)fprintf(to, ",%.6f,%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
                      (double)t->samples[i].run_ns / 1e9, t->samples[i].read_bytes,
                      t->capture_bytes, t->samples[i].anon_bytes);
    }
}

int peer_csv_save(const char *path, const peer_context *context, const contest *c)
{
    atomic_file file;
    FILE *to;
    const int error = csv_begin(&file, path, &to);
    if (error) return error;
    (void)fputs("capture,scale,packets,name,version,outcome,right,verdict,cpu_time,real_time,"
                "over_floor_time,rss_peak_bytes,rss_anon_peak_bytes,rss_anon_end_bytes,arguments\n",
                to);
    for (size_t i = 0; i < c->count; i++)
        put_row(to, context, c, &c->rows[i]);
    return csv_end(&file);
}

int peer_csv_save_timeline(const char *path, const contest *c)
{
    atomic_file file;
    FILE *to;
    const int error = csv_begin(&file, path, &to);
    if (error) return error;
    (void)fputs("name,arguments,time_s,read_bytes,capture_bytes,rss_anon_bytes\n", to);
    for (size_t i = 0; i < c->count; i++)
        put_samples(to, c, &c->rows[i]);
    return csv_end(&file);
}
