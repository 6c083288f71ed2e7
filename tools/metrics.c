/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* ── Families ────────────────────────────────────────────────────────────────────────────────── */

static void begin(FILE *to, const char *name, const char *type, const char *help)
{
    (void)fprintf(to, "# HELP weir_%s %s\n# TYPE weir_%s %s\n", name, help, name, type);
}

static void counter(FILE *to, const char *name, const char *help, uint64_t value)
{
    begin(to, name, "counter", help);
    (void)fprintf(to, "weir_%s %" PRIu64 "\n", name, value);
}

static void gauge(FILE *to, const char *name, const char *help, uint64_t value)
{
    begin(to, name, "gauge", help);
    (void)fprintf(to, "weir_%s %" PRIu64 "\n", name, value);
}

/* Nanoseconds as seconds, exactly. */
static void put_seconds(FILE *to, uint64_t ns)
{
    (void)fprintf(to, "%" PRIu64 ".%09" PRIu64, ns / WEIR_SECOND, ns % WEIR_SECOND);
}

static void causes(FILE *to, const char *name, const char *help, const uint64_t *values, int count,
                   const char *(*cause)(int number))
{
    begin(to, name, "counter", help);
    for (int i = 0; i < count; i++)
        (void)fprintf(to, "weir_%s{cause=\"%s\"} %" PRIu64 "\n", name, cause(i), values[i]);
}

/* ── Numbers of the library ──────────────────────────────────────────────────────────────────── */

/* By its place in weir_stats. */
struct number {
    const char *name;
    const char *help;
    size_t at;
};

#define AT(field) offsetof(weir_stats, field)

/* In the order of a packet's way. tests/test_metrics.c: every counter of WEIR_COUNTERS is told. */
static const struct number counters[] = {
    {"packets_total", "Packets handed to the engines.", AT(packets)},
    {"tcp_segments_total", "TCP segments with a whole header.", AT(tcp_segments)},
    {"tunnelled_segments_total", "TCP segments that came in a tunnel.", AT(tunnelled_segments)},
    {"retransmitted_segments_total", "Segments that were sent again.", AT(retransmitted_segments)},
    {"out_of_order_segments_total", "Segments that arrived ahead of missing bytes.",
     AT(out_of_order_segments)},
    {"duplicate_packets_total", "Packets that were captured twice.", AT(duplicate_packets)},
    {"bad_checksums_total", "Wrong TCP checksums, where they are computed.", AT(bad_checksums)},
    {"clock_back_total", "Packets stamped before the packet clock.", AT(clock_back)},
    {"clock_doubted_total", "Packets stamped too far ahead of the packet clock.",
     AT(clock_doubted)},

    {"fragments_joined_total", "Pieces that waited until their packet was whole.",
     AT(fragments_joined)},
    {"fragments_duplicate_total", "Pieces of IP packets that came twice.", AT(fragments_duplicate)},
    {"fragments_overlapping_total", "Pieces of IP packets that overlap others.",
     AT(fragments_overlapping)},
    {"fragments_tiny_total", "Pieces of IP packets too short to be honest.", AT(fragments_tiny)},
    {"joined_datagrams_total", "IP packets that were joined from pieces.", AT(joined_datagrams)},
    {"conflicting_datagrams_total", "IP packets given up: their pieces contradict.",
     AT(conflicting_datagrams)},
    {"cut_datagrams_total", "IP packets given up: the capture cut their pieces.",
     AT(cut_datagrams)},
    {"timed_out_datagrams_total", "IP packets given up: pieces did not come.",
     AT(timed_out_datagrams)},
    {"evicted_datagrams_total", "IP packets given up for want of memory.", AT(evicted_datagrams)},

    {"connections_total", "Connections that were opened.", AT(connections)},
    {"evicted_connections_total", "Connections closed to make room for others.", AT(evicted)},
    {"partial_connections_total", "Connections closed without their rare counters.",
     AT(partial_connections)},
    {"resets_doubted_total", "Resets that prove nothing.", AT(resets_doubted)},
    {"fins_cancelled_total", "Ends of streams that later traffic disproved.", AT(fins_cancelled)},
    {"candidates_dropped_total", "SYNs on live connections that came to nothing.",
     AT(candidates_dropped)},

    {"payload_bytes_total", "Captured TCP payload of followed connections.", AT(payload_bytes)},
    {"delivered_bytes_total", "Payload delivered in order.", AT(delivered_bytes)},
    {"duplicate_bytes_total", "Payload seen before.", AT(duplicate_bytes)},
    {"ignored_bytes_total", "Bytes of streams that were not wanted.", AT(ignored_bytes)},
    {"late_bytes_total", "Payload that came after its hole was given up.", AT(late_bytes)},
    {"conflict_bytes_total", "Payload that came twice with different values.", AT(conflict_bytes)},
    {"unkept_bytes_total", "Bytes that a consumer kept and lost for want of memory.",
     AT(unkept_bytes)},
    {"missing_bytes_total", "Bytes in holes that were given up.", AT(missing_bytes)},
};

static const struct number gauges[] = {
    {"fragments_held", "Pieces of IP packets that wait for the others.", AT(fragments_held)},
    {"connections_open", "Connections that are followed now.", AT(connections_open)},
    {"held_bytes", "Payload that waits behind holes now.", AT(held_bytes)},
    {"held_peak_bytes", "The most payload that ever waited behind holes.", AT(held_peak_bytes)},
};

static uint64_t value_of(const struct number *number, const weir_stats *stats)
{
    uint64_t value;
    memcpy(&value, (const char *)stats + number->at, sizeof value);
    return value;
}

static void write_numbers(FILE *to, const weir_stats *s)
{
    const struct number *at, *end = counters + sizeof counters / sizeof *counters;
    for (at = counters; at < end; at++)
        counter(to, at->name, at->help, value_of(at, s));
    end = gauges + sizeof gauges / sizeof *gauges;
    for (at = gauges; at < end; at++)
        gauge(to, at->name, at->help, value_of(at, s));
}

static void write_causes(FILE *to, const weir_stats *s)
{
    causes(to, "ignored_packets_total", "Packets not looked at as TCP of a connection, by cause.",
           s->ignored_packets, WEIR_IGNORED_COUNT, weir_ignored_name);
    causes(to, "closed_connections_total", "Connections that were closed, by cause.", s->closed,
           WEIR_CLOSE_CAUSE_COUNT, weir_close_cause_name);
    causes(to, "discarded_bytes_total", "Payload that was not delivered, by cause.",
           s->discarded_bytes, WEIR_DISCARDED_COUNT, weir_discarded_name);
    causes(to, "holes_total", "Holes that were given up, by cause.", s->holes,
           WEIR_HOLE_CAUSE_COUNT, weir_hole_cause_name);
}

/* ── Histograms ──────────────────────────────────────────────────────────────────────────────── */

/* Buckets add up: each has all that is not above its bound. */
static uint64_t bucket(FILE *to, const char *name, const char *bound, uint64_t sum)
{
    (void)fprintf(to, "weir_%s_bucket{le=\"%s\"} %" PRIu64 "\n", name, bound, sum);
    return sum;
}

static void write_waited(FILE *to, const hole_counts *holes)
{
    static const char name[] = "hole_wait_seconds";
    uint64_t sum = 0;
    char bound[32];
    begin(to, name, "histogram", "How long holes waited until they were given up.");
    for (size_t i = 0; i < HOLE_WAITED_BUCKETS; i++) {
        (void)snprintf(bound, sizeof bound, "%g", (double)hole_waited_most_ns[i] / 1e9);
        sum = bucket(to, name, hole_waited_most_ns[i] == UINT64_MAX ? "+Inf" : bound,
                     sum + holes->waited[i]);
    }
    (void)fprintf(to, "weir_%s_sum ", name);
    put_seconds(to, holes->waited_ns);
    (void)fprintf(to, "\nweir_%s_count %" PRIu64 "\n", name, sum);
}

static void write_held(FILE *to, const hole_counts *holes)
{
    static const char name[] = "hole_held_bytes";
    uint64_t sum = 0;
    char bound[32];
    begin(to, name, "histogram", "Bytes that waited behind holes when they were given up.");
    for (size_t i = 0; i < HOLE_HELD_BUCKETS; i++) {
        (void)snprintf(bound, sizeof bound, "%" PRIu64, hole_held_most_bytes[i]);
        sum = bucket(to, name, hole_held_most_bytes[i] == UINT64_MAX ? "+Inf" : bound,
                     sum + holes->held[i]);
    }
    (void)fprintf(to, "weir_%s_sum %" PRIu64 "\nweir_%s_count %" PRIu64 "\n", name,
                  holes->held_bytes, name, sum);
}

/* ── Memory, interfaces, the process ─────────────────────────────────────────────────────────── */

static void write_memory(FILE *to, const weir_memory *m, const metrics_process *process)
{
    gauge(to, "memory_limit_bytes", "Limit of the pool that is in force.", m->limit_bytes);
    gauge(to, "memory_configured_bytes", "Limit that was asked for; memory pressure lowers it.",
          process->configured_bytes);
    gauge(to, "memory_committed_bytes", "Memory that the pool has of the system.",
          m->committed_bytes);
    gauge(to, "memory_peak_bytes", "The most that the pool ever had.", m->peak_bytes);
    gauge(to, "memory_used_bytes", "Of the pool, in use.", m->used_bytes);
    gauge(to, "memory_connection_bytes", "Of the used, connections and tables.", m->conn_bytes);
    gauge(to, "memory_fragment_bytes", "Of the used, IP fragments.", m->frag_bytes);
    counter(to, "memory_returned_bytes_total", "Memory given back to the system.",
            m->returned_bytes);
    counter(to, "memory_not_returned_bytes_total", "Memory that the system did not take back.",
            m->not_returned_bytes);
    counter(to, "memory_refused_total", "Times that the pool refused a page.", m->refused);
    gauge(to, "engines", "Engines on the pool.", m->engines);
    gauge(to, "silent_engines", "Engines that were asked for memory and are not called.",
          m->silent_engines);
    gauge(to, "process_anonymous_bytes", "Resident anonymous memory of the whole process.",
          process->anon_bytes);
    begin(to, "memory_stalled_ratio", "gauge",
          "Share of the time that tasks waited for memory, where pressure is watched.");
    (void)fprintf(to, "weir_memory_stalled_ratio %.4f\n", process->stalled);
}

/* Quotes, backslashes and line ends are escaped. */
static void put_label(FILE *to, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') (void)fputc('\\', to);
        if (*text == '\n')
            (void)fputs("\\n", to);
        else
            (void)fputc(*text, to);
    }
}

/* `more`: further labels, or "". */
static void interface_sample(FILE *to, const char *name, const snapshot_interface *i,
                             const char *more, uint64_t value)
{
    (void)fprintf(to, "weir_%s{interface=\"", name);
    put_label(to, i->name);
    (void)fprintf(to, "\"%s} %" PRIu64 "\n", more, value);
}

/* The samples of one family stand together; there are none where files are read. */
static void write_interfaces(FILE *to, const snapshot *now)
{
    static const char up[] = "interface_up", received[] = "interface_received_packets_total",
                      dropped[] = "interface_dropped_packets_total";
    const snapshot_interface *first = now->interfaces, *end = first + now->interface_count;
    const snapshot_interface *i;
    if (now->interface_count == 0) return;
    begin(to, up, "gauge", "Whether the interface is there and up.");
    for (i = first; i < end; i++)
        interface_sample(to, up, i, "", i->up);
    begin(to, received, "counter", "Packets for the capture, those dropped by the ring included.");
    for (i = first; i < end; i++)
        interface_sample(to, received, i, "", i->received_packets);
    begin(to, dropped, "counter", "Packets lost: the ring was full, or before by the interface.");
    for (i = first; i < end; i++) {
        interface_sample(to, dropped, i, ",where=\"ring\"", i->kernel_drops);
        interface_sample(to, dropped, i, ",where=\"interface\"", i->interface_drops);
    }
}

static void write_input(FILE *to, const snapshot *now)
{
    counter(to, "read_packets_total", "Packets from files and interfaces.", now->read_packets);
    counter(to, "read_bytes_total", "Bytes of files, or of captured packets.", now->read_bytes);
    counter(to, "filtered_packets_total", "Packets that the filter kept out.",
            now->filtered_packets);
    counter(to, "unsupported_packets_total", "Packets of a link type that is not supported.",
            now->unsupported_packets);
    begin(to, "packet_time_seconds", "gauge", "The packet clock, since 1970; live, the machine's.");
    (void)fputs("weir_packet_time_seconds ", to);
    put_seconds(to, now->packet_ns);
    (void)fputc('\n', to);
}

void metrics_write(FILE *to, const snapshot *now, const metrics_process *process)
{
    begin(to, "build_info", "gauge", "Always 1; the version is in the label.");
    (void)fprintf(to, "weir_build_info{version=\"%s\"} 1\n", weir_version());
    begin(to, "start_time_seconds", "gauge", "When the process began, since 1970.");
    (void)fprintf(to, "weir_start_time_seconds %.3f\n", process->start_s);
    counter(to, "limits_reloads_total", "Times that the limits file was read again and taken.",
            process->reloads);
    write_input(to, now);
    write_interfaces(to, now);
    write_numbers(to, &now->stats);
    write_causes(to, &now->stats);
    write_waited(to, &now->holes);
    write_held(to, &now->holes);
    write_memory(to, &now->memory, process);
}
