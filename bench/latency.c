/* SPDX-License-Identifier: MIT */
#include "latency.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "apart.h"
#include "clock.h"
#include "floor.h"
#include "hot.h"
#include "touch.h"

enum { CLOCK_TRIES = 4096 };

/* What is kept of each packet, over the runs. */
typedef struct packet_time {
    uint32_t least_ns;
    uint32_t released;
    int grows; /* it touches memory that no packet of its run has touched */
} packet_time;

typedef struct latency {
    const drive_plan *plan;
    result *result;
    hot *window; /* NULL: packets are measured where they lie */
    packet_time *times;
    uint64_t clock_ns;
    uint64_t touched;
    uint32_t released; /* by the packet in hand */
    latency_spread *spread;
} latency;

/* ── Callbacks ───────────────────────────────────────────────────────────────────────────────── */

static void take_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                      size_t count)
{
    latency *l = user;
    (void)conn, (void)direction;
    for (size_t i = 0; i < count; i++)
        l->touched += touch(spans[i].data, spans[i].length);
    l->released += (uint32_t)count;
}

static void take_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    (void)conn, (void)direction, (void)hole;
    ((latency *)user)->released++;
}

static void take_close(void *user, weir_conn *conn, weir_close_cause cause)
{
    (void)conn, (void)cause;
    ((latency *)user)->released++;
}

/* ── Runs ────────────────────────────────────────────────────────────────────────────────────── */

/* The least that two readings of the clock, one after the other, are apart. */
static uint64_t clock_cost_ns(void)
{
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < CLOCK_TRIES; i++) {
        const uint64_t begin = clock_wall_ns();
        const uint64_t cost = clock_wall_ns() - begin;
        if (cost < least) least = cost;
    }
    return least;
}

static uint64_t without_clock(const latency *l, uint64_t ns)
{
    return ns > l->clock_ns ? ns - l->clock_ns : 0;
}

static void note(latency *l, size_t packet, uint64_t ns)
{
    packet_time *time = &l->times[packet];
    ns = without_clock(l, ns);
    histogram_add(&l->spread->all, ns);
    if (l->released <= 1) histogram_add(time->grows ? &l->spread->growing : &l->spread->single, ns);
    if (ns < time->least_ns) time->least_ns = (uint32_t)ns;
    time->released = l->released;
}

/* This process's page faults so far. */
static long faults(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static void feed_watched(latency *l, const drive *d, int link_type, size_t begin, size_t end)
{
    const weir_packet *packets = l->plan->load->packets;
    for (size_t i = begin; i < end; i++) {
        const long before = faults();
        (void)weir_engine_packets(d->engine, link_type, packets + i, 1, NULL);
        l->times[i].grows = faults() != before;
    }
}

static void feed_timed(latency *l, const drive *d, int link_type, size_t begin, size_t end)
{
    const weir_packet *packets;
    for (size_t n; begin < end; begin += n) {
        n = hot_take(l->window, l->plan->load, begin, end, &packets);
        for (size_t i = 0; i < n; i++) {
            l->released = 0;
            const uint64_t since = clock_wall_ns();
            (void)weir_engine_packets(d->engine, link_type, packets + i, 1, NULL);
            note(l, begin + i, clock_wall_ns() - since);
        }
    }
}

static void time_floor_of(latency *l, int link_type, size_t begin, size_t end)
{
    const weir_packet *packets;
    for (size_t n; begin < end; begin += n) {
        n = hot_take(l->window, l->plan->load, begin, end, &packets);
        for (size_t i = 0; i < n; i++) {
            const uint64_t since = clock_wall_ns();
            l->touched += floor_run(link_type, packets + i, 1);
            histogram_add(&l->spread->floor, without_clock(l, clock_wall_ns() - since));
        }
    }
}

static void time_floor(latency *l)
{
    const load *from = l->plan->load;
    for (size_t i = 0, begin = 0; i < from->stretch_count; begin = from->stretches[i++].end)
        time_floor_of(l, from->stretches[i].link_type, begin, from->stretches[i].end);
}

typedef void feeder(latency *l, const drive *d, int link_type, size_t begin, size_t end);

static bool run_once(latency *l, const drive_plan *plan, feeder *feed)
{
    const load *from = plan->load;
    weir_callbacks callbacks;
    drive d;
    weir_callbacks_init(&callbacks);
    callbacks.on_data = take_data;
    callbacks.on_hole = take_hole;
    callbacks.on_close = take_close;
    if (!drive_open(&d, plan, &callbacks, l)) return false;
    for (size_t i = 0, begin = 0; i < from->stretch_count; begin = from->stretches[i++].end)
        feed(l, &d, from->stretches[i].link_type, begin, from->stretches[i].end);
    drive_close(&d);
    return true;
}

static void judge(const latency *l, result_latency *out)
{
    const histogram *all = &l->spread->all, *single = &l->spread->single;
    const histogram *bare = &l->spread->floor;
    for (size_t i = 0; i < l->plan->load->count; i++) {
        const packet_time *time = &l->times[i];
        const double ns = (double)time->least_ns;
        histogram_add(&l->spread->least, time->least_ns);
        const double share = ns / (LATENCY_PACKET_NS + LATENCY_RELEASED_NS * time->released);
        if (share > out->worst_share) out->worst_share = share;
        if (ns <= out->max_ns) continue;
        out->max_ns = ns;
        out->max_packet = i;
        out->max_released = time->released;
    }
    out->p50_ns = (double)histogram_quantile(all, 0.5);
    out->p90_ns = (double)histogram_quantile(all, 0.9);
    out->p99_ns = (double)histogram_quantile(all, 0.99);
    out->p999_ns = (double)histogram_quantile(all, 0.999);
    out->single_p99_ns = (double)histogram_quantile(single, 0.99);
    out->single_p999_ns = (double)histogram_quantile(single, 0.999);
    out->growing = l->spread->growing.count / LATENCY_RUNS;
    out->growing_p99_ns = (double)histogram_quantile(&l->spread->growing, 0.99);
    out->floor_p50_ns = (double)histogram_quantile(bare, 0.5);
    out->floor_p99_ns = (double)histogram_quantile(bare, 0.99);
    out->floor_p999_ns = (double)histogram_quantile(bare, 0.999);
    out->clock_ns = (double)l->clock_ns;
    out->runs = LATENCY_RUNS;
}

static bool run_all(void *argument)
{
    static const uint8_t key[16] = {1};
    latency *l = argument;
    l->window = hot_window(l->result->hot);
    weir_engine_config engine = *l->plan->engine;
    drive_plan plan = *l->plan;
    if (!engine.hash_key) engine.hash_key = key;
    plan.engine = &engine;
    memset(l->times, 0xff, plan.load->count * sizeof *l->times);
    l->clock_ns = clock_cost_ns();
    l->touched += floor_run_all(plan.load); /* its pages are not yet this process's */
    if (!run_once(l, &plan, feed_watched)) return false;
    for (int i = 0; i < LATENCY_RUNS; i++) {
        if (!run_once(l, &plan, feed_timed)) return false;
        time_floor(l);
    }
    judge(l, &l->result->latency);
    return true;
}

bool latency_run(const drive_plan *plan, result *r, latency_spread *spread)
{
    const size_t bytes = plan->load->count * sizeof(packet_time);
    latency *l = calloc(1, sizeof *l);
    bool good = false;
    if (!l) return false;
    l->plan = plan;
    l->result = r;
    l->spread = spread;
    l->times = apart_memory(bytes);
    if (l->times) good = apart_run(run_all, l);
    apart_free(l->times, bytes);
    free(l);
    return good;
}
