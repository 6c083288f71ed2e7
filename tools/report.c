/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "units.h"

enum { DETAIL_COLUMN = 29, WIDTH = 96, BAR_CELLS = 20, NAME_MAX_SHOWN = 50 };

typedef enum tone { PLAIN, STRONG, GOOD, WARN, BAD } tone;

/* A report that is being written. */
struct page {
    FILE *to;
    const session_outcome *out;
    const options *options;
    bool colour;
    size_t column; /* where the line is */
    size_t items;  /* listed in this row */
};

/* ── Writing ─────────────────────────────────────────────────────────────────────────────────── */

static void put(struct page *page, const char *text)
{
    (void)fputs(text, page->to);
    page->column += strlen(text);
}

/* From here on; PLAIN ends it. */
static void set_tone(const struct page *page, tone how)
{
    static const char *const codes[] = {"\033[0m", "\033[1m", "\033[32m", "\033[33m", "\033[31m"};
    if (page->colour) (void)fputs(codes[how], page->to);
}

static void put_toned(struct page *page, tone how, const char *text)
{
    if (how != PLAIN) set_tone(page, how);
    put(page, text);
    if (how != PLAIN) set_tone(page, PLAIN);
}

/* Begins a row: label, and amount at the right of its column. */
static void row(struct page *page, const char *label, tone how, const char *amount)
{
    char cell[64];
    page->column = 0;
    page->items = 0;
    (void)snprintf(cell, sizeof cell, "%-14s", label);
    put_toned(page, label[0] == ' ' ? PLAIN : STRONG, cell);
    (void)snprintf(cell, sizeof cell, "%12s", amount);
    put_toned(page, how, cell);
}

static void end_row(struct page *page)
{
    (void)fputc('\n', page->to);
    page->column = 0;
}

/* Text among the details; at their column if nothing is there yet. */
static void detail(struct page *page, const char *text)
{
    char blank[DETAIL_COLUMN + 1];
    if (page->column < DETAIL_COLUMN) {
        (void)snprintf(blank, sizeof blank, "%*s", (int)(DETAIL_COLUMN - page->column), "");
        put(page, blank);
    }
    put(page, text);
}

/* One thing among several: separated by a comma, on a new line where it does not fit. */
static void item(struct page *page, const char *amount, const char *text)
{
    char cell[128];
    (void)snprintf(cell, sizeof cell, "%s %s", amount, text);
    if (page->items++ > 0) {
        put(page, ",");
        if (page->column + 1 + strlen(cell) > WIDTH)
            end_row(page);
        else
            put(page, " ");
    }
    detail(page, cell);
}

static void counts(struct page *page, const uint64_t *values, int count,
                   const char *(*name)(int cause), units_text (*write)(uint64_t value))
{
    int i;
    for (i = 0; i < count; i++)
        if (values[i] > 0) item(page, write(values[i]).text, name(i));
}

static uint64_t sum(const uint64_t *values, size_t count)
{
    uint64_t total = 0;
    size_t i;
    for (i = 0; i < count; i++)
        total += values[i];
    return total;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

/* ── Rows ────────────────────────────────────────────────────────────────────────────────────── */

/* What was read: the file's name, or the end of it where it is long, or how many there are; or
 * interfaces. */
static void name_inputs(const options *o, char name[64])
{
    const size_t length = o->input_count > 0 ? strlen(o->inputs[0]) : 0;
    if (o->interface_count > 1)
        (void)snprintf(name, 64, "%zu interfaces", o->interface_count);
    else if (o->interface_count == 1)
        (void)snprintf(name, 64, "%.*s", NAME_MAX_SHOWN, o->interfaces[0]);
    else if (o->input_count > 1)
        (void)snprintf(name, 64, "%zu files", o->input_count);
    else if (strcmp(o->inputs[0], "-") == 0)
        (void)snprintf(name, 64, "standard input");
    else if (length > NAME_MAX_SHOWN)
        (void)snprintf(name, 64, "...%s", o->inputs[0] + length - (NAME_MAX_SHOWN - 3));
    else
        (void)snprintf(name, 64, "%s", o->inputs[0]);
}

static void print_head(struct page *page)
{
    const session_outcome *out = page->out;
    char name[64];
    uint64_t span = 0;
    if (out->clock_ns > out->input.first_ns && out->input.first_ns > 0)
        span = out->clock_ns - out->input.first_ns;
    name_inputs(page->options, name);
    put_toned(page, STRONG, "weir");
    (void)fprintf(page->to, "  %s: %s read, %s of traffic\n\n", name,
                  units_bytes(out->input.read_bytes).text, units_duration(span).text);
}

/* IP packets in pieces: only if there were any. */
static void print_fragments(struct page *page)
{
    const weir_stats *stats = &page->out->stats;
    const uint64_t given_up = stats->conflicting_datagrams + stats->cut_datagrams +
                              stats->timed_out_datagrams + stats->evicted_datagrams;
    if (stats->joined_datagrams + given_up == 0) return;
    row(page, "  joined", given_up > 0 ? WARN : PLAIN, units_count(stats->joined_datagrams).text);
    item(page, units_count(stats->fragments_joined + stats->joined_datagrams).text,
         "IP fragments to whole packets");
    if (stats->conflicting_datagrams > 0)
        item(page, units_count(stats->conflicting_datagrams).text, "whose pieces contradict");
    if (stats->cut_datagrams > 0)
        item(page, units_count(stats->cut_datagrams).text, "cut by the capture");
    if (stats->timed_out_datagrams > 0)
        item(page, units_count(stats->timed_out_datagrams).text, "never whole");
    if (stats->evicted_datagrams > 0)
        item(page, units_count(stats->evicted_datagrams).text, "dropped for want of memory");
    end_row(page);
}

/* Which of several lost how many. */
static void name_interfaces(struct page *page)
{
    size_t i;
    for (i = 0; i < page->out->interface_count; i++) {
        const snapshot_interface *one = &page->out->interfaces[i];
        const uint64_t lost = one->kernel_drops + one->interface_drops;
        char text[64];
        (void)snprintf(text, sizeof text, "on %.*s", NAME_MAX_SHOWN, one->name);
        if (lost > 0) item(page, units_count(lost).text, text);
    }
}

/* What the capture itself lost. */
static void print_capture(struct page *page)
{
    const capture_totals *capture = &page->out->capture;
    const uint64_t lost = capture->dropped_packets + capture->interface_dropped;
    if (!page->out->live) return;
    row(page, "  dropped", lost > 0 ? BAD : GOOD, units_count(lost).text);
    if (capture->dropped_packets > 0)
        item(page, units_count(capture->dropped_packets).text, "by the kernel: its ring was full");
    if (capture->interface_dropped > 0)
        item(page, units_count(capture->interface_dropped).text, "by the interface");
    if (lost == 0) detail(page, "by kernel and interface");
    if (lost > 0 && page->out->interface_count > 1) name_interfaces(page);
    end_row(page);
}

static void print_packets(struct page *page)
{
    const weir_stats *stats = &page->out->stats;
    const feed_totals *input = &page->out->input;
    const uint64_t ignored = sum(stats->ignored_packets, WEIR_IGNORED_COUNT);
    row(page, "packets", PLAIN, units_count(stats->packets).text);
    item(page, units_count(stats->tcp_segments).text, "TCP segments");
    if (stats->tunnelled_segments > 0)
        item(page, units_count(stats->tunnelled_segments).text, "of them in tunnels");
    if (input->filtered.packets > 0)
        item(page, units_count(input->filtered.packets).text, "more kept out by the filter");
    end_row(page);
    if (input->unsupported_packets > 0) {
        row(page, "  left out", WARN, units_count(input->unsupported_packets).text);
        detail(page, "of a link type that is not supported");
        end_row(page);
    }
    print_capture(page);
    row(page, "  ignored", PLAIN, units_count(ignored).text);
    counts(page, stats->ignored_packets, WEIR_IGNORED_COUNT, weir_ignored_name, units_count);
    end_row(page);
    print_fragments(page);
}

/* A row that is there only if there is something to tell. */
static void optional_row(struct page *page, const char *label, uint64_t amount, const char *text)
{
    if (amount == 0) return;
    row(page, label, PLAIN, units_count(amount).text);
    detail(page, text);
    end_row(page);
}

static void print_connections(struct page *page)
{
    const weir_stats *stats = &page->out->stats;
    const tone how = stats->evicted > 0 ? BAD : PLAIN;
    row(page, "connections", how, units_count(stats->connections).text);
    if (stats->connections > 0) detail(page, "closed: ");
    counts(page, stats->closed, WEIR_CLOSE_CAUSE_COUNT, weir_close_cause_name, units_count);
    end_row(page);
    optional_row(page, "  silent", page->out->tally.silent, "half open, or without a byte");
    optional_row(page, "  midstream", page->out->tally.midstream, "taken up without their SYN");
}

static void print_payload(struct page *page)
{
    const weir_stats *stats = &page->out->stats;
    const uint64_t stream_bytes = stats->delivered_bytes + stats->missing_bytes;
    const double whole = percent(stats->delivered_bytes, stream_bytes);
    char text[96];
    row(page, "delivered", GOOD, units_bytes(stats->delivered_bytes).text);
    /* Rounded down: 100 % is said only of what is whole. */
    (void)snprintf(text, sizeof text, "%.6g %% of the streams; %s of payload captured",
                   (double)(uint64_t)(whole * 100) / 100, units_bytes(stats->payload_bytes).text);
    if (stats->payload_bytes > 0) detail(page, text);
    end_row(page);
    row(page, "  duplicate", PLAIN, units_bytes(stats->duplicate_bytes).text);
    if (stats->retransmitted_segments > 0)
        item(page, units_count(stats->retransmitted_segments).text, "segments sent again");
    if (stats->duplicate_packets > 0)
        item(page, units_count(stats->duplicate_packets).text, "packets captured twice");
    end_row(page);
}

static void print_discarded(struct page *page)
{
    const weir_stats *stats = &page->out->stats;
    const uint64_t discarded = sum(stats->discarded_bytes, WEIR_DISCARDED_COUNT);
    row(page, "  discarded", discarded > 0 ? WARN : PLAIN, units_bytes(discarded).text);
    counts(page, stats->discarded_bytes, WEIR_DISCARDED_COUNT, weir_discarded_name, units_bytes);
    end_row(page);
}

static void print_missing(struct page *page)
{
    const weir_stats *stats = &page->out->stats;
    const uint64_t holes = sum(stats->holes, WEIR_HOLE_CAUSE_COUNT);
    char lead[64];
    row(page, "missing", holes > 0 ? WARN : GOOD, units_bytes(stats->missing_bytes).text);
    (void)snprintf(lead, sizeof lead, "%s hole%s, given up: ", units_count(holes).text,
                   holes == 1 ? "" : "s");
    detail(page, holes > 0 ? lead : "no holes");
    counts(page, stats->holes, WEIR_HOLE_CAUSE_COUNT, weir_hole_cause_name, units_count);
    end_row(page);
}

/* Oddities: only if there are any. */
static void print_oddities(struct page *page)
{
    const weir_stats *stats = &page->out->stats;
    if (stats->clock_back + stats->clock_doubted + stats->bad_checksums + stats->conflict_bytes ==
        0)
        return;
    row(page, "odd", WARN, "");
    if (stats->conflict_bytes > 0)
        item(page, units_bytes(stats->conflict_bytes).text, "sent twice with different values");
    if (stats->bad_checksums > 0)
        item(page, units_count(stats->bad_checksums).text, "wrong checksums");
    if (stats->clock_back > 0) item(page, units_count(stats->clock_back).text, "stamps go back");
    if (stats->clock_doubted > 0)
        item(page, units_count(stats->clock_doubted).text, "stamps far ahead");
    end_row(page);
}

static void print_bar(struct page *page, double full)
{
    const int cells = full > 0 ? 1 + (int)(full * (BAR_CELLS - 1) / 100) : 0;
    char bar[BAR_CELLS + 1];
    int i;
    for (i = 0; i < BAR_CELLS; i++)
        bar[i] = i < cells ? '#' : '.';
    bar[BAR_CELLS] = 0;
    detail(page, "[");
    put_toned(page, full > 95 ? BAD : GOOD, bar);
    put(page, "] ");
}

static void print_memory(struct page *page)
{
    const weir_memory *memory = &page->out->memory;
    const uint64_t begun = page->options->pool.limit_bytes;
    const uint64_t limit = memory->limit_bytes > begun ? memory->limit_bytes : begun;
    const double full = percent(memory->peak_bytes, limit);
    char text[96];
    row(page, "memory peak", full > 95 ? BAD : PLAIN, units_bytes(memory->peak_bytes).text);
    (void)snprintf(text, sizeof text, "%.*f %% of %s", full < 10 ? 1 : 0, full,
                   units_bytes(limit).text);
    print_bar(page, full);
    put(page, text);
    if (memory->limit_bytes != begun) {
        put(page, ", at the end of ");
        put(page, units_bytes(memory->limit_bytes).text);
    }
    end_row(page);
    row(page, "  held", PLAIN, units_bytes(page->out->stats.held_peak_bytes).text);
    detail(page, "the most that waited behind holes");
    end_row(page);
    row(page, "  given back", PLAIN, units_bytes(memory->returned_bytes).text);
    item(page, units_bytes(memory->committed_bytes).text, "left at the end");
    end_row(page);
}

/* Words, on as many lines as they need. */
static void print_wrapped(struct page *page, tone how, const char *text)
{
    char word[ADVICE_BYTES];
    set_tone(page, how);
    while (*text) {
        const size_t length = strcspn(text, " ");
        (void)snprintf(word, sizeof word, "%.*s", (int)length, text);
        if (page->column > 0 && page->column + 1 + length > WIDTH)
            end_row(page);
        else if (page->column > 0)
            put(page, " ");
        put(page, word);
        text += length + (text[length] == ' ');
    }
    set_tone(page, PLAIN);
    end_row(page);
}

static void print_advice(struct page *page)
{
    char lines[ADVICE_MAX][ADVICE_BYTES];
    const size_t count = advice_give(page->options, page->out, lines);
    size_t i;
    if (count > 0) end_row(page);
    for (i = 0; i < count; i++)
        print_wrapped(page, WARN, lines[i]);
}

void report_print(FILE *to, const options *o, const session_outcome *outcome)
{
    struct page page = {.to = to, .out = outcome, .options = o};
    page.colour = isatty(fileno(to)) && !getenv("NO_COLOR");
    print_head(&page);
    print_packets(&page);
    if (outcome->stats.packets > 0) {
        print_connections(&page);
        print_payload(&page);
        print_discarded(&page);
        print_missing(&page);
        print_oddities(&page);
        print_memory(&page);
    }
    print_advice(&page);
}
