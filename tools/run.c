/* SPDX-License-Identifier: MIT */
/* weir run: reassembles and reports. Keeps nothing for a connection. */
#include "command.h"
#include "input.h"
#include "jsonl.h"
#include "live.h"
#include "report.h"
#include "say.h"

struct run {
    options options;
    session session;
    upkeep upkeep;
};

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    session *s = user;
    hole_histogram_add(&s->holes, hole);
    if (s->options->holes)
        jsonl_hole(stdout, session_id(s, weir_conn_ref(conn).id), direction, hole);
}

static void on_close(void *user, weir_conn *conn, weir_close_cause cause)
{
    session *s = user;
    weir_conn_info info;
    weir_conn_info_init(&info);
    if (weir_conn_get_info(conn, &info) != WEIR_OK) return;
    session_count(s, &info, cause);
    info.id = session_id(s, info.id);
    if (s->options->jsonl) jsonl_connection(stdout, &info, cause, s->place.interface);
    if (ferror(stdout)) s->stop = EXIT_FAILED; /* main says it */
}

static void on_conflict(void *user, weir_conn *conn, weir_direction direction,
                        const weir_conflict *conflict)
{
    const session *s = user;
    jsonl_conflict(stdout, session_id(s, weir_conn_ref(conn).id), direction, conflict);
}

static void tell(const options *o, const session_outcome *outcome)
{
    if (o->jsonl)
        jsonl_summary(stdout, outcome);
    else
        report_print(stdout, o, outcome);
}

static int run_session(struct run *run)
{
    session_outcome outcome;
    const int fed = session_feed(&run->session, &run->upkeep);
    int ended;
    /* Nothing was understood: there is nothing to report. */
    if (fed != EXIT_OK && run->session.input.read_packets == 0) return fed;
    if (fed == EXIT_USAGE) return fed;
    ended = session_end(&run->session, &outcome);
    upkeep_end(&run->upkeep);
    tell(&run->options, &outcome);
    if (fed != EXIT_OK) return fed;
    if (ended != EXIT_OK) return ended;
    return outcome.input.incomplete && run->options.strict ? EXIT_INCOMPLETE : EXIT_OK;
}

/* Who pipes a capture in as it grows wants each line when it is there. */
static void be_prompt(const options *o)
{
    size_t i;
    for (i = 0; i < o->input_count; i++)
        if (input_is_stream(o->inputs[i])) (void)setvbuf(stdout, NULL, _IOLBF, 0);
}

static int run_with_upkeep(struct run *run)
{
    const snapshot_source source = {session_snapshot, &run->session};
    int exit_code = upkeep_begin(&run->upkeep, &run->options, run->session.pool, source, false);
    if (exit_code == EXIT_OK) exit_code = run_session(run);
    upkeep_end(&run->upkeep);
    return exit_code;
}

static int run_files(struct run *run, const weir_callbacks *callbacks)
{
    int exit_code;
    be_prompt(&run->options);
    exit_code = session_open(&run->session, &run->options, callbacks, run);
    if (exit_code == EXIT_OK) exit_code = run_with_upkeep(run);
    session_close(&run->session);
    return exit_code;
}

static int run_live(const options *o, const weir_callbacks *callbacks)
{
    session_outcome outcome;
    live *l;
    int exit_code = live_open(&l, o);
    if (exit_code == EXIT_OK) exit_code = live_run(l, callbacks, NULL, &outcome);
    if (exit_code == EXIT_OK) tell(o, &outcome);
    if (exit_code == EXIT_OK && o->strict && live_lost(&outcome)) exit_code = EXIT_INCOMPLETE;
    live_close(l);
    return exit_code;
}

int command_run(int argc, char **argv)
{
    struct run run;
    weir_callbacks callbacks;
    int exit_code = options_parse(&run.options, OPTIONS_RUN, argc, argv);
    if (exit_code < 0) {
        weir_callbacks_init(&callbacks);
        callbacks.on_close = on_close;
        if (run.options.holes || run.options.metrics) callbacks.on_hole = on_hole;
        if (run.options.conflicts) callbacks.on_conflict = on_conflict;
        exit_code = run.options.interface_count > 0 ? run_live(&run.options, &callbacks)
                                                    : run_files(&run, &callbacks);
    }
    options_free(&run.options);
    return exit_code;
}
