/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <inttypes.h>
#include <string.h>

#include "say.h"

int session_pool(const options *o, uint32_t engines, weir_pool **pool)
{
    weir_pool_config config = o->pool;
    int error;
    *pool = NULL;
    if (config.max_engines < engines) config.max_engines = engines;
    error = weir_pool_create(&config, pool);
    if (error == WEIR_OK) return EXIT_OK;
    options_explain(o, error);
    return EXIT_USAGE;
}

int session_join(session *s, weir_pool *pool, const session_place *place, const options *o,
                 const weir_callbacks *callbacks, void *user)
{
    int error;
    memset(s, 0, sizeof *s);
    s->options = o;
    s->user = user;
    s->place = *place;
    s->pool = pool;
    error = weir_engine_create(pool, &o->engine, callbacks, s, &s->engine);
    if (error == WEIR_OK) return EXIT_OK;
    options_explain(o, error);
    return EXIT_USAGE;
}

int session_open(session *s, const options *o, const weir_callbacks *callbacks, void *user)
{
    static const session_place alone = {NULL, 0, 1};
    weir_pool *pool;
    int exit_code = session_pool(o, 1, &pool);
    memset(s, 0, sizeof *s);
    if (exit_code != EXIT_OK) return exit_code;
    exit_code = session_join(s, pool, &alone, o, callbacks, user);
    s->owns_pool = true;
    return exit_code;
}

uint64_t session_id(const session *s, uint64_t id)
{
    return (id - 1) * s->place.count + s->place.number + 1;
}

void session_close(session *s)
{
    if (s->engine) (void)weir_engine_destroy(s->engine);
    if (s->pool && s->owns_pool) (void)weir_pool_destroy(s->pool);
    s->engine = NULL;
    s->pool = NULL;
}

void session_count(session *s, const weir_conn_info *info, weir_close_cause cause)
{
    const weir_flow *c2s = &info->flow[WEIR_C2S];
    const weir_flow *s2c = &info->flow[WEIR_S2C];
    const int bytes = c2s->offset > 0 || s2c->offset > 0;
    const int both = c2s->seen && s2c->seen;
    const weir_flow *flow;
    if (!bytes) s->tally.silent++;
    if (both) s->tally.both_ways++;
    if (bytes && !both) s->tally.one_way++;
    if (bytes && !both && info->vlan != 0) s->tally.one_way_tagged++;
    if (bytes && !both && info->tunnel != 0) s->tally.one_way_tunnel++;
    if (bytes && cause == WEIR_CLOSE_EVICTED) s->tally.evicted_with_bytes++;
    s->tally.midstream += info->midstream;
    for (flow = info->flow; flow < info->flow + 2; flow++)
        s->tally.unbalanced +=
            flow->offset != flow->delivered_bytes + flow->missing_bytes + flow->ignored_bytes;
}

int session_feed(session *s, upkeep *u)
{
    return feed_all(s->options, s->engine, u, &s->stop, &s->input);
}

void session_snapshot(void *user, snapshot *now)
{
    const session *s = user;
    (void)weir_engine_stats(s->engine, &now->stats);
    (void)weir_pool_memory(s->pool, &now->memory);
    hole_histogram_take(&s->holes, &now->holes);
    now->first_ns = s->input.first_ns;
    now->packet_ns = weir_engine_now(s->engine);
    now->read_packets = s->input.read_packets;
    now->read_bytes = s->input.read_bytes;
    now->filtered_packets = s->input.filtered.packets;
    now->unsupported_packets = s->input.unsupported_packets;
}

/* Lets packet time pass until closed connections are forgotten and free memory has gone back. */
static void let_time_pass(session *s, uint64_t clock_ns)
{
    const uint64_t time_ns = s->options->engine.linger_ns + WEIR_SECOND;
    /* Stamps may be anything; one short of WEIR_NEVER is as late as it gets. */
    const uint64_t end_ns = clock_ns < WEIR_NEVER - time_ns ? clock_ns + time_ns : WEIR_NEVER - 1;
    uint64_t due_ns;
    while ((due_ns = weir_engine_next_deadline(s->engine)) <= end_ns)
        weir_engine_advance(s->engine, due_ns);
    /* Free memory goes back after an interval of 100 ms that saw all of it free. */
    for (uint64_t step = 1; step <= 4; step++)
        while (weir_engine_advance(s->engine, end_ns + step * 100 * WEIR_MILLISECOND) == 1)
            continue;
}

static int check(const session_outcome *outcome)
{
    const weir_stats *stats = &outcome->stats;
    uint64_t sum = stats->delivered_bytes + stats->duplicate_bytes + stats->held_bytes;
    size_t i;
    for (i = 0; i < WEIR_DISCARDED_COUNT; i++)
        sum += stats->discarded_bytes[i];
    if (sum != stats->payload_bytes) {
        say("%" PRIu64 " bytes of payload, but %" PRIu64 " accounted for; please report it",
            stats->payload_bytes, sum);
        return EXIT_FAILED;
    }
    if (outcome->tally.unbalanced > 0) {
        say("in %" PRIu64
            " directions the offset is not delivered + missing + ignored; please report it",
            outcome->tally.unbalanced);
        return EXIT_FAILED;
    }
    return EXIT_OK;
}

int session_end(session *s, session_outcome *outcome)
{
    int error;
    memset(outcome, 0, sizeof *outcome);
    weir_stats_init(&outcome->stats);
    weir_memory_init(&outcome->memory);
    outcome->clock_ns = weir_engine_now(s->engine);
    error = weir_engine_flush(s->engine);
    let_time_pass(s, outcome->clock_ns);
    if (error == WEIR_OK) error = weir_engine_stats(s->engine, &outcome->stats);
    if (error == WEIR_OK) error = weir_pool_memory(s->pool, &outcome->memory);
    outcome->input = s->input;
    outcome->tally = s->tally;
    if (error == WEIR_OK) return check(outcome);
    say("the library refuses to end: %s; please report it", weir_error_text(error));
    return EXIT_FAILED;
}

/* ── Several ─────────────────────────────────────────────────────────────────────────────────── */

static void add_all(uint64_t *sum, const uint64_t *one, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] += one[i];
}

static void add_stats(weir_stats *sum, const weir_stats *one)
{
#define X(name, text) sum->name += one->name;
    WEIR_COUNTERS(X)
#undef X
    add_all(sum->ignored_packets, one->ignored_packets, WEIR_IGNORED_COUNT);
    add_all(sum->discarded_bytes, one->discarded_bytes, WEIR_DISCARDED_COUNT);
    add_all(sum->holes, one->holes, WEIR_HOLE_CAUSE_COUNT);
    add_all(sum->closed, one->closed, WEIR_CLOSE_CAUSE_COUNT);
    sum->connections_open += one->connections_open;
}

static void add_input(feed_totals *sum, const feed_totals *one)
{
    sum->read_packets += one->read_packets;
    sum->read_bytes += one->read_bytes;
    sum->unsupported_packets += one->unsupported_packets;
    sum->filtered.packets += one->filtered.packets;
    sum->filtered.tagged += one->filtered.tagged;
    sum->filtered.pieces += one->filtered.pieces;
    sum->cut_packets += one->cut_packets;
    if (sum->first_ns == 0 || (one->first_ns != 0 && one->first_ns < sum->first_ns))
        sum->first_ns = one->first_ns;
    sum->incomplete |= one->incomplete;
}

static void add_tally(session_tally *sum, const session_tally *one)
{
    sum->silent += one->silent;
    sum->both_ways += one->both_ways;
    sum->one_way += one->one_way;
    sum->one_way_tagged += one->one_way_tagged;
    sum->one_way_tunnel += one->one_way_tunnel;
    sum->midstream += one->midstream;
    sum->evicted_with_bytes += one->evicted_with_bytes;
    sum->unbalanced += one->unbalanced;
}

void session_add(session_outcome *sum, const session_outcome *one)
{
    add_stats(&sum->stats, &one->stats);
    sum->memory = one->memory;
    add_input(&sum->input, &one->input);
    add_tally(&sum->tally, &one->tally);
    if (one->clock_ns > sum->clock_ns) sum->clock_ns = one->clock_ns;
    sum->live |= one->live;
    sum->capture.received_packets += one->capture.received_packets;
    sum->capture.dropped_packets += one->capture.dropped_packets;
    sum->capture.interface_dropped += one->capture.interface_dropped;
}
