/* SPDX-License-Identifier: MIT */
#include "numbers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conditions.h"
#include "json.h"
#include "load.h"
#include "measure.h"
#include "numbers_rows.h"
#include "units.h"
#include "words.h"

enum { RUNS_MAX = 32, REPEAT = 5, BATCH = 32, ANY_RECORDS = 1 << 20, SHOWN = 40 };

typedef struct numbers {
    bool full;
    const char *json;
    uint32_t rows, met;
    bool gate_failed, run_failed;
    bool skipped;     /* the rows that follow are of a run that was left out */
    measure *current; /* of the run above the rows */
    result *results;  /* of all runs */
    size_t count;
} numbers;

static int print_help(void)
{
    (void)puts(
        "usage: weir-bench numbers [--full] [--json FILE]\n"
        "\n"
        "The table of what weir holds itself to: measured, wanted, met or not. Times are\n"
        "medians of 5, in ns of CPU a packet, and are only told; memory and right bytes are\n"
        "gates: exit code 4 if one is not met.\n"
        "\n"
        "  --full         the scenarios in full (needs 10 GB of memory, some 15 minutes)\n"
        "  --json FILE    all runs, as weir-bench run writes them");
    return EXIT_OK;
}

/* ── A run ───────────────────────────────────────────────────────────────────────────────────── */

static void set_limits(const numbers_run *run, weir_pool_config *pool, weir_engine_config *engine)
{
    weir_pool_config_init(pool);
    weir_engine_config_init(engine);
    if (run->limit_bytes) pool->limit_bytes = run->limit_bytes;
    if (run->conn_share_percent) {
        pool->conn_share_percent = run->conn_share_percent;
        pool->frag_share_percent = 5;
    }
    if (!run->uncapped) return;
    engine->conn_held_bytes = pool->limit_bytes;
    engine->conn_records = ANY_RECORDS;
}

static void keep(numbers *n)
{
    if (n->count == RUNS_MAX) abort(); /* the list has grown beyond it */
    n->results[n->count++] = n->current->result;
}

static void do_run(numbers *n, const numbers_run *run)
{
    const double scale = n->full ? run->scale : run->less;
    weir_pool_config pool;
    weir_engine_config engine;
    load l;
    n->skipped = scale == 0;
    if (n->skipped) return;
    result *r = &n->current->result;
    memset(n->current, 0, sizeof *n->current);
    (void)snprintf(r->name, sizeof r->name, "%s/%g", run->scenario, scale);
    r->seed = 1;
    r->scale = scale;
    r->repetitions = REPEAT;
    r->empty = run->empty;
    r->hot = run->hot;
    result_name_manner(r);
    set_limits(run, &pool, &engine);
    const drive_plan plan = {.load = &l, .pool = &pool, .engine = &engine, .batch = BATCH};
    bool good =
        load_scenario(&l, run->scenario, 1, scale) && measure_run(n->current, &plan, !run->latency);
    load_free(&l);
    if (good && r->verified == RESULT_WRONG) {
        (void)printf("%s: WRONG: %s\n", r->name, r->wrong);
        n->gate_failed = true;
    }
    n->run_failed |= !good;
    n->skipped = !good;
    if (good) keep(n);
}

/* ── A row ───────────────────────────────────────────────────────────────────────────────────── */

static void show(double value, numbers_unit unit, char text[SHOWN])
{
    switch (unit) {
    case NUMBERS_NS:
        (void)snprintf(text, SHOWN, "%.0f ns", value);
        break;
    case NUMBERS_BYTES:
        (void)snprintf(text, SHOWN, "%s%s", value < 0 ? "-" : "",
                       units_bytes((uint64_t)(value < 0 ? -value : value)).text);
        break;
    case NUMBERS_PERCENT:
        (void)snprintf(text, SHOWN, "%.2f %%", value);
        break;
    case NUMBERS_TIMES:
        (void)snprintf(text, SHOWN, "%.2f x", value);
        break;
    }
}

static void do_row(numbers *n, const numbers_row *row)
{
    if (n->skipped) return;
    char measured[SHOWN], wanted[SHOWN];
    const double value = row->figure(&n->current->result);
    const bool least = row->unit == NUMBERS_PERCENT;
    const bool met = least ? value >= row->most : value <= row->most;
    show(value, row->unit, measured);
    if (row->told) {
        (void)printf("%-42s %12s\n", row->what, measured);
        return;
    }
    show(row->most, row->unit, wanted);
    (void)printf("%-42s %12s   %s %-12s %s%s\n", row->what, measured, least ? ">=" : "<=", wanted,
                 met ? "met" : "NOT MET", row->gate ? " (gate)" : "");
    (void)fflush(stdout);
    n->rows++;
    n->met += met;
    n->gate_failed |= row->gate && !met;
}

/* ── The whole ───────────────────────────────────────────────────────────────────────────────── */

static bool save(const numbers *n)
{
    static conditions where; /* large for a stack */
    if (!n->json) return true;
    conditions_gather(&where, &build_facts_own);
    const int error = json_save(n->json, &where, n->results, n->count);
    if (error)
        (void)fprintf(stderr, "weir-bench numbers: cannot write %s: %s\n", n->json,
                      strerror(error));
    return error == 0;
}

static int do_all(numbers *n)
{
    static conditions where;
    conditions_gather(&where, &build_facts_own);
    conditions_print(&where, stdout);
    (void)printf("\n%-42s %12s      %s\n", "what", "measured", "wanted");
    for (const numbers_entry *entry = numbers_list; entry->run.scenario || entry->row.what;
         entry++) {
        if (entry->row.what)
            do_row(n, &entry->row);
        else
            do_run(n, &entry->run);
    }
    (void)printf("\n%u of %u met%s\n", n->met, n->rows, n->gate_failed ? "; a gate is not" : "");
    if (!save(n) || n->run_failed) return EXIT_FAILED;
    return n->gate_failed ? EXIT_GATE : EXIT_OK;
}

int numbers_main(int argc, char **argv)
{
    numbers n = {.full = false};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return print_help();
        if (strcmp(argv[i], "--full") == 0) {
            n.full = true;
        } else if (strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
            n.json = argv[++i];
        } else {
            (void)fprintf(stderr, "weir-bench numbers: %s is no option; see --help\n", argv[i]);
            return EXIT_USAGE;
        }
    }
    n.current = measure_create();
    n.results = calloc(RUNS_MAX, sizeof *n.results);
    int code = n.current && n.results ? do_all(&n) : EXIT_FAILED;
    measure_free(n.current);
    free(n.results);
    return code;
}
