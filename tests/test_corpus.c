/* SPDX-License-Identifier: MIT */
/*
 * Real captures with streams known beforehand, where a folder of them is there ($WEIR_CORPUS, or
 * ../shared/corpus): a table oracle.tsv beside the captures, one row for each direction that
 * carried data. Rows marked strict must match: bytes, missing bytes, SHA-256. Each capture is
 * replayed under seeded perturbations too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/capture.h"
#include "support/perturb.h"
#include "support/streams.h"

#define PERTURBATIONS 20

typedef struct {
    char file[80], source[48], destination[48], sha256[80], flags[120];
    unsigned source_port, destination_port;
    unsigned long long delivered, missing;
    int strict;
} row;

typedef struct {
    char folder[512];
    row *rows;
    size_t count;
} corpus;

static void copy_field(char *to, size_t room, const char *from)
{
    snprintf(to, room, "%s", from);
}

/* Fields are those of the table's README: file, conn, src, sport, dst, dport, role, … */
static int parse_row(char *line, row *r)
{
    char *field[20];
    size_t count = 0;
    for (char *at = line; at && count < 20;)
        field[count++] = strsep(&at, "\t\n");
    if (count < 18 || !strcmp(field[0], "file")) return 0;
    copy_field(r->file, sizeof r->file, field[0]);
    copy_field(r->source, sizeof r->source, field[2]);
    r->source_port = (unsigned)atoi(field[3]);
    copy_field(r->destination, sizeof r->destination, field[4]);
    r->destination_port = (unsigned)atoi(field[5]);
    r->delivered = strtoull(field[8], NULL, 10);
    r->missing = strtoull(field[9], NULL, 10);
    copy_field(r->sha256, sizeof r->sha256, field[11]);
    r->strict = field[15][0] == 'Y';
    copy_field(r->flags, sizeof r->flags, field[16]);
    return 1;
}

static int load_table(corpus *c)
{
    char path[600], line[4096];
    const char *folder = getenv("WEIR_CORPUS");
    copy_field(c->folder, sizeof c->folder, folder ? folder : "../shared/corpus");
    snprintf(path, sizeof path, "%s/oracle.tsv", c->folder);
    FILE *table = fopen(path, "r");
    if (!table) return -1;
    while (fgets(line, sizeof line, table)) {
        row r;
        if (!parse_row(line, &r)) continue;
        c->rows = realloc(c->rows, (c->count + 1) * sizeof *c->rows);
        c->rows[c->count++] = r;
    }
    fclose(table);
    return 0;
}

static weir_engine *open_engine(weir_pool **pool, streams *into)
{
    weir_pool_config config;
    weir_callbacks callbacks;
    weir_engine *engine;
    weir_pool_config_init(&config);
    streams_callbacks(&callbacks);
    assert_int_equal(weir_pool_create(&config, pool), WEIR_OK);
    assert_int_equal(weir_engine_create(*pool, NULL, &callbacks, into, &engine), WEIR_OK);
    return engine;
}

static void close_engine(weir_pool *pool, weir_engine *engine, streams *into)
{
    weir_stats stats;
    assert_int_equal(weir_engine_flush(engine), WEIR_OK);
    assert_int_equal(weir_engine_check(engine), WEIR_OK);
    weir_stats_init(&stats);
    weir_engine_stats(engine, &stats);
    assert_int_equal(stats.held_bytes, 0);
    if (into->broken) printf("events out of place: %llu\n", (unsigned long long)into->broken);
    assert_int_equal(into->broken, 0);
    assert_int_equal(weir_engine_destroy(engine), WEIR_OK);
    assert_int_equal(weir_pool_destroy(pool), WEIR_OK);
    streams_finish(into);
}

static void run_packets(const capture *c, streams *into)
{
    weir_pool *pool;
    weir_engine *engine = open_engine(&pool, into);
    for (size_t i = 0; i < c->packet_count; i++) {
        int result =
            weir_engine_packets(engine, c->packets[i].link_type, &c->packets[i].packet, 1, NULL);
        assert_true(result == WEIR_OK || result == WEIR_ERR_LINK_TYPE);
    }
    close_engine(pool, engine, into);
}

static void run_segments(const weir_segment *segments, size_t count, streams *into)
{
    weir_pool *pool;
    weir_engine *engine = open_engine(&pool, into);
    assert_int_equal(weir_engine_segments(engine, segments, count, NULL), WEIR_OK);
    close_engine(pool, engine, into);
}

static int is_stream_of(const stream *s, const row *r)
{
    return !s->taken && s->source_port == r->source_port &&
           s->destination_port == r->destination_port && !strcmp(s->source, r->source) &&
           !strcmp(s->destination, r->destination);
}

/* The stream that the row describes: the next one of that direction. NULL if there is none. */
static stream *stream_of_row(streams *s, const row *r)
{
    for (size_t i = 0; i < s->count; i++)
        if (is_stream_of(&s->list[i], r) && s->list[i].delivered + s->list[i].missing)
            return &s->list[i];
    return NULL;
}

/* Compares one row; says what differs if it is strict (or all are asked for). */
static int compare(streams *s, const row *r, const char *how)
{
    stream *found = stream_of_row(s, r);
    if (found) found->taken = 1;
    if (found && found->delivered == r->delivered && found->missing == r->missing &&
        !strcmp(found->sha256, r->sha256))
        return 1;
    if (!r->strict && !getenv("WEIR_CORPUS_ALL")) return 0;
    printf("%s %s: %s:%u > %s:%u (%s) expected %llu+%llu, got ", r->file, how, r->source,
           r->source_port, r->destination, r->destination_port, r->strict ? "strict" : r->flags,
           r->delivered, r->missing);
    if (found)
        printf("%llu+%llu in %llu holes, late %llu%s\n", (unsigned long long)found->delivered,
               (unsigned long long)found->missing, (unsigned long long)found->holes,
               (unsigned long long)found->late,
               found->delivered == r->delivered ? " other bytes" : "");
    else
        printf("nothing\n");
    return 0;
}

typedef struct {
    size_t strict, strict_matched, other, other_matched, captures, tunnelled;
} score;

static int first_of_file(const corpus *c, size_t i)
{
    return i == 0 || strcmp(c->rows[i].file, c->rows[i - 1].file) != 0;
}

static void score_file(const corpus *c, size_t i, streams *s, const char *how, score *sum)
{
    sum->captures++;
    for (size_t k = i; k < c->count && !strcmp(c->rows[k].file, c->rows[i].file); k++) {
        int matched = compare(s, &c->rows[k], how);
        if (c->rows[k].strict) {
            sum->strict++;
            sum->strict_matched += (size_t)matched;
        } else {
            sum->other++;
            sum->other_matched += (size_t)matched;
        }
    }
}

/* Loads the capture of row i if it is the file's first. */
static int load_capture(const corpus *c, size_t i, capture *into)
{
    char path[700];
    if (!first_of_file(c, i)) return 0;
    snprintf(path, sizeof path, "%s/%s", c->folder, c->rows[i].file);
    assert_int_equal(capture_load(path, into), 0);
    return 1;
}

static void print_score(const char *what, const score *sum)
{
    printf("%s: %zu captures (%zu with tunnels), %zu of %zu strict rows match, %zu of %zu others\n",
           what, sum->captures, sum->tunnelled, sum->strict_matched, sum->strict,
           sum->other_matched, sum->other);
}

static void test_strict_rows_of_all_captures(void **state)
{
    const corpus *c = *state;
    score sum = {.captures = 0};
    if (!c->count) skip();
    for (size_t i = 0; i < c->count; i++) {
        capture loaded;
        streams s = {.list = NULL};
        if (!load_capture(c, i, &loaded)) continue;
        run_packets(&loaded, &s);
        score_file(c, i, &s, "as captured", &sum);
        sum.tunnelled += loaded.tunnelled != 0;
        streams_free(&s);
        capture_free(&loaded);
    }
    print_score("as captured", &sum);
    assert_int_equal(sum.strict_matched, sum.strict);
}

static void perturb_capture(const corpus *c, size_t i, const capture *loaded, score *sum)
{
    for (uint64_t seed = 1; seed <= PERTURBATIONS; seed++) {
        char how[32];
        size_t count;
        streams s = {.list = NULL};
        weir_segment *segments = perturb(loaded->segments, loaded->segment_count, seed, &count);
        snprintf(how, sizeof how, "seed %llu", (unsigned long long)seed);
        run_segments(segments, count, &s);
        score_file(c, i, &s, how, sum);
        streams_free(&s);
        free(segments);
    }
}

static void test_perturbed_captures_give_the_same_streams(void **state)
{
    const corpus *c = *state;
    score sum = {.captures = 0};
    if (!c->count) skip();
    for (size_t i = 0; i < c->count; i++) {
        capture loaded;
        if (!load_capture(c, i, &loaded)) continue;
        if (loaded.fragments == 0) { /* what segments are, their pieces do not show */
            perturb_capture(c, i, &loaded, &sum);
            sum.tunnelled += loaded.tunnelled ? PERTURBATIONS : 0;
        }
        capture_free(&loaded);
    }
    print_score("perturbed", &sum);
    assert_int_equal(sum.strict_matched, sum.strict);
}

int main(void)
{
    corpus c = {.rows = NULL};
    if (load_table(&c))
        printf("no corpus at %s: its tests are skipped ($WEIR_CORPUS names one)\n", c.folder);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_strict_rows_of_all_captures, &c),
        cmocka_unit_test_prestate(test_perturbed_captures_give_the_same_streams, &c),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(c.rows);
    return failed;
}
