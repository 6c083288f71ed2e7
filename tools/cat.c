/* SPDX-License-Identifier: MIT */
/*
 * weir cat: writes the bytes of each direction to a file. Keeps 48 bytes for a connection, by
 * malloc, while it is open: its ordinal, and which files it has.
 *
 * Live, callbacks come from several threads: one lock for all files, because they are written by
 * the same disk anyway.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "advice.h"
#include "atomic_file.h"
#include "command.h"
#include "jsonl.h"
#include "live.h"
#include "ordinals.h"
#include "say.h"
#include "stream_files.h"
#include "units.h"

static const char index_name[] = "streams.jsonl";

struct cat {
    options options;
    session session;
    ordinals ordinals;
    stream_files files;
    atomic_file index;
    int directory;
    bool made;            /* the directory was not there */
    int fed;              /* how the feeding ended */
    pthread_mutex_t lock; /* of all the above, inside callbacks */
    int stop;             /* an exit code: nothing is written any more */
};

/* What a connection keeps. */
struct kept {
    stream_name name[2];
};

/* Ends the feeding. The first reason is the one that is told. */
static void fail(struct cat *cat, const char *what, int error)
{
    if (cat->stop != EXIT_OK) return;
    cat->stop = EXIT_FAILED;
    say("%s: cannot %s: %s; make room, or give another -o DIR", cat->options.output, what,
        strerror(error));
}

/* ── Callbacks ───────────────────────────────────────────────────────────────────────────────── */

/* Each callback is between these two. */
static struct cat *enter(session *s)
{
    struct cat *cat = s->user;
    (void)pthread_mutex_lock(&cat->lock);
    return cat;
}

static void leave(session *s, struct cat *cat)
{
    if (ferror(stdout) && cat->stop == EXIT_OK) cat->stop = EXIT_FAILED; /* main says it */
    s->stop = cat->stop;
    (void)pthread_mutex_unlock(&cat->lock);
}

/* What the connection is to keep, with its ordinal; NULL: no memory. */
static struct kept *keep(struct cat *cat, const weir_conn_info *info, uint64_t id)
{
    const uint32_t ordinal = ordinals_next(&cat->ordinals, info);
    struct kept *kept = ordinal > 0 ? calloc(1, sizeof *kept) : NULL;
    if (!kept) return NULL;
    kept->name[0] = (stream_name){id, WEIR_C2S, ordinal, false};
    kept->name[1] = (stream_name){id, WEIR_S2C, ordinal, false};
    return kept;
}

static weir_verdict on_open(void *user, weir_conn *conn)
{
    session *s = user;
    struct cat *cat = enter(s);
    struct kept *kept = NULL;
    weir_conn_info info;
    weir_conn_info_init(&info);
    if (weir_conn_get_info(conn, &info) == WEIR_OK) kept = keep(cat, &info, session_id(s, info.id));
    if (!kept) fail(cat, "remember a connection", ENOMEM);
    weir_conn_set_user(conn, kept);
    leave(s, cat);
    return kept ? WEIR_FOLLOW : WEIR_IGNORE;
}

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    session *s = user;
    struct cat *cat = enter(s);
    struct kept *kept = weir_conn_user(conn);
    if (kept && cat->stop == EXIT_OK) {
        const int error =
            stream_files_write(&cat->files, conn, &kept->name[direction], spans, count);
        if (error) fail(cat, "write", error);
    }
    leave(s, cat);
}

static void on_late(void *user, weir_conn *conn, weir_direction direction, const weir_span *span)
{
    on_data(user, conn, direction, span, 1);
}

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    session *s = user;
    hole_histogram_add(&s->holes, hole);
    if (s->options->holes)
        jsonl_hole(stdout, session_id(s, weir_conn_ref(conn).id), direction, hole);
}

static void on_conflict(void *user, weir_conn *conn, weir_direction direction,
                        const weir_conflict *conflict)
{
    const session *s = user;
    jsonl_conflict(stdout, session_id(s, weir_conn_ref(conn).id), direction, conflict);
}

/* Ends a direction's file and tells of it. */
static void end_stream(struct cat *cat, const weir_conn *conn, stream_name *which,
                       const weir_conn_info *info)
{
    const weir_flow *flow = &info->flow[which->direction];
    char name[STREAM_NAME_BYTES];
    int error = 0;
    if (!which->exists || cat->stop != EXIT_OK) return;
    if (cat->files.in_place && flow->missing_bytes > 0)
        error = stream_files_extend(&cat->files, conn, which, flow->offset);
    if (!error) error = stream_files_close(&cat->files, info, which, name);
    if (error) {
        fail(cat, "write", error);
        return;
    }
    jsonl_stream(cat->index.stream, name, info, which->direction, which->ordinal);
}

static void on_close(void *user, weir_conn *conn, weir_close_cause cause)
{
    session *s = user;
    struct cat *cat = enter(s);
    struct kept *kept = weir_conn_user(conn);
    weir_conn_info info;
    weir_conn_info_init(&info);
    if (weir_conn_get_info(conn, &info) == WEIR_OK && kept) {
        session_count(s, &info, cause);
        info.id = session_id(s, info.id);
        end_stream(cat, conn, &kept->name[WEIR_C2S], &info);
        end_stream(cat, conn, &kept->name[WEIR_S2C], &info);
        if (cat->options.jsonl) jsonl_connection(stdout, &info, cause, s->place.interface);
    }
    free(kept);
    leave(s, cat);
}

/* ── The directory ───────────────────────────────────────────────────────────────────────────── */

/* Makes sure that the directory is there and free, and begins its index. Returns an exit code. */
static int begin_index(struct cat *cat)
{
    const char *path = cat->options.output;
    int error;
    if (!cat->options.force && faccessat(cat->directory, index_name, F_OK, 0) == 0) {
        say("-o %s: has a %s already; give another directory, or --force to write over it", path,
            index_name);
        return EXIT_USAGE;
    }
    error = atomic_file_begin(&cat->index, cat->directory, index_name);
    if (!error) return EXIT_OK;
    say("-o %s: %s; give a directory that can be written to", path, strerror(error));
    return EXIT_FAILED;
}

static int open_directory(struct cat *cat)
{
    const char *path = cat->options.output;
    int exit_code;
    cat->made = mkdir(path, 0777) == 0;
    cat->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cat->directory < 0) {
        say("-o %s: %s; give a directory whose parent is there", path, strerror(errno));
        return EXIT_FAILED;
    }
    exit_code = begin_index(cat);
    if (exit_code != EXIT_OK) (void)close(cat->directory);
    return exit_code;
}

/* Puts the index in its place if all went well. */
static int close_directory(struct cat *cat, int exit_code)
{
    int error = stream_files_end(&cat->files);
    if (exit_code != EXIT_OK) {
        atomic_file_abandon(&cat->index);
    } else {
        const int failed = atomic_file_commit(&cat->index);
        if (!error) error = failed;
        if (error) {
            fail(cat, "write", error);
            exit_code = EXIT_FAILED;
        }
    }
    (void)close(cat->directory);
    if (exit_code != EXIT_OK && cat->made) (void)rmdir(cat->options.output); /* only if empty */
    return exit_code;
}

/* ── The run ─────────────────────────────────────────────────────────────────────────────────── */

static void tell(const struct cat *cat, const session_outcome *outcome)
{
    char lines[ADVICE_MAX][ADVICE_BYTES];
    const size_t count = advice_give(&cat->options, outcome, lines);
    size_t i;
    say("%s files with %s written to %s; %s missing", units_count(cat->files.created).text,
        units_bytes(outcome->stats.delivered_bytes).text, cat->options.output,
        units_bytes(outcome->stats.missing_bytes).text);
    for (i = 0; i < count; i++)
        say("%s", lines[i]);
}

static int feed_and_end(struct cat *cat, upkeep *u, session_outcome *outcome)
{
    int ended;
    cat->fed = session_feed(&cat->session, u);
    /* An input that fails in its middle leaves streams worth having; other failures do not. */
    if (cat->fed != EXIT_OK && !cat->session.input.incomplete) {
        cat->stop = cat->fed; /* no more files: what closes now is not told of */
        return cat->fed;
    }
    ended = session_end(&cat->session, outcome);
    if (cat->stop != EXIT_OK) return cat->stop;
    if (ended == EXIT_OK && cat->options.jsonl) jsonl_summary(stdout, outcome);
    return ended;
}

static int feed_with_upkeep(struct cat *cat, session_outcome *outcome)
{
    const snapshot_source source = {session_snapshot, &cat->session};
    upkeep u;
    int exit_code = upkeep_begin(&u, &cat->options, cat->session.pool, source, false);
    if (exit_code == EXIT_OK) exit_code = feed_and_end(cat, &u, outcome);
    upkeep_end(&u);
    return exit_code;
}

static int write_files(struct cat *cat, const weir_callbacks *callbacks, session_outcome *outcome)
{
    int exit_code = session_open(&cat->session, &cat->options, callbacks, cat);
    if (exit_code == EXIT_OK) exit_code = feed_with_upkeep(cat, outcome);
    session_close(&cat->session);
    return exit_code;
}

static int write_live(struct cat *cat, live *l, const weir_callbacks *callbacks,
                      session_outcome *outcome)
{
    int exit_code = live_run(l, callbacks, cat, outcome);
    if (cat->stop != EXIT_OK) exit_code = cat->stop;
    if (exit_code == EXIT_OK && cat->options.jsonl) jsonl_summary(stdout, outcome);
    return exit_code;
}

/* l: NULL where files are read. */
static int write_streams(struct cat *cat, live *l)
{
    session_outcome outcome;
    weir_callbacks callbacks;
    int exit_code;
    weir_callbacks_init(&callbacks);
    callbacks.on_open = on_open;
    callbacks.on_data = on_data;
    callbacks.on_close = on_close;
    if (cat->options.gaps == OPTIONS_GAPS_ZERO) callbacks.on_late = on_late;
    if (cat->options.holes || cat->options.metrics) callbacks.on_hole = on_hole;
    if (cat->options.conflicts) callbacks.on_conflict = on_conflict;
    stream_files_begin(&cat->files, cat->directory, cat->options.gaps == OPTIONS_GAPS_ZERO);
    exit_code =
        l ? write_live(cat, l, &callbacks, &outcome) : write_files(cat, &callbacks, &outcome);
    exit_code = close_directory(cat, exit_code);
    if (exit_code != EXIT_OK) return exit_code;
    tell(cat, &outcome);
    if (cat->fed != EXIT_OK) return cat->fed;
    if (!cat->options.strict) return EXIT_OK;
    return outcome.input.incomplete || live_lost(&outcome) ? EXIT_INCOMPLETE : EXIT_OK;
}

/* Interfaces first: the directory is then made by the user that the process becomes. */
static int open_and_write(struct cat *cat)
{
    live *l = NULL;
    int exit_code = EXIT_OK;
    if (cat->options.interface_count > 0) exit_code = live_open(&l, &cat->options);
    if (exit_code == EXIT_OK) exit_code = open_directory(cat);
    if (exit_code == EXIT_OK) exit_code = write_streams(cat, l);
    live_close(l);
    return exit_code;
}

int command_cat(int argc, char **argv)
{
    struct cat *cat = calloc(1, sizeof *cat);
    int exit_code;
    if (!cat) return EXIT_FAILED;
    (void)pthread_mutex_init(&cat->lock, NULL);
    exit_code = options_parse(&cat->options, OPTIONS_CAT, argc, argv);
    if (exit_code < 0) exit_code = open_and_write(cat);
    (void)pthread_mutex_destroy(&cat->lock);
    ordinals_free(&cat->ordinals);
    options_free(&cat->options);
    free(cat);
    return exit_code;
}
