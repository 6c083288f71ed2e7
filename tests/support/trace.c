/* SPDX-License-Identifier: MIT */
#include "support/trace.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD 32u

/* What is left of a line, and where complaints go. */
typedef struct {
    trace *t;
    uint32_t line;
    const char *at;
} reader;

static void fail(reader *r, const char *what)
{
    if (!r->t->error[0])
        snprintf(r->t->error, sizeof r->t->error, "line %u: %s, at \"%.40s\"", r->line, what,
                 r->at);
}

/* ──── words and numbers ──── */

/* The next word of the line, or "" at its end or a comment. */
static void next_word(reader *r, char word[WORD])
{
    size_t length = 0;
    while (isspace((unsigned char)*r->at))
        r->at++;
    for (int comment = *r->at == '#'; *r->at && !comment && !isspace((unsigned char)*r->at);
         r->at++)
        if (length < WORD - 1) word[length++] = *r->at;
    word[length] = '\0';
}

static int64_t to_number(reader *r, const char *word)
{
    char *end;
    long long value = strtoll(word, &end, 10);
    if (!*word || *end) fail(r, "not a number");
    return value;
}

static int64_t next_number(reader *r)
{
    char word[WORD];
    next_word(r, word);
    return to_number(r, word);
}

static uint64_t to_time(reader *r, const char *word)
{
    static const struct {
        const char *unit;
        double ns;
    } units[] = {{"", 0}, {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
    char *end;
    double value = strtod(word, &end);
    if (end == word || (*end == '\0' && value != 0)) {
        fail(r, "not a time");
        return 0;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (!strcmp(end, units[i].unit)) return (uint64_t)(value * units[i].ns + 0.5);
    fail(r, "not a unit of time");
    return 0;
}

/* ──── settings ──── */

static uint64_t next_time_or_off(reader *r)
{
    char word[WORD];
    next_word(r, word);
    return strcmp(word, "off") ? to_time(r, word) : WEIR_NEVER;
}

static int next_switch(reader *r)
{
    char word[WORD];
    next_word(r, word);
    if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0) fail(r, "want on or off");
    return !strcmp(word, "on");
}

static void read_urgent(reader *r)
{
    char word[WORD];
    int i = 0;
    next_word(r, word);
    while (i < WEIR_URGENT_COUNT && strcmp(word, weir_urgent_name(i)) != 0)
        i++;
    if (i == WEIR_URGENT_COUNT) fail(r, "unknown treatment of urgent data");
    r->t->config.urgent = (weir_urgent)i;
}

static weir_overlap next_overlap(reader *r)
{
    char word[WORD];
    next_word(r, word);
    for (int i = 0; i < WEIR_OVERLAP_COUNT; i++)
        if (!strcmp(word, weir_overlap_name(i))) return (weir_overlap)i;
    fail(r, "want an overlap policy");
    return WEIR_OVERLAP_FIRST;
}

static void read_config(reader *r)
{
    weir_engine_config *config = &r->t->config;
    char word[WORD];
    next_word(r, word);
    struct {
        const char *name;
        uint64_t *ns;
    } times[] = {{"hole_timeout", &config->hole_timeout_ns},
                 {"acked_hole", &config->acked_hole_ns},
                 {"idle", &config->idle_ns},
                 {"half_open", &config->half_open_ns},
                 {"linger", &config->linger_ns}};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        if (strcmp(word, times[i].name) != 0) continue;
        *times[i].ns = next_time_or_off(r);
        return;
    }
    if (!strcmp(word, "limit"))
        r->t->limit_bytes = (uint64_t)next_number(r);
    else if (!strcmp(word, "conn_held"))
        config->conn_held_bytes = (uint64_t)next_number(r);
    else if (!strcmp(word, "conn_records"))
        config->conn_records = (uint32_t)next_number(r);
    else if (!strcmp(word, "overlap"))
        config->overlap = next_overlap(r);
    else if (!strcmp(word, "paws"))
        config->paws = (uint8_t)next_switch(r);
    else if (!strcmp(word, "window"))
        config->validate_window = (uint8_t)next_switch(r);
    else if (!strcmp(word, "urgent"))
        read_urgent(r);
    else if (!strcmp(word, "midstream"))
        config->midstream = (uint8_t)next_switch(r);
    else
        fail(r, "unknown setting");
}

/* ──── packets ──── */

static void read_host(reader *r, trace_step *step)
{
    char word[WORD];
    next_word(r, word);
    if (word[0] != 'c' && word[0] != 's') fail(r, "want a host: c or s");
    step->side = word[0] == 's';
    step->tuple = 1;
    if (word[0] && word[1])
        step->tuple = word[1] == '#' ? TRACE_TURN : (uint32_t)to_number(r, word + 1);
}

static void read_flags(reader *r, trace_step *step)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
    char word[WORD];
    next_word(r, word);
    if (!strcmp(word, "none")) return;
    for (char *flag = strtok(word, "+"); flag; flag = strtok(NULL, "+")) {
        uint32_t i = 0;
        while (i < 6 && strcmp(flag, names[i]) != 0)
            i++;
        if (i == 6) fail(r, "unknown flag");
        step->flags = (uint8_t)(step->flags | 1u << i);
    }
}

static uint8_t unescape(char c)
{
    switch (c) {
    case 'r':
        return '\r';
    case 'n':
        return '\n';
    case '0':
        return '\0';
    default:
        return (uint8_t)c;
    }
}

static void read_data(reader *r, trace_step *step)
{
    while (isspace((unsigned char)*r->at))
        r->at++;
    step->data = calloc(1, strlen(r->at) + 1);
    if (*r->at++ != '"' || !step->data) {
        fail(r, "want a text in quotes");
        return;
    }
    while (*r->at && *r->at != '"') {
        int escaped = r->at[0] == '\\' && r->at[1];
        if (escaped) r->at++;
        step->data[step->length++] = escaped ? unescape(*r->at) : (uint8_t)*r->at;
        r->at++;
    }
    if (*r->at++ != '"') fail(r, "the quotes do not end");
}

static void read_seq(reader *r, trace_step *step)
{
    char word[WORD];
    next_word(r, word);
    if (word[0] == '+')
        step->skip = to_number(r, word + 1);
    else
        step->seq = to_number(r, word);
}

static void read_packet_part(reader *r, trace_step *step, const char *word)
{
    if (!strcmp(word, "seq"))
        read_seq(r, step);
    else if (!strcmp(word, "ack"))
        step->ack = next_number(r);
    else if (!strcmp(word, "data"))
        read_data(r, step);
    else if (!strcmp(word, "len"))
        step->length = (uint32_t)next_number(r);
    else if (!strcmp(word, "cut"))
        step->cut = (uint32_t)next_number(r);
    else if (!strcmp(word, "win"))
        step->window = (uint32_t)next_number(r);
    else if (!strcmp(word, "scale"))
        step->scale = (uint32_t)next_number(r);
    else if (!strcmp(word, "ts"))
        step->ts = (uint32_t)next_number(r);
    else if (!strcmp(word, "urg"))
        step->urgent = (uint32_t)next_number(r);
    else if (!strcmp(word, "signed"))
        step->is_signed = 1;
    else if (!strcmp(word, "lost"))
        step->lost = 1;
    else
        fail(r, "unknown part of a packet");
}

static void read_packet_parts(reader *r, trace_step *step)
{
    char word[WORD];
    for (next_word(r, word); word[0]; next_word(r, word))
        read_packet_part(r, step, word);
}

static void read_packet(reader *r, trace_step *step, const char *time)
{
    char word[WORD];
    step->after = time[0] == '+';
    step->time_ns = to_time(r, time + step->after);
    const char *mark = r->at;
    next_word(r, word);
    step->tuple = 1;
    if (!strcmp(word, "handshake")) {
        step->kind = TRACE_HANDSHAKE;
        read_packet_parts(r, step);
        return;
    }
    if (!strcmp(word, "again")) {
        step->kind = TRACE_AGAIN;
        return;
    }
    r->at = mark;
    read_host(r, step);
    read_flags(r, step);
    read_packet_parts(r, step);
    if (step->cut > step->length) fail(r, "cut is more than there is");
}

/* ──── lines ──── */

static void read_advance(reader *r, trace_step *step)
{
    char word[WORD];
    next_word(r, word);
    step->after = word[0] == '+';
    step->time_ns = to_time(r, word + step->after);
    step->kind = TRACE_ADVANCE;
}

static void read_repeat(reader *r, trace_step *step)
{
    char word[WORD];
    step->kind = TRACE_REPEAT;
    step->number = (uint32_t)next_number(r);
    next_word(r, word);
    step->quietly = !strcmp(word, "quietly");
}

static void read_isn(reader *r, trace_step *step)
{
    read_host(r, step);
    step->kind = TRACE_ISN;
    step->number = (uint32_t)next_number(r);
}

/* 1 if the line says something about the whole trace. */
static int read_setting(reader *r, const char *word)
{
    if (!strcmp(word, "config"))
        read_config(r);
    else if (!strcmp(word, "skip"))
        next_word(r, r->t->skip);
    else
        return 0;
    return 1;
}

/* Returns 1 if the line is a step. */
static int read_line(reader *r, trace_step *step)
{
    char word[WORD];
    next_word(r, word);
    if (!word[0] || read_setting(r, word)) return 0;
    if (!strcmp(word, "=")) {
        step->kind = TRACE_EXPECT;
        step->text = r->at + (*r->at == ' ');
    } else if (!strcmp(word, "advance")) {
        read_advance(r, step);
    } else if (!strcmp(word, "flush")) {
        step->kind = TRACE_FLUSH;
    } else if (!strcmp(word, "close")) {
        step->kind = TRACE_CLOSE;
        step->number = (uint32_t)next_number(r);
    } else if (!strcmp(word, "isn")) {
        read_isn(r, step);
    } else if (!strcmp(word, "repeat")) {
        read_repeat(r, step);
    } else if (!strcmp(word, "end")) {
        step->kind = TRACE_END;
    } else {
        read_packet(r, step, word);
    }
    return 1;
}

static char *slurp(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    char *text = calloc(1, 1 << 20);
    size_t bytes = text ? fread(text, 1, (1 << 20) - 1, file) : 0;
    fclose(file);
    if (!bytes) {
        free(text);
        return NULL;
    }
    return text;
}

static void read_lines(trace *into)
{
    reader r = {.t = into};
    for (char *line = into->text; *line && !into->error[0];) {
        size_t length = strcspn(line, "\n");
        char *next = line + length + (line[length] == '\n');
        line[length] = '\0';
        r.line++;
        r.at = line;
        trace_step *step = &into->steps[into->count];
        *step = (trace_step){.line = r.line,
                             .text = line,
                             .seq = TRACE_DEFAULT,
                             .ack = TRACE_DEFAULT,
                             .window = 65535,
                             .scale = UINT32_MAX,
                             .ts = UINT32_MAX,
                             .urgent = UINT32_MAX};
        into->count += (uint32_t)read_line(&r, step);
        line = next;
    }
}

void trace_load(trace *into, const char *path)
{
    *into = (trace){.limit_bytes = UINT64_C(8) << 20};
    weir_engine_config_init(&into->config);
    into->text = slurp(path);
    uint32_t lines = 1;
    for (const char *p = into->text; p && *p; p++)
        lines += *p == '\n';
    into->steps = calloc(lines, sizeof *into->steps);
    if (!into->text || !into->steps)
        snprintf(into->error, sizeof into->error, "cannot be read, or is empty");
    else
        read_lines(into);
}

void trace_free(trace *t)
{
    for (uint32_t i = 0; i < t->count; i++)
        free(t->steps[i].data);
    free(t->steps);
    free(t->text);
}
