/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <stdio.h>
#include <string.h>

#include "load.h"
#include "measure.h"
#include "run_options.h"
#include "run_report.h"

enum { RUN_OK = 0, RUN_FAILED = 1, RUN_USAGE = 2, RUN_GATE = 4 };

/* The scenario and its scale; the first file, and how many more. */
static void name_of(const run_options *o, char *name)
{
    const size_t more = o->library.input_count;
    const char *suffix = o->empty ? "/empty" : "";
    if (o->scenario && o->scale != 1)
        (void)snprintf(name, RESULT_NAME_BYTES, "%s/%g%s", o->scenario, o->scale, suffix);
    else if (o->scenario)
        (void)snprintf(name, RESULT_NAME_BYTES, "%s%s", o->scenario, suffix);
    else if (more > 1)
        (void)snprintf(name, RESULT_NAME_BYTES, "%s+%zu%s", o->library.inputs[0], more - 1, suffix);
    else
        (void)snprintf(name, RESULT_NAME_BYTES, "%s%s", o->library.inputs[0], suffix);
}

static bool load_all(load *l, const run_options *o)
{
    if (o->scenario) return load_scenario(l, o->scenario, o->seed, o->scale);
    return load_files(l, o->library.inputs, o->library.input_count);
}

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

static int measure_all(measure *m, const run_options *o)
{
    load l;
    int code = RUN_FAILED;
    name_of(o, m->result.name);
    m->result.seed = o->seed;
    m->result.scale = o->scale;
    m->result.repetitions = o->repeat;
    m->result.empty = o->empty;
    const drive_plan plan = {.load = &l,
                             .pool = &o->library.pool,
                             .engine = &o->library.engine,
                             .batch = o->library.batch};
    if (load_all(&l, o) && measure_run(m, &plan, o->quick)) {
        m->result.file.bytes = l.file_bytes;
        run_report(&m->result, stdout);
        code = m->result.verified == RESULT_WRONG ? RUN_FAILED : RUN_OK;
    }
    load_free(&l);
    return code;
}

int run_main(int argc, char **argv)
{
    run_options o;
    int code = run_options_parse(&o, argc, argv);
    if (code < 0) code = limits_work(&o) ? -1 : RUN_USAGE;
    if (code < 0) {
        measure *m = measure_create();
        code = m ? measure_all(m, &o) : RUN_FAILED;
        measure_free(m);
    }
    run_options_free(&o);
    return code;
}
