/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <stdio.h>
#include <string.h>

#include "conditions.h"
#include "csv.h"
#include "gate.h"
#include "json.h"
#include "load.h"
#include "measure.h"
#include "run_options.h"
#include "run_report.h"
#include "whole.h"
#include "words.h"

/* The scenario and its scale; the first file, and how many more. */
static void name_of(const run_options *o, char *name)
{
    const size_t more = o->library.input_count;
    if (o->scenario && o->scale != 1)
        (void)snprintf(name, RESULT_NAME_BYTES, "%s/%g", o->scenario, o->scale);
    else if (o->scenario)
        (void)snprintf(name, RESULT_NAME_BYTES, "%s", o->scenario);
    else if (more > 1)
        (void)snprintf(name, RESULT_NAME_BYTES, "%s+%zu", o->library.inputs[0], more - 1);
    else
        (void)snprintf(name, RESULT_NAME_BYTES, "%s", o->library.inputs[0]);
}

static bool load_all(load *l, const run_options *o)
{
    if (o->scenario) return load_scenario(l, o->scenario, o->seed, o->scale);
    return load_files(l, o->library.inputs, o->library.input_count);
}

/* ── Output ──────────────────────────────────────────────────────────────────────────────────── */

static bool told(const char *path, int error)
{
    if (error == 0) return true;
    (void)fprintf(stderr, "weir-bench run: cannot write %s: %s\n", path, strerror(error));
    return false;
}

static bool save(const measure *m, const run_options *o)
{
    static conditions where; /* large for a stack */
    bool good = true;
    conditions_gather(&where, &build_facts_own);
    conditions_set_limits(&where, &o->library.pool, &o->library.engine);
    if (o->json) good &= told(o->json, json_save(o->json, &where, &m->result, 1));
    if (o->csv) good &= told(o->csv, csv_save(o->csv, &where, &m->result, 1));
    if (o->phases) good &= told(o->phases, csv_save_phases(o->phases, &m->result));
    if (o->timeline)
        good &= told(o->timeline, csv_save_timeline(o->timeline, m->samples, m->sample_count));
    if (o->latency) good &= told(o->latency, csv_save_latency(o->latency, &m->spread));
    return good;
}

/* ── Gates ───────────────────────────────────────────────────────────────────────────────────── */

/* Each is read before anything is measured. */
static bool read_gates(const run_options *o, gate *gates)
{
    char why[GATE_WHY_BYTES];
    for (uint32_t i = 0; i < o->gate_count; i++) {
        if (gate_parse(o->gates[i], &gates[i], why)) continue;
        (void)fprintf(stderr, "weir-bench run: --gate: %s\n", why);
        return false;
    }
    return true;
}

static int judge(const run_options *o, const gate *gates, const result *r)
{
    char why[GATE_WHY_BYTES];
    int code = r->verified == RESULT_WRONG ? EXIT_FAILED : EXIT_OK;
    for (uint32_t i = 0; i < o->gate_count; i++) {
        if (gate_holds(&gates[i], r, why)) continue;
        (void)fprintf(stderr, "weir-bench run: gate: %s\n", why);
        if (code == EXIT_OK) code = EXIT_GATE;
    }
    return code;
}

/* ── The whole ───────────────────────────────────────────────────────────────────────────────── */

/* A limit that the library refuses is told in words of the options. */
static bool limits_work(const run_options *o)
{
    weir_pool *pool = NULL;
    weir_engine *engine = NULL;
    int error = weir_pool_create(&o->library.pool, &pool);
    if (error == WEIR_OK) error = weir_engine_create(pool, &o->library.engine, NULL, NULL, &engine);
    if (error != WEIR_OK) options_explain(&o->library, error);
    (void)weir_engine_destroy(engine);
    (void)weir_pool_destroy(pool);
    return error == WEIR_OK;
}

static int measure_all(measure *m, const run_options *o, const gate *gates)
{
    load l;
    int code = EXIT_FAILED;
    name_of(o, m->result.name);
    m->result.seed = o->seed;
    m->result.scale = o->scale;
    m->result.repetitions = o->repeat;
    m->result.empty = o->empty;
    m->result.hot = o->hot;
    result_name_manner(&m->result);
    const drive_plan plan = {.load = &l,
                             .pool = &o->library.pool,
                             .engine = &o->library.engine,
                             .batch = o->library.batch};
    bool good = load_all(&l, o) && measure_run(m, &plan, o->quick);
    m->result.file.bytes = good ? l.file_bytes : 0;
    if (good && !o->scenario)
        good = whole_run(&plan, o->library.inputs, o->library.input_count, &m->result);
    if (good) {
        /* With the JSON on stdout, the report makes way. */
        const bool taken =
            (o->json && strcmp(o->json, "-") == 0) || (o->csv && strcmp(o->csv, "-") == 0);
        run_report(&m->result, taken ? stderr : stdout);
        code = save(m, o) ? judge(o, gates, &m->result) : EXIT_FAILED;
    }
    load_free(&l);
    return code;
}

int run_main(int argc, char **argv)
{
    gate gates[RUN_GATES_MAX];
    run_options o;
    int code = run_options_parse(&o, argc, argv);
    if (code < 0) code = limits_work(&o) && read_gates(&o, gates) ? -1 : EXIT_USAGE;
    if (code < 0) {
        measure *m = measure_create();
        code = m ? measure_all(m, &o, gates) : EXIT_FAILED;
        measure_free(m);
    }
    run_options_free(&o);
    return code;
}
