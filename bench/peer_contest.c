/* SPDX-License-Identifier: MIT */
#include "peer_contest.h"

#include "peer_judge.h"
#include "peer_yardstick.h"
#include "scratch.h"
#include "units.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHECK_TIMES = 2 };

/* What a contest needs while it lasts. */
typedef struct ring {
    const contest_plan *plan;
    contest *contest;
    yardstick *weir; /* what weir delivered, of a file */
    peer_numbers numbers;
} ring;

/* ── One run ── */

/* A program's command line. */
typedef struct command {
    char program[PATH_MAX];
    char texts[PEER_ARGUMENTS][PEER_ARGUMENT_BYTES];
    char check[16];
    char *words[PEER_ARGUMENTS + 4];
} command;

static void make_command(const ring *r, const peer_entry *entry, bool check, command *c)
{
    size_t n = 0;
    (void)snprintf(c->program, sizeof c->program, "%s/%s", r->plan->programs, entry->program);
    (void)snprintf(c->check, sizeof c->check, "--check");
    c->words[n++] = c->program;
    if (check) c->words[n++] = c->check;
    for (size_t i = 0; i < PEER_ARGUMENTS && entry->arguments[i]; i++)
        c->words[n++] = peer_argument(entry->arguments[i], &r->numbers, c->texts[i]);
    c->words[n++] = (char *)(uintptr_t)r->plan->capture;
    c->words[n] = NULL;
}

/* Fills in what is the same for all. The directory is empty before and after. */
static bool run_as(const ring *r, const peer_entry *entry, peer_plan *plan, peer_figures *figures)
{
    command c = {0};
    make_command(r, entry, plan->sink != NULL, &c);
    plan->arguments = c.words;
    plan->directory = r->plan->directory;
    plan->memory_bytes = r->plan->memory_bytes;
    plan->time_ns = r->plan->time_ns * (plan->sink ? CHECK_TIMES : 1);
    const bool ran = peer_run(plan, figures);
    (void)scratch_empty(r->plan->directory);
    return ran && figures->outcome != PEER_INTERRUPTED;
}

/* sink NULL: a timed run. */
static bool run_one(const ring *r, const peer_entry *entry, peer_sink *sink, void *user,
                    peer_figures *figures)
{
    peer_plan plan = {.sink = sink, .user = user};
    return run_as(r, entry, &plan, figures);
}

/* ── Checked ── */

static void to_judge(void *user, const peer_record *record, const uint8_t *data, size_t bytes)
{
    if (record)
        judge_take(user, record, data, bytes);
    else
        judge_more(user, data, bytes);
}

static void to_yardstick(void *user, const peer_record *record, const uint8_t *data, size_t bytes)
{
    yardstick_take(user, record, data, bytes);
}

/* Why it has no verdict of its own. */
static void say_outcome(const ring *r, contest_row *row, const peer_figures *figures)
{
    char *text = row->verdict;
    const size_t n = sizeof row->verdict;
    if (figures->outcome == PEER_DONE) return;
    row->outcome = figures->outcome;
    row->right = false;
    row->first[0] = '\0';
    if (figures->outcome == PEER_NOT_STARTED)
        (void)snprintf(text, n, "not installed (apt install %s; make peers)", row->entry->install);
    if (figures->outcome == PEER_FAILED)
        (void)snprintf(text, n, "failed: %s", figures->said[0] ? figures->said : "by a signal");
    if (figures->outcome == PEER_KILLED_MEMORY)
        (void)snprintf(text, n, "killed (above %s)", units_bytes(r->plan->memory_bytes).text);
    if (figures->outcome == PEER_KILLED_TIME)
        (void)snprintf(text, n, "killed (above %s of CPU)", units_duration(r->plan->time_ns).text);
}

static bool check_by_judge(const ring *r, contest_row *row)
{
    peer_figures figures;
    judge *j = judge_new(r->plan->captured);
    if (!j) return false;
    const bool ran = run_one(r, row->entry, to_judge, j, &figures);
    const judge_verdict verdict = judge_sum(j);
    row->right = judge_is_right(&verdict);
    (void)judge_say(&verdict, row->verdict, sizeof row->verdict);
    (void)snprintf(row->first, sizeof row->first, "%s", verdict.first);
    say_outcome(r, row, &figures);
    judge_free(j);
    return ran;
}

static void say_match(contest_row *row, const yardstick_match *m)
{
    row->right = m->equal == m->streams && m->only_other == 0;
    if (row->right)
        (void)snprintf(row->verdict, sizeof row->verdict, "as weir");
    else
        (void)snprintf(row->verdict, sizeof row->verdict,
                       "%" PRIu64 " of %" PRIu64 " directions as weir, %.4g %% of its bytes",
                       m->equal, m->streams,
                       m->bytes ? 100.0 * (double)m->other_bytes / (double)m->bytes : 0.0);
}

static bool check_by_weir(ring *r, contest_row *row)
{
    peer_figures figures;
    yardstick *y = yardstick_new();
    if (!y) return false;
    const bool ran = run_one(r, row->entry, to_yardstick, y, &figures);
    if (row->entry->role == PEER_WEIR) {
        r->weir = y;
        r->numbers.connections = r->numbers.expected = yardstick_streams(y); /* or fewer */
        row->right = true;
        (void)snprintf(row->verdict, sizeof row->verdict, "the yardstick");
    } else if (r->weir) {
        const yardstick_match match = yardstick_compare(r->weir, y);
        say_match(row, &match);
    }
    say_outcome(r, row, &figures);
    if (y != r->weir) yardstick_free(y);
    return ran;
}

static bool check(ring *r, contest_row *row)
{
    if (row->entry->role == PEER_FLOOR) {
        (void)snprintf(row->verdict, sizeof row->verdict, "follows no stream");
        return true;
    }
    (void)fprintf(stderr, "peers: check %s\n", row->entry->name + strspn(row->entry->name, " "));
    const bool ran = r->plan->captured ? check_by_judge(r, row) : check_by_weir(r, row);
    if (row->outcome == PEER_KILLED_MEMORY || row->outcome == PEER_KILLED_TIME)
        (void)snprintf(row->verdict, sizeof row->verdict, "not checked: it took too much");
    return ran;
}

/* ── Timed ── */

static void most(uint64_t *most, uint64_t value)
{
    if (*most == PEER_UNKNOWN || (value != PEER_UNKNOWN && value > *most)) *most = value;
}

static void note(ring *r, contest_row *row, const peer_figures *f)
{
    contest *c = r->contest;
    if (row->entry->role == PEER_FLOOR && c->packets == 0) c->packets = f->packets;
    const double packets = c->packets ? (double)c->packets : 1;
    row->cpu_ns[row->runs++] = (double)f->cpu_ns / packets;
    row->wall_ns = (double)f->wall_ns / packets;
    row->delivered = f->delivered;
    most(&row->peak_bytes, f->peak_bytes);
    most(&row->peak_anon_bytes, f->peak_anon_bytes);
    if (row->runs == 1)
        row->end_anon_bytes = f->end_anon_bytes;
    else
        most(&row->end_anon_bytes, f->end_anon_bytes);
}

/* Killed by time or memory in the check does not mean killed here: to be checked takes more of both. */
static bool can_run(const contest_row *row)
{
    return row->outcome != PEER_NOT_STARTED && row->outcome != PEER_FAILED;
}

static bool time_once(ring *r, contest_row *row)
{
    peer_figures figures;
    if (row->runs > 0 && row->outcome != PEER_DONE) return true;
    if (!can_run(row)) return true;
    if (!run_one(r, row->entry, NULL, NULL, &figures)) return false;
    note(r, row, &figures);
    row->outcome = PEER_DONE;
    say_outcome(r, row, &figures);
    return true;
}

static bool watch_once(const ring *r, contest_row *row)
{
    struct stat about = {0};
    peer_figures figures;
    peer_plan plan = {.timeline = &row->timeline};
    if (!can_run(row)) return true;
    (void)stat(r->plan->capture, &about);
    row->timeline =
        (peer_timeline){.capture = r->plan->capture, .capture_bytes = (uint64_t)about.st_size};
    return run_as(r, row->entry, &plan, &figures);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, uint32_t count)
{
    double sorted[CONTEST_REPEAT_MAX];
    if (count == 0) return 0;
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_value);
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

/* ── All ── */

static void warm(const char *path)
{
    static char block[1 << 16];
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    while (read(file, block, sizeof block) > 0) {
    }
    (void)close(file);
}

static bool run_all(ring *r)
{
    contest *c = r->contest;
    for (size_t i = 0; i < c->count; i++)
        if (!check(r, &c->rows[i])) return false;
    for (uint32_t n = 0; n < r->plan->repeat; n++) {
        (void)fprintf(stderr, "peers: timed, %" PRIu32 " of %" PRIu32 "\n", n + 1, r->plan->repeat);
        for (size_t i = 0; i < c->count; i++)
            if (!time_once(r, &c->rows[i])) return false;
    }
    for (size_t i = 0; r->plan->timeline && i < c->count; i++)
        if (!watch_once(r, &c->rows[i])) return false;
    return true;
}

static bool takes_part(const contest_plan *plan, const peer_entry *entry)
{
    const bool ours = entry->role != PEER_OTHER || !entry->package;
    return ours || !plan->only || strstr(entry->program, plan->only);
}

bool contest_run(const contest_plan *plan, contest *c)
{
    ring r = {.plan = plan,
              .contest = c,
              .numbers = {.mem_bytes = plan->mem_bytes,
                          .connections = plan->connections,
                          .expected = plan->honest}};
    *c = (contest){.packets = plan->packets, .by_weir = !plan->captured};
    for (size_t i = 0; i < peer_count(); i++) {
        if (!takes_part(plan, peer_at(i))) continue;
        contest_row *row = &c->rows[c->count++];
        row->entry = peer_at(i);
        row->end_anon_bytes = PEER_UNKNOWN;
        peer_version(row->entry, row->version);
    }
    warm(plan->capture);
    const bool whole = run_all(&r);
    for (size_t i = 0; i < c->count; i++)
        c->rows[i].median_cpu_ns = median(c->rows[i].cpu_ns, c->rows[i].runs);
    yardstick_free(r.weir);
    return whole;
}

void contest_free(contest *c)
{
    for (size_t i = 0; i < c->count; i++)
        peer_timeline_free(&c->rows[i].timeline);
}
