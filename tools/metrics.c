/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <inttypes.h>

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

/* ── Counters of the library ─────────────────────────────────────────────────────────────────── */

/* What happens in the order of a packet's way. tests/test_metrics.c: every counter of WEIR_COUNTERS
 * is in here. */
static void write_packets(FILE *to, const weir_stats *s)
{
    counter(to, "packets_total", "Packets handed to the engines.", s->packets);
    causes(to, "ignored_packets_total", "Packets not looked at as TCP of a connection, by cause.",
           s->ignored_packets, WEIR_IGNORED_COUNT, weir_ignored_name);
    counter(to, "tcp_segments_total", "TCP segments with a whole header.", s->tcp_segments);
    counter(to, "tunnelled_segments_total", "TCP segments that came in a tunnel.",
            s->tunnelled_segments);
    counter(to, "retransmitted_segments_total", "Segments that were sent again.",
            s->retransmitted_segments);
    counter(to, "out_of_order_segments_total", "Segments that arrived ahead of missing bytes.",
            s->out_of_order_segments);
    counter(to, "duplicate_packets_total", "Packets that were captured twice.",
            s->duplicate_packets);
    counter(to, "bad_checksums_total", "Wrong TCP checksums, where they are computed.",
            s->bad_checksums);
    counter(to, "clock_back_total", "Packets stamped before the packet clock.", s->clock_back);
    counter(to, "clock_doubted_total", "Packets stamped too far ahead of the packet clock.",
            s->clock_doubted);
}

static void write_fragments(FILE *to, const weir_stats *s)
{
    gauge(to, "fragments_held", "Pieces of IP packets that wait for the others.",
          s->fragments_held);
    counter(to, "fragments_joined_total", "Pieces that waited until their packet was whole.",
            s->fragments_joined);
    counter(to, "fragments_duplicate_total", "Pieces of IP packets that came twice.",
            s->fragments_duplicate);
    counter(to, "fragments_overlapping_total", "Pieces of IP packets that overlap others.",
            s->fragments_overlapping);
    counter(to, "fragments_tiny_total", "Pieces of IP packets too short to be honest.",
            s->fragments_tiny);
    counter(to, "joined_datagrams_total", "IP packets that were joined from pieces.",
            s->joined_datagrams);
    counter(to, "conflicting_datagrams_total", "IP packets given up: their pieces contradict.",
            s->conflicting_datagrams);
    counter(to, "cut_datagrams_total", "IP packets given up: the capture cut their pieces.",
            s->cut_datagrams);
    counter(to, "timed_out_datagrams_total", "IP packets given up: pieces did not come.",
            s->timed_out_datagrams);
    counter(to, "evicted_datagrams_total", "IP packets given up for want of memory.",
            s->evicted_datagrams);
}

static void write_connections(FILE *to, const weir_stats *s)
{
    gauge(to, "connections_open", "Connections that are followed now.", s->connections_open);
    counter(to, "connections_total", "Connections that were opened.", s->connections);
    causes(to, "closed_connections_total", "Connections that were closed, by cause.", s->closed,
           WEIR_CLOSE_CAUSE_COUNT, weir_close_cause_name);
    counter(to, "evicted_connections_total", "Connections closed to make room for others.",
            s->evicted);
    counter(to, "partial_connections_total", "Connections closed without their rare counters.",
            s->partial_connections);
    counter(to, "resets_doubted_total", "Resets that prove nothing.", s->resets_doubted);
    counter(to, "fins_cancelled_total", "Ends of streams that later traffic disproved.",
            s->fins_cancelled);
    counter(to, "candidates_dropped_total", "SYNs on live connections that came to nothing.",
            s->candidates_dropped);
}

static void write_payload(FILE *to, const weir_stats *s)
{
    counter(to, "payload_bytes_total", "Captured TCP payload of followed connections.",
            s->payload_bytes);
    counter(to, "delivered_bytes_total", "Payload delivered in order.", s->delivered_bytes);
    counter(to, "duplicate_bytes_total", "Payload seen before.", s->duplicate_bytes);
    causes(to, "discarded_bytes_total", "Payload that was not delivered, by cause.",
           s->discarded_bytes, WEIR_DISCARDED_COUNT, weir_discarded_name);
    counter(to, "ignored_bytes_total", "Bytes of streams that were not wanted.", s->ignored_bytes);
    counter(to, "late_bytes_total", "Payload that came after its hole was given up.",
            s->late_bytes);
    counter(to, "conflict_bytes_total", "Payload that came twice with different values.",
            s->conflict_bytes);
    counter(to, "unkept_bytes_total", "Bytes that a consumer kept and lost for want of memory.",
            s->unkept_bytes);
    counter(to, "missing_bytes_total", "Bytes in holes that were given up.", s->missing_bytes);
    causes(to, "holes_total", "Holes that were given up, by cause.", s->holes,
           WEIR_HOLE_CAUSE_COUNT, weir_hole_cause_name);
    gauge(to, "held_bytes", "Payload that waits behind holes now.", s->held_bytes);
    gauge(to, "held_peak_bytes", "The most payload that ever waited behind holes.",
          s->held_peak_bytes);
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
    write_packets(to, &now->stats);
    write_fragments(to, &now->stats);
    write_connections(to, &now->stats);
    write_payload(to, &now->stats);
    write_waited(to, &now->holes);
    write_held(to, &now->holes);
    write_memory(to, &now->memory, process);
}
