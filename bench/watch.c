/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <inttypes.h>
#include <malloc.h>
#include <string.h>

#include "apart.h"
#include "clock.h"
#include "race.h"

#define LOOK_NS     (10 * WEIR_MILLISECOND)
#define LOOK_SHARES 500 /* of the packets' time */

typedef struct watch {
    const drive_plan *plan;
    result *result;
    timeline_sample *samples;
    size_t *count;
    drive drive;
    uint64_t begin_ns, look_ns;                  /* of the wall */
    uint64_t first_ns, every_ns, look_packet_ns; /* of the packets */
    uint64_t ledger_seen;
    uint64_t packets;
    uint64_t touched;
    weir_stats stats;
} watch;

/* ── Looking ─────────────────────────────────────────────────────────────────────────────────── */

/* Every second sample goes, and from then on half as many come. */
static void thin(watch *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < *w->count; i += 2)
        w->samples[kept++] = w->samples[i];
    *w->count = kept;
    w->every_ns *= 2;
}

static void keep(watch *w, const timeline_sample *sample)
{
    if (!w->samples) return;
    if (*w->count == WATCH_SAMPLES_MAX) thin(w);
    w->samples[(*w->count)++] = *sample;
}

static timeline_sample look(watch *w, uint64_t packet_ns)
{
    result *r = w->result;
    weir_memory memory;
    drive_figures(&w->drive, &w->stats, &memory);
    const uint64_t rss = apart_rss_anon_bytes(), now_ns = clock_wall_ns();
    const timeline_sample sample = {
        .time_s = (double)(now_ns - w->begin_ns) / 1e9,
        .packets = w->packets,
        .packet_time_s = (double)(int64_t)(packet_ns - w->first_ns) / 1e9,
        .limit_bytes = memory.limit_bytes,
        .ledger_bytes = memory.committed_bytes,
        .held_bytes = w->stats.held_bytes,
        .rss_anon_bytes = rss,
    };
    keep(w, &sample);
    if (rss > r->rss_anon_peak_bytes) r->rss_anon_peak_bytes = rss;
    if (w->stats.connections_open > r->peak_connections)
        r->peak_connections = w->stats.connections_open;
    if (memory.committed_bytes > w->ledger_seen) w->ledger_seen = memory.committed_bytes;
    w->look_ns = now_ns + LOOK_NS;
    w->look_packet_ns = packet_ns + w->every_ns;
    return sample;
}

static void maybe_look(watch *w, uint64_t packet_ns)
{
    weir_memory memory;
    weir_memory_init(&memory);
    (void)weir_pool_memory(w->drive.pool, &memory);
    if (memory.committed_bytes >= w->ledger_seen + WATCH_STEP_BYTES ||
        packet_ns >= w->look_packet_ns || clock_wall_ns() >= w->look_ns)
        (void)look(w, packet_ns);
}

/* ── The run ─────────────────────────────────────────────────────────────────────────────────── */

static void begin(watch *w)
{
    const load *l = w->plan->load;
    const uint64_t last_ns = l->packets[l->count - 1].time_ns;
    w->first_ns = w->look_packet_ns = l->packets[0].time_ns;
    w->every_ns = last_ns > w->first_ns ? (last_ns - w->first_ns) / LOOK_SHARES + 1 : 1;
    w->begin_ns = w->look_ns = clock_wall_ns();
}

static void feed_stretch(watch *w, int link_type, size_t from, size_t end)
{
    const load *l = w->plan->load;
    while (from < end) {
        const size_t n = end - from < w->plan->batch ? end - from : w->plan->batch;
        drive_feed(&w->drive, link_type, l->packets + from, n);
        from += n;
        w->packets += n;
        maybe_look(w, l->packets[from - 1].time_ns);
    }
}

static void end_phase(watch *w, uint32_t phase, uint64_t packet_ns)
{
    result_phase *p = &w->result->phases[phase];
    const timeline_sample sample = look(w, packet_ns);
    p->ledger_bytes = sample.ledger_bytes;
    p->rss_anon_bytes = sample.rss_anon_bytes;
    p->connections = w->stats.connections_open;
}

static void take_figures(watch *w)
{
    result *r = w->result;
    weir_memory memory;
    drive_figures(&w->drive, &w->stats, &memory);
    r->limit_bytes = memory.limit_bytes;
    r->page_bytes = w->plan->pool->page_bytes;
    r->peak_bytes = memory.peak_bytes;
    r->end_bytes = memory.committed_bytes;
    r->returned_bytes = memory.returned_bytes;
    r->rss_anon_end_bytes = apart_rss_anon_bytes();
    r->held_peak_bytes = w->stats.held_peak_bytes;
    r->connections = w->stats.connections;
    r->evicted = w->stats.evicted;
    r->payload_bytes = w->stats.payload_bytes;
    r->delivered_bytes = w->stats.delivered_bytes;
    r->missing_bytes = w->stats.missing_bytes;
    memcpy(r->holes, w->stats.holes, sizeof r->holes);
}

static bool run(void *argument)
{
    watch *w = argument;
    const load *l = w->plan->load;
    size_t from = 0;
    traffic_close(l->traffic); /* this process's copy of it */
    (void)malloc_trim(0);
    w->result->rss_anon_base_bytes = apart_rss_anon_bytes();
    if (!drive_open_touching(&w->drive, w->plan, &w->touched)) return false;
    begin(w);
    for (size_t i = 0; i < l->stretch_count; from = l->stretches[i++].end) {
        feed_stretch(w, l->stretches[i].link_type, from, l->stretches[i].end);
        end_phase(w, race_phase_of(l, i), l->packets[l->stretches[i].end - 1].time_ns);
    }
    drive_flush(&w->drive);
    (void)look(w, l->packets[l->count - 1].time_ns);
    drive_settle(&w->drive);
    (void)look(w, weir_engine_now(w->drive.engine));
    take_figures(w);
    drive_close(&w->drive);
    return true;
}

bool watch_run(const drive_plan *plan, result *r, timeline_sample *samples, size_t *count)
{
    watch w = {.plan = plan, .result = r, .samples = samples, .count = count};
    return apart_run(run, &w);
}
