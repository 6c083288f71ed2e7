/* SPDX-License-Identifier: MIT */
#include "run_report.h"

#include <inttypes.h>

#include "units.h"

static void report_head(const result *r, FILE *to)
{
    const double ns = result_median_ns(r, RESULT_WALL);
    (void)fprintf(to, "%s: %s packets, %s", r->name, units_count(r->packets).text,
                  units_bytes(r->frame_bytes).text);
    if (ns > 0)
        (void)fprintf(to, "; %.2f M packets/s, %.1f Gbit/s", 1e3 / ns,
                      8 * (double)r->frame_bytes / ((double)r->packets * ns));
    (void)fprintf(to, "\n\ntime a packet, median of %u, callbacks that %s, batches of %u%s\n",
                  (unsigned)r->repetitions, r->empty ? "do nothing" : "touch every byte",
                  (unsigned)r->batch, r->hot ? ", packets in the cache" : "");
}

static void report_time(FILE *to, const char *name, uint64_t packets, double ns, double floor_ns)
{
    (void)fprintf(to, "  %-10s %12s packets   %7.1f ns   floor %7.1f ns   + %6.1f ns\n", name,
                  units_count(packets).text, ns, floor_ns, ns - floor_ns);
}

/* How many to tell of: a single phase is the whole. */
static uint32_t phases_of(const result *r)
{
    return r->phase_count > 1 ? r->phase_count : 0;
}

static void report_times(const result *r, FILE *to)
{
    for (uint32_t i = 0; i < phases_of(r); i++)
        report_time(to, r->phases[i].name, r->phases[i].packets,
                    result_phase_median_ns(r, i, RESULT_CPU),
                    result_phase_median_ns(r, i, RESULT_FLOOR_CPU));
    report_time(to, "all", r->packets, result_median_ns(r, RESULT_CPU),
                result_median_ns(r, RESULT_FLOOR_CPU));
}

static void report_file(const result *r, FILE *to)
{
    const double packets = (double)r->packets;
    const double weir = (double)r->file.weir_cpu_ns / packets;
    const double bare = (double)r->file.libpcap_cpu_ns / packets;
    if (r->file.bytes == 0) return;
    (void)fprintf(
        to, "\nthe same from the file, callbacks that do nothing\n  weir %.1f ns a packet", weir);
    if (bare > 0)
        (void)fprintf(to, ", a bare libpcap loop %.1f ns: %.2f of it\n", bare, weir / bare);
    else
        (void)fputs("; libpcap cannot read it\n", to);
}

static void report_latency(const result_latency *l, FILE *to)
{
    if (l->runs == 0) return;
    (void)fprintf(to,
                  "\nsingle packets, %u runs, less %.0f ns for the clock\n"
                  "  p50 %.0f ns, p90 %.0f ns, p99 %.0f ns, p99.9 %.0f ns\n"
                  "  telling of one thing at most, memory warm: p99 %.0f ns, p99.9 %.0f ns\n"
                  "  the same, touching new memory: %" PRIu64 " packets, p99 %.0f ns\n"
                  "  the floor alone: p50 %.0f ns, p99 %.0f ns, p99.9 %.0f ns\n"
                  "  longest, least of the runs: %.1f us, packet %" PRIu64 ", told of %" PRIu64
                  " things; at most %.0f%% of 100 us + 0.1 us a thing\n",
                  (unsigned)l->runs, l->clock_ns, l->p50_ns, l->p90_ns, l->p99_ns, l->p999_ns,
                  l->single_p99_ns, l->single_p999_ns, l->growing, l->growing_p99_ns,
                  l->floor_p50_ns, l->floor_p99_ns, l->floor_p999_ns, l->max_ns / 1e3,
                  l->max_packet, l->max_released, 100 * l->worst_share);
}

static void report_memory(const result *r, FILE *to)
{
    (void)fprintf(to,
                  "\nmemory\n"
                  "  limit %s, pages of %s\n"
                  "  ledger: peak %s, end %s; given back %s; held behind holes at most %s\n",
                  units_bytes(r->limit_bytes).text, units_bytes(r->page_bytes).text,
                  units_bytes(r->peak_bytes).text, units_bytes(r->end_bytes).text,
                  units_bytes(r->returned_bytes).text, units_bytes(r->held_peak_bytes).text);
    (void)fprintf(to, "  kernel (anonymous): before %s, peak %s, end %s\n",
                  units_bytes(r->rss_anon_base_bytes).text,
                  units_bytes(r->rss_anon_peak_bytes).text,
                  units_bytes(r->rss_anon_end_bytes).text);
    for (uint32_t i = 0; i < phases_of(r); i++)
        (void)fprintf(to, "  after %-8s %10s connections open, ledger %s, kernel %s\n",
                      r->phases[i].name, units_count(r->phases[i].connections).text,
                      units_bytes(r->phases[i].ledger_bytes).text,
                      units_bytes(r->phases[i].rss_anon_bytes).text);
}

static void report_holes(const result *r, FILE *to)
{
    (void)fprintf(to, "  missing %s bytes", units_count(r->missing_bytes).text);
    for (int i = 0; i < WEIR_HOLE_CAUSE_COUNT; i++)
        if (r->holes[i])
            (void)fprintf(to, ", %s holes: %s", units_count(r->holes[i]).text,
                          weir_hole_cause_name(i));
    (void)fputc('\n', to);
}

static void report_streams(const result *r, FILE *to)
{
    (void)fprintf(to,
                  "\nstreams\n"
                  "  %s connections, at most %s at once, %s evicted\n"
                  "  payload %s bytes, delivered %s\n",
                  units_count(r->connections).text, units_count(r->peak_connections).text,
                  units_count(r->evicted).text, units_count(r->payload_bytes).text,
                  units_count(r->delivered_bytes).text);
    report_holes(r, to);
    if (r->honest_connections)
        (void)fprintf(to, "  honest: %s of %s connections whole; %s of %s captured bytes\n",
                      units_count(r->honest_whole).text, units_count(r->honest_connections).text,
                      units_count(r->honest_delivered_bytes).text,
                      units_count(r->captured_bytes).text);
    if (r->verified == RESULT_RIGHT) (void)fputs("  every delivered byte is right\n", to);
    if (r->verified == RESULT_WRONG) (void)fprintf(to, "  WRONG: %s\n", r->wrong);
}

void run_report(const result *r, FILE *to)
{
    report_head(r, to);
    report_times(r, to);
    report_file(r, to);
    report_latency(&r->latency, to);
    report_memory(r, to);
    report_streams(r, to);
}
