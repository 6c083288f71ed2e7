/* SPDX-License-Identifier: MIT */
#include "gate.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

/* The longer ones first: "<=" is not "<" and a value "=…". */
static const struct {
    const char *text;
    gate_op op;
} ops[] = {
    {"<=", GATE_AT_MOST}, {">=", GATE_AT_LEAST}, {"==", GATE_EQUAL},
    {"<", GATE_BELOW},    {">", GATE_ABOVE},
};

enum { OPS = sizeof ops / sizeof *ops };

static bool refuse(char why[GATE_WHY_BYTES], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(why, GATE_WHY_BYTES, format, arguments);
    va_end(arguments);
    return false;
}

static bool refuse_key(char why[GATE_WHY_BYTES], const char *key, bool of_phase)
{
    size_t used;
    (void)refuse(why, "there is no key %s%s; there are", key, of_phase ? " of a phase" : "");
    for (size_t i = 0; i < field_count(); i++) {
        if (of_phase && !field_is_of_phase(field_at(i))) continue;
        used = strlen(why);
        (void)snprintf(why + used, GATE_WHY_BYTES - used, " %s", field_at(i)->name);
    }
    return false;
}

/* A plain number, with a fraction if there is one: nothing but digits may begin it, so no "inf". */
static bool parse_plain(const char *text, double *value)
{
    char *end;
    const bool digit = text[0] >= '0' && text[0] <= '9';
    if (!digit && !(text[0] == '-' && text[1] >= '0' && text[1] <= '9')) return false;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) return false;
    *value = strtod(text, &end);
    return *end == 0 && isfinite(*value);
}

static bool parse_value(const field *key, const char *text, double *value)
{
    uint64_t whole;
    if (key->kind == FIELD_VERIFIED) {
        *value = strcmp(text, "true") == 0;
        return *value != 0 || strcmp(text, "false") == 0;
    }
    if (parse_plain(text, value)) return true;
    if (key->unit == FIELD_BYTES ? !units_parse_size(text, &whole)
                                 : key->unit != FIELD_NS || !units_parse_duration(text, &whole))
        return false;
    *value = (double)whole;
    return true;
}

static const char *example_of(const field *key)
{
    if (key->kind == FIELD_VERIFIED) return "true or false";
    if (key->unit == FIELD_BYTES) return "a size such as 4MiB";
    if (key->unit == FIELD_NS) return "a time such as 500 (ns) or 2us";
    return "a number";
}

/* Sets key and value to what is around the operator, without blanks before them. Returns where that is, NULL if there
 * is none. */
static const char *split(const char *text, char key[64], gate_op *op, const char **value)
{
    const char *at = text + strcspn(text, "<>=");
    const char *end = at;
    while (end > text && end[-1] == ' ')
        end--;
    text += strspn(text, " ");
    (void)snprintf(key, 64, "%.*s", end > text ? (int)(end - text) : 0, text);
    for (size_t i = 0; i < OPS; i++) {
        if (strncmp(at, ops[i].text, strlen(ops[i].text)) != 0) continue;
        *op = ops[i].op;
        *value = at + strlen(ops[i].text);
        *value += strspn(*value, " ");
        return at;
    }
    return NULL;
}

/* "phases.talking.cpu_time": takes the name of the phase out. */
static void take_phase(gate *g, char key[64])
{
    static const char prefix[] = "phases.";
    const size_t length = sizeof prefix - 1;
    char *dot;
    g->phase[0] = 0;
    if (strncmp(key, prefix, length) != 0) return;
    dot = strchr(key + length, '.');
    if (!dot || (size_t)(dot - key) - length >= sizeof g->phase) return;
    *dot = 0;
    (void)snprintf(g->phase, sizeof g->phase, "%s", key + length);
    memmove(key, dot + 1, strlen(dot + 1) + 1);
}

bool gate_parse(const char *text, gate *g, char why[GATE_WHY_BYTES])
{
    char key[64];
    const char *value = "", *at = split(text, key, &g->op, &value);
    if (!at) return refuse(why, "%s is no gate; write KEY<=VALUE, or >=, <, >, ==", text);
    take_phase(g, key);
    g->key = field_named(key);
    if (!g->key || (g->phase[0] && !field_is_of_phase(g->key)))
        return refuse_key(why, key, g->phase[0]);
    if (!parse_value(g->key, value, &g->wanted))
        return refuse(why, "%s: want %s, not \"%s\"", key, example_of(g->key), value);
    (void)snprintf(g->text, sizeof g->text, "%s", at);
    return true;
}

static bool meets(gate_op op, double value, double wanted)
{
    switch (op) {
    case GATE_AT_MOST:
        return value <= wanted;
    case GATE_AT_LEAST:
        return value >= wanted;
    case GATE_BELOW:
        return value < wanted;
    case GATE_ABOVE:
        return value > wanted;
    case GATE_EQUAL:
        break;
    }
    return value == wanted;
}

/* As it is written in a gate, and for people. */
static void describe(const field *key, double value, char text[96])
{
    if (isnan(value))
        (void)snprintf(text, 96, "not known");
    else if (key->kind == FIELD_VERIFIED)
        (void)snprintf(text, 96, "%s", value != 0 ? "true" : "false");
    else if (key->unit == FIELD_BYTES && value >= 1024)
        (void)snprintf(text, 96, "%.12g (%s)", value, units_bytes((uint64_t)value).text);
    else
        (void)snprintf(text, 96, "%.12g%s", value, key->unit == FIELD_NS ? " ns" : "");
}

/* false: the result has no such phase. */
static bool find_phase(const gate *g, const result *r, result *part)
{
    for (uint32_t i = 0; i < r->phase_count; i++) {
        field_take_phase(r, i, part);
        if (strcmp(part->name, g->phase) == 0) return true;
    }
    return false;
}

bool gate_holds(const gate *g, const result *r, char why[GATE_WHY_BYTES])
{
    const bool wrong = r->verified == RESULT_WRONG && g->key->kind == FIELD_VERIFIED;
    char measured[96];
    double value;
    result part;
    if (g->phase[0] && !find_phase(g, r, &part))
        return refuse(why, "%s: there is no phase %s", r->name, g->phase);
    value = field_value(g->key, g->phase[0] ? &part : r);
    if (meets(g->op, value, g->wanted)) return true;
    describe(g->key, value, measured);
    return refuse(why, "%s: %s%s%s is %s, wanted %s%s%s", r->name, g->phase, g->phase[0] ? "." : "",
                  g->key->name, measured, g->text, wrong ? ": " : "", wrong ? r->wrong : "");
}
