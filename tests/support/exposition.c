/* SPDX-License-Identifier: MIT */
#include "exposition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 128, SERIES_BYTES = 256 };

/* The family whose lines are being read. */
struct family {
    char name[NAME_BYTES];
    char type[16];
    bool help, typed, sampled;
    double bucket, bound; /* of a histogram, so far */
    bool last;            /* +Inf was seen */
};

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Whether one of the parts between underscores, but the first, is the word. */
static bool has_word(const char *name, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = name; (at = strchr(at, '_')); at++)
        if (strncmp(at + 1, word, length) == 0 && (at[1 + length] == '_' || !at[1 + length]))
            return true;
    return false;
}

/* NULL: the name is good. */
static const char *wrong_name(const struct family *f)
{
    static const char *const units[] = {
        "ms",      "milliseconds", "ns",      "nanoseconds", "kb",    "kilobytes", "mb",    "bits",
        "minutes", "percent",      "counter", "gauge",       "count", "sum",       "bucket"};
    const bool counter = strcmp(f->type, "counter") == 0;
    if (strspn(f->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(f->name))
        return "a letter that is not for names";
    if (strncmp(f->name, "weir_", 5) != 0) return "no weir_ in front";
    if (ends_with(f->name, "_total") != counter) return "_total is for counters, and all of them";
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (has_word(f->name, units[i])) return "not a base unit, or a word for the format itself";
    return NULL;
}

static const char *end_family(const struct family *f)
{
    if (f->name[0] == '\0') return NULL;
    if (!f->help || !f->typed) return "HELP or TYPE is missing";
    if (!f->sampled) return "no samples";
    if (strcmp(f->type, "histogram") == 0 && !f->last) return "no +Inf";
    return wrong_name(f);
}

static const char *take_comment(struct family *f, const char *line)
{
    char name[NAME_BYTES], rest[16];
    const bool help = strncmp(line, "# HELP ", 7) == 0;
    const char *wrong;
    if (!help && strncmp(line, "# TYPE ", 7) != 0) return "a comment that is neither";
    if (sscanf(line + 7, "%127s %15s", name, rest) != 2) return "no name, or nothing behind it";
    if (help) {
        wrong = end_family(f);
        memset(f, 0, sizeof *f);
        (void)snprintf(f->name, sizeof f->name, "%s", name);
        f->help = true;
        f->bucket = 0;
        f->bound = -1;
        return wrong;
    }
    if (strcmp(name, f->name) != 0 || f->typed || f->sampled) return "TYPE is not behind its HELP";
    if (strcmp(rest, "counter") != 0 && strcmp(rest, "gauge") != 0 &&
        strcmp(rest, "histogram") != 0)
        return "no such type";
    (void)snprintf(f->type, sizeof f->type, "%s", rest);
    f->typed = true;
    return NULL;
}

static const char *take_bucket(struct family *f, const char *labels, double value)
{
    char bound[32];
    if (sscanf(labels, "{le=\"%31[^\"]\"}", bound) != 1) return "a bucket without a bound";
    if (value < f->bucket) return "buckets that fall";
    if (f->last) return "a bucket behind +Inf";
    f->last = strcmp(bound, "+Inf") == 0;
    if (!f->last && strtod(bound, NULL) <= f->bound) return "bounds that fall";
    f->bound = strtod(bound, NULL);
    f->bucket = value;
    return NULL;
}

static const char *take_histogram(struct family *f, const char *name, const char *labels,
                                  double value)
{
    const char *part = name + strlen(f->name);
    if (strcmp(part, "_bucket") == 0) return take_bucket(f, labels, value);
    if (strcmp(part, "_sum") == 0) return NULL;
    if (strcmp(part, "_count") != 0) return "no part of a histogram";
    return value == f->bucket ? NULL : "a count that is not +Inf's";
}

static const char *take_sample(struct family *f, const char *line)
{
    char name[NAME_BYTES], labels[SERIES_BYTES] = "";
    const size_t length = strcspn(line, "{ ");
    const char *at = line + length, *close;
    char *end;
    double value;
    if (length >= sizeof name) return "a long name";
    (void)snprintf(name, sizeof name, "%.*s", (int)length, line);
    if (*at == '{') {
        close = strrchr(at, '}');
        if (!close) return "no } behind the labels";
        (void)snprintf(labels, sizeof labels, "%.*s", (int)(close + 1 - at), at);
        at = close + 1;
    }
    if (*at != ' ') return "no blank before the value";
    value = strtod(at + 1, &end);
    if (end == at + 1 || *end != '\0' || value < 0) return "no number";
    if (!f->typed || strncmp(name, f->name, strlen(f->name)) != 0) return "not of its family";
    f->sampled = true;
    if (strcmp(f->type, "histogram") == 0) return take_histogram(f, name, labels, value);
    return strcmp(name, f->name) == 0 ? NULL : "not of its family";
}

/* Whether the series of the line stands in the text before it. */
static bool is_repeated(const char *text, size_t before, const char *line)
{
    char series[512];
    char *space;
    (void)snprintf(series, sizeof series, "%s", line);
    space = strrchr(series, ' ');
    if (space) space[1] = '\0';
    for (const char *at = text; at < text + before; at = strchr(at, '\n') + 1)
        if (strncmp(at, series, strlen(series)) == 0) return true;
    return false;
}

bool exposition_is_wrong(const char *text, char *why, size_t bytes)
{
    struct family f;
    const char *wrong = NULL;
    char line[512] = "";
    memset(&f, 0, sizeof f);
    for (const char *at = text; *at && !wrong; at = strchr(at, '\n') + 1) {
        const size_t length = strcspn(at, "\n");
        if (at[length] != '\n' || length >= sizeof line) {
            (void)snprintf(why, bytes, "a line that does not end");
            return true;
        }
        (void)snprintf(line, sizeof line, "%.*s", (int)length, at);
        wrong = *line == '#' ? take_comment(&f, line) : take_sample(&f, line);
        if (!wrong && is_repeated(text, (size_t)(at - text), line)) wrong = "comes twice";
    }
    if (!wrong) wrong = end_family(&f);
    if (!wrong && f.name[0] == '\0') wrong = "nothing in it";
    if (wrong) (void)snprintf(why, bytes, "%s: %s (%s)", wrong, line, f.name);
    return wrong != NULL;
}

double exposition_value(const char *text, const char *series)
{
    const size_t length = strlen(series);
    for (const char *at = text; *at; at = strchr(at, '\n') + 1)
        if (strncmp(at, series, length) == 0 && at[length] == ' ') return strtod(at + length, NULL);
    return -1;
}
