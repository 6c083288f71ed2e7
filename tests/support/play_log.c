/* SPDX-License-Identifier: MIT */
#include "support/play_log.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_BYTES 40u /* data that is quoted even if it is the running alphabet */
#define WIDTH       58  /* of a column */

static const char *const direction_names[] = {"c2s", "s2c"};

/* As realloc, for one more of `size`, doubling. Aborts without memory: these are tests. */
static void *grow(void *list, uint64_t needed, uint64_t *room, size_t size)
{
    if (needed <= *room) return list;
    uint64_t more = *room ? 2 * *room : 64;
    if (more < needed) more = needed;
    uint8_t *bigger = realloc(list, more * size);
    if (!bigger) abort();
    memset(bigger + *room * size, 0, (more - *room) * size);
    *room = more;
    return bigger;
}

/* ──── lines ──── */

void play_log_add(play_log *log, const char *format, ...)
{
    va_list list;
    char text[4096];
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    uint64_t room = log->room;
    log->lines = grow(log->lines, log->count + 1u, &room, sizeof *log->lines);
    log->room = (uint32_t)room;
    log->lines[log->count++] = (play_line){.step = log->step, .text = strdup(text)};
}

/* What does not hold is told even where events are not. */
static void event(play_log *log, const char *text)
{
    play_log_close_data(log);
    if (!log->quiet) play_log_add(log, "%s", text);
}

void play_log_time(uint64_t ns, char text[32])
{
    static const struct {
        uint64_t ns;
        const char *unit;
    } units[] = {{WEIR_SECOND, "s"}, {WEIR_MILLISECOND, "ms"}, {1000, "us"}, {1, "ns"}};
    uint32_t i = 0;
    while (ns % units[i].ns)
        i++;
    if (ns == WEIR_NEVER)
        snprintf(text, 32, "never");
    else
        snprintf(text, 32, "%" PRIu64 "%s", ns / units[i].ns, units[i].unit);
}

uint32_t play_log_stamp(play_log *log, uint64_t time_ns)
{
    uint64_t room = log->stamp_room;
    log->stamps = grow(log->stamps, log->stamp_count + 1u, &room, sizeof *log->stamps);
    log->stamp_room = (uint32_t)room;
    log->stamps[log->stamp_count] = time_ns;
    return log->stamp_count++;
}

/* ──── bytes ──── */

static int running(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!islower(bytes[i])) return 0;
        if (i && bytes[i] != (bytes[i - 1] == 'z' ? 'a' : bytes[i - 1] + 1)) return 0;
    }
    return 1;
}

/* One byte as it stands between quotes. */
static size_t quote_byte(uint8_t byte, char text[8])
{
    switch (byte) {
    case '\r':
        return (size_t)snprintf(text, 8, "\\r");
    case '\n':
        return (size_t)snprintf(text, 8, "\\n");
    case '\0':
        return (size_t)snprintf(text, 8, "\\0");
    case '"':
    case '\\':
        return (size_t)snprintf(text, 8, "\\%c", byte);
    default:
        return (size_t)snprintf(text, 8, byte >= ' ' && byte < 127 ? "%c" : "\\x%02x", byte);
    }
}

/* Writes at most `most` characters. */
static void quote(const uint8_t *bytes, size_t count, char *text, size_t most)
{
    size_t at = 0;
    text[at++] = '"';
    for (size_t i = 0; i < count && at + 10 < most; i++)
        at += quote_byte(bytes[i], text + at);
    text[at++] = '"';
    text[at] = '\0';
}

static void describe(const uint8_t *bytes, size_t count, uint64_t offset, char *text, size_t most)
{
    int length;
    if (count > SHORT_BYTES && running(bytes, count)) {
        snprintf(text, most, "%" PRIu64 "+%zu %c..%c", offset, count, bytes[0], bytes[count - 1]);
        return;
    }
    length = snprintf(text, most, "%" PRIu64 " ", offset);
    quote(bytes, count, text + length, most - (size_t)length);
}

void play_log_close_data(play_log *log)
{
    char text[2048];
    if (!log->data.count) return;
    describe(log->data.bytes, log->data.count, log->data.offset, text, sizeof text);
    log->data.count = 0;
    if (!log->quiet)
        play_log_add(log, "data %" PRIu64 " %s %s", log->data.id,
                     direction_names[log->data.direction], text);
}

static void add_bytes(play_log *log, uint64_t id, weir_direction direction, const weir_span *span)
{
    if (log->data.count && (log->data.id != id || log->data.direction != direction ||
                            log->data.offset + log->data.count != span->offset))
        play_log_close_data(log);
    if (!log->data.count) {
        log->data.id = id;
        log->data.direction = direction;
        log->data.offset = span->offset;
    }
    uint64_t room = log->data.room;
    log->data.bytes = grow(log->data.bytes, log->data.count + span->length, &room, 1);
    log->data.room = (size_t)room;
    memcpy(log->data.bytes + log->data.count, span->data, span->length);
    log->data.count += span->length;
}

/* ──── what must always hold ──── */

static play_conn *conn_at(play_log *log, uint64_t id)
{
    log->conns = grow(log->conns, id + 1, &log->conn_room, sizeof *log->conns);
    return &log->conns[id];
}

weir_ref play_log_ref(const play_log *log, uint64_t id)
{
    return id < log->conn_room ? log->conns[id].ref : (weir_ref){.id = 0};
}

/* The connection of a callback: its offsets must add up. */
static play_conn *enter(play_log *log, const weir_conn *conn, weir_conn_info *info)
{
    weir_conn_info_init(info);
    int error = weir_conn_get_info(conn, info);
    if (error) play_log_add(log, "! no info: %d", error);
    for (int d = 0; d < 2; d++) {
        const weir_flow *flow = &info->flow[d];
        if (flow->offset != flow->delivered_bytes + flow->missing_bytes + flow->ignored_bytes)
            play_log_add(log, "! %s: %" PRIu64 " is not %" PRIu64 " + %" PRIu64 " + %" PRIu64,
                         direction_names[d], flow->offset, flow->delivered_bytes,
                         flow->missing_bytes, flow->ignored_bytes);
    }
    return conn_at(log, info->id);
}

/* [begin, end) goes on where the direction was, or behind what was ignored since, and is counted already. */
static void go_on(play_log *log, play_conn *known, const weir_conn_info *info, int direction,
                  uint64_t begin, uint64_t end)
{
    if (!known->open) play_log_add(log, "! not open");
    const weir_flow *flow = &info->flow[direction];
    uint64_t passed = flow->ignored_bytes - known->ignored[direction];
    if (begin < known->next[direction] || begin - known->next[direction] > passed)
        play_log_add(log, "! at %" PRIu64 ", expected %" PRIu64, begin, known->next[direction]);
    if (flow->offset < end) play_log_add(log, "! not counted yet");
    known->next[direction] = end;
    known->ignored[direction] = flow->ignored_bytes;
}

/* Where bytes waited together that were captured more than 2 s apart, times are right to 1 us. */
static void check_span(play_log *log, const weir_span *span)
{
    uint64_t stamp = span->tag < log->stamp_count ? log->stamps[span->tag] : 0;
    uint64_t off = stamp > span->time_ns ? stamp - span->time_ns : span->time_ns - stamp;
    if (off >= 1000) play_log_add(log, "! time of tag %u is off by %" PRIu64 " ns", span->tag, off);
    if (!span->length || !span->data) play_log_add(log, "! empty span");
}

/* ──── callbacks ──── */

static weir_verdict on_open(void *user, weir_conn *conn)
{
    play_log *log = user;
    weir_conn_info info;
    char text[64];
    play_conn *known = enter(log, conn, &info);
    *known = (play_conn){.ref = weir_conn_ref(conn), .open = 1};
    snprintf(text, sizeof text, "open %" PRIu64 " %s%s", info.id,
             info.midstream ? "midstream" : "syn", info.source_port == 80 ? " by s" : "");
    event(log, text);
    return WEIR_FOLLOW;
}

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    play_log *log = user;
    weir_conn_info info;
    play_conn *known = enter(log, conn, &info);
    uint64_t end = spans[count - 1].offset + spans[count - 1].length, at = spans[0].offset;
    for (size_t i = 0; i < count; i++) {
        check_span(log, &spans[i]);
        if (spans[i].offset != at) play_log_add(log, "! spans do not join");
        at += spans[i].length;
        add_bytes(log, info.id, direction, &spans[i]);
    }
    go_on(log, known, &info, (int)direction, spans[0].offset, end);
    if (info.flow[direction].offset != end)
        play_log_add(log, "! offset is not the end of the data");
}

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    play_log *log = user;
    weir_conn_info info;
    char text[160], waited[32];
    play_conn *known = enter(log, conn, &info);
    play_log_time(hole->waited_ns, waited);
    snprintf(text, sizeof text,
             "hole %" PRIu64 " %s %" PRIu64 "+%" PRIu64 " %s waited %s held %" PRIu64, info.id,
             direction_names[direction], hole->offset, hole->length,
             weir_hole_cause_name((int)hole->cause), waited, hole->held_bytes);
    event(log, text);
    go_on(log, known, &info, (int)direction, hole->offset, hole->offset + hole->length);
    if (!hole->length) play_log_add(log, "! empty hole");
}

static void on_late(void *user, weir_conn *conn, weir_direction direction, const weir_span *span)
{
    play_log *log = user;
    weir_conn_info info;
    char bytes[1024], text[1100];
    enter(log, conn, &info);
    check_span(log, span);
    describe(span->data, span->length, span->offset, bytes, sizeof bytes);
    snprintf(text, sizeof text, "late %" PRIu64 " %s %s", info.id, direction_names[direction],
             bytes);
    event(log, text);
}

static void on_urgent(void *user, weir_conn *conn, weir_direction direction, const weir_span *span)
{
    play_log *log = user;
    weir_conn_info info;
    char bytes[64], text[128];
    play_conn *known = enter(log, conn, &info);
    check_span(log, span);
    describe(span->data, span->length, span->offset, bytes, sizeof bytes);
    snprintf(text, sizeof text, "urgent %" PRIu64 " %s %s", info.id, direction_names[direction],
             bytes);
    event(log, text);
    go_on(log, known, &info, (int)direction, span->offset, span->offset + 1);
    if (span->length != 1) play_log_add(log, "! more than one byte is urgent");
}

static void on_conflict(void *user, weir_conn *conn, weir_direction direction,
                        const weir_conflict *conflict)
{
    play_log *log = user;
    weir_conn_info info;
    char kept[256], lost[256], text[700];
    enter(log, conn, &info);
    describe(conflict->kept, conflict->length, conflict->offset, kept, sizeof kept);
    quote(conflict->lost, conflict->length, lost, sizeof lost);
    snprintf(text, sizeof text, "conflict %" PRIu64 " %s %s kept%s, lost %s, %" PRIu32 " differ",
             info.id, direction_names[direction], kept, conflict->kept_is_new ? " (new)" : "", lost,
             conflict->differing);
    event(log, text);
    if (conflict->kept_tag == conflict->lost_tag) play_log_add(log, "! of one packet");
}

static void on_close(void *user, weir_conn *conn, weir_close_cause cause)
{
    play_log *log = user;
    weir_conn_info info;
    char text[64];
    play_conn *known = enter(log, conn, &info);
    snprintf(text, sizeof text, "close %" PRIu64 " %s", info.id, weir_close_cause_name((int)cause));
    event(log, text);
    if (!known->open) play_log_add(log, "! closed twice");
    known->open = 0;
    if (weir_engine_find(log->engine, known->ref)) play_log_add(log, "! still found");
}

void play_log_callbacks(weir_callbacks *callbacks)
{
    weir_callbacks_init(callbacks);
    callbacks->on_open = on_open;
    callbacks->on_data = on_data;
    callbacks->on_hole = on_hole;
    callbacks->on_late = on_late;
    callbacks->on_close = on_close;
    callbacks->on_urgent = on_urgent;
    callbacks->on_conflict = on_conflict;
}

/* ──── questions ──── */

typedef struct {
    const char *prefix, *name;
    uint64_t value;
} counter;

#define COUNTERS_MOST 128u

/* All counters of weir_stats by name. */
static uint32_t list_stats(const weir_stats *stats, counter list[COUNTERS_MOST])
{
    uint32_t count = 0;
#define X(field, text) list[count++] = (counter){"", #field, stats->field};
    WEIR_COUNTERS(X)
#undef X
    list[count++] = (counter){"", "connections_open", stats->connections_open};
    for (int i = 0; i < WEIR_IGNORED_COUNT; i++)
        list[count++] = (counter){"ignored.", weir_ignored_name(i), stats->ignored_packets[i]};
    for (int i = 0; i < WEIR_DISCARDED_COUNT; i++)
        list[count++] = (counter){"discarded.", weir_discarded_name(i), stats->discarded_bytes[i]};
    for (int i = 0; i < WEIR_HOLE_CAUSE_COUNT; i++)
        list[count++] = (counter){"holes.", weir_hole_cause_name(i), stats->holes[i]};
    for (int i = 0; i < WEIR_CLOSE_CAUSE_COUNT; i++)
        list[count++] = (counter){"closed.", weir_close_cause_name(i), stats->closed[i]};
    return count;
}

static uint32_t list_flow(const weir_flow *flow, counter list[COUNTERS_MOST])
{
    const counter all[] = {{"", "offset", flow->offset},
                           {"", "delivered", flow->delivered_bytes},
                           {"", "missing", flow->missing_bytes},
                           {"", "ignored", flow->ignored_bytes},
                           {"", "held", flow->held_bytes},
                           {"", "duplicate", flow->duplicate_bytes},
                           {"", "discarded", flow->discarded_bytes},
                           {"", "conflict", flow->conflict_bytes},
                           {"", "holes", flow->holes},
                           {"", "out_of_order", flow->out_of_order_segments},
                           {"", "held_peak", flow->held_peak_bytes}};
    memcpy(list, all, sizeof all);
    return sizeof all / sizeof all[0];
}

static const counter *find_counter(const counter *list, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t prefix = strlen(list[i].prefix);
        if (!strncmp(name, list[i].prefix, prefix) && !strcmp(name + prefix, list[i].name))
            return &list[i];
    }
    return NULL;
}

/* The question's names, each with the value that it has; other words as they are. */
static void answer(play_log *log, const char *question, const counter *list, uint32_t count)
{
    char words[512], text[1024] = "", name[64];
    snprintf(words, sizeof words, "%s", question);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        size_t length = strlen(text), named = strcspn(word, "=");
        snprintf(name, sizeof name, "%.*s", (int)named, word);
        const counter *found = word[named] ? find_counter(list, count, name) : NULL;
        if (found)
            snprintf(text + length, sizeof text - length, " %s=%" PRIu64, name, found->value);
        else
            snprintf(text + length, sizeof text - length, " %s", word[named] ? "?" : word);
    }
    play_log_add(log, "%s", text + 1);
}

void play_log_stats(play_log *log, const weir_engine *engine, const char *question)
{
    counter list[COUNTERS_MOST];
    weir_stats stats;
    weir_stats_init(&stats);
    weir_engine_stats(engine, &stats);
    answer(log, question, list, list_stats(&stats, list));
}

void play_log_flow(play_log *log, weir_engine *engine, const char *question)
{
    counter list[COUNTERS_MOST];
    weir_conn_info info;
    weir_conn_info_init(&info);
    uint64_t id = strtoull(question + strlen("flow "), NULL, 10);
    const weir_conn *conn = weir_engine_find(engine, play_log_ref(log, id));
    if (!conn || weir_conn_get_info(conn, &info)) {
        play_log_add(log, "! connection %" PRIu64 " is not found", id);
        return;
    }
    answer(log, question, list, list_flow(&info.flow[strstr(question, "s2c") != NULL], list));
}

/* ──── comparing ──── */

static int asks(const char *text)
{
    static const char *const questions[] = {"verdict ", "stats ", "flow ", "now ", "deadline "};
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
        if (!strncmp(text, questions[i], strlen(questions[i]))) return 1;
    return 0;
}

/* Without trailing blanks. */
static int same_text(const char *a, const char *b)
{
    size_t a_length = strlen(a), b_length = strlen(b);
    while (a_length && isspace((unsigned char)a[a_length - 1]))
        a_length--;
    while (b_length && isspace((unsigned char)b[b_length - 1]))
        b_length--;
    return a_length == b_length && !memcmp(a, b, a_length);
}

/* One step of the script with the lines it must give and gives; writes them if `to`. Moves both on. Returns how many
 * lines differ. Answers are logged at their question's step, events at their cause's. */
static uint32_t compare_step(const play_log *log, const trace *t, uint32_t *step, uint32_t *line,
                             FILE *to)
{
    uint32_t bad = 0, end = *step + 1;
    if (to && *step < t->count)
        fprintf(to, "%4u  %s\n", t->steps[*step].line, t->steps[*step].text);
    while (end < t->count && t->steps[end].kind == TRACE_EXPECT)
        end++;
    uint32_t want = *step < t->count && t->steps[*step].kind == TRACE_EXPECT ? *step : *step + 1;
    while (want < end || (*line < log->count && log->lines[*line].step < end)) {
        int have = *line < log->count && log->lines[*line].step < end;
        const char *wanted = want < end ? t->steps[want].text : "";
        const char *got = have ? log->lines[(*line)++].text : "";
        int differ = !same_text(wanted, got) ||
                     (asks(got) && want < end && log->lines[*line - 1].step != want);
        if (to) fprintf(to, "   %s  %-*s | %s\n", differ ? "*" : "=", WIDTH, wanted, got);
        bad += (uint32_t)differ;
        want++;
    }
    *step = end;
    return bad;
}

static uint32_t compare(const play_log *log, const trace *t, FILE *to)
{
    uint32_t bad = 0, line = 0;
    for (uint32_t step = 0; step <= t->count;)
        bad += compare_step(log, t, &step, &line, to);
    return bad;
}

int play_log_compare(const play_log *log, const trace *t, int show, FILE *to)
{
    uint32_t bad = compare(log, t, NULL);
    if (!bad && !show) return 0;
    fprintf(to, "%9s%-*s | actual\n", "", WIDTH - 3, "expected");
    compare(log, t, to);
    return bad != 0;
}

void play_log_free(play_log *log)
{
    for (uint32_t i = 0; i < log->count; i++)
        free(log->lines[i].text);
    free(log->lines);
    free(log->conns);
    free(log->stamps);
    free(log->data.bytes);
}
