/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "atomic_file.h"
#include "fields.h"

enum { DIGITS = 12 };

typedef double statistic(const double *values, uint32_t count);

/* ── Values. One that cannot be made (memory) is NULL, which no object takes: `put` says so. What is made is put
 * into its place at once, so that the root frees all. ── */

static json_t *text(const char *from)
{
    json_t *value = json_string(from);
    char *copy = value ? NULL : strdup(from);
    if (!copy) return value;
    for (char *at = copy; *at; at++)
        if ((unsigned char)*at >= 0x80) *at = '?';
    value = json_string(copy);
    free(copy);
    return value;
}

static json_t *integer(double value)
{
    return value < 9.2e18 ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *real(double value)
{
    return json_real(isfinite(value) ? value : 0);
}

static bool put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

/* A value that is there already, or NULL. */
static json_t *put_container(json_t *object, const char *key, json_t *value)
{
    return put(object, key, value) ? value : NULL;
}

static json_t *append_container(json_t *array, json_t *value)
{
    return json_array_append_new(array, value) == 0 ? value : NULL;
}

/* "holes.timeout" goes into the object "holes", which is made by the first that needs it. */
static bool put_nested(json_t *object, const char *name, json_t *value)
{
    const char *dot = strchr(name, '.');
    char outer[64];
    json_t *inner;
    if (!dot) return put(object, name, value);
    (void)snprintf(outer, sizeof outer, "%.*s", (int)(dot - name), name);
    inner = json_object_get(object, outer);
    if (!inner) inner = put_container(object, outer, json_object());
    return put(inner, dot + 1, value);
}

/* ── Context ── */

static bool put_caches(json_t *context, const conditions *where)
{
    json_t *array = put_container(context, "caches", json_array());
    bool good = array != NULL;
    for (uint32_t i = 0; good && i < where->cache_count; i++) {
        const conditions_cache *cache = &where->caches[i];
        json_t *one = append_container(array, json_object());
        good = put(one, "type", text(cache->type)) && put(one, "level", integer(cache->level)) &&
               put(one, "size", integer((double)cache->size)) &&
               put(one, "num_sharing", integer(cache->num_sharing));
    }
    return good;
}

static bool put_context(json_t *root, const conditions *where)
{
    json_t *object = put_container(root, "context", json_object()), *load;
    bool good = object != NULL;
#define X(name, bytes) good = good && put(object, #name, text(where->name));
    CONDITIONS_TEXTS(X)
#undef X
    good = good && put(object, "num_cpus", integer(where->num_cpus)) &&
           put(object, "mhz_per_cpu", integer(where->mhz_per_cpu)) &&
           put(object, "cpu_scaling_enabled", json_boolean(where->cpu_scaling_enabled)) &&
           put(object, "system_page_size", integer(where->system_page_size)) &&
           put_caches(object, where);
    load = good ? put_container(object, "load_avg", json_array()) : NULL;
    for (int i = 0; i < 3; i++)
        good = load && json_array_append_new(load, real(where->load_avg[i])) == 0;
    return good;
}

/* ── Statistics over the repetitions ── */

static double mean(const double *values, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += values[i];
    return sum / count;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, uint32_t count)
{
    double sorted[RESULT_REPETITIONS_MAX];
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

/* Of a sample: divided by one less than its size. */
static double deviation(const double *values, uint32_t count)
{
    const double middle = mean(values, count);
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += (values[i] - middle) * (values[i] - middle);
    return count > 1 ? sqrt(sum / (count - 1)) : 0;
}

static double variation(const double *values, uint32_t count)
{
    const double middle = mean(values, count);
    return middle > 0 ? deviation(values, count) / middle : 0;
}

static const struct aggregate {
    const char *name, *unit;
    statistic *how;
} aggregates[] = {
    {"mean", "time", mean},
    {"median", "time", median},
    {"stddev", "time", deviation},
    {"cv", "percentage", variation},
};

enum { AGGREGATES = sizeof aggregates / sizeof *aggregates };

/* The result as if it had this repetition alone. */
static void take_repetition(const result *of, uint32_t index, result *alone)
{
    *alone = *of;
    alone->repetitions = 1;
    alone->times[0] = of->times[index];
    for (uint32_t i = 0; i < of->phase_count; i++)
        alone->phases[i].times[0] = of->phases[i].times[index];
}

static double aggregate_value(const field *f, const result *of, statistic *how)
{
    double values[RESULT_REPETITIONS_MAX];
    for (uint32_t i = 0; i < of->repetitions; i++) {
        result alone;
        take_repetition(of, i, &alone);
        values[i] = field_value(f, &alone);
    }
    return how(values, of->repetitions);
}

/* ── Entries ── */

/* `how` NULL: as it is. */
static json_t *field_json(const field *f, const result *of, statistic *how)
{
    double value;
    if (f->kind == FIELD_VERIFIED && of->verified == RESULT_UNKNOWN) return json_null();
    if (f->kind == FIELD_VERIFIED) return json_boolean(of->verified == RESULT_RIGHT);
    value = how ? aggregate_value(f, of, how) : field_value(f, of);
    return f->kind == FIELD_U64 || f->kind == FIELD_U32 ? integer(value) : real(value);
}

/* "phases": { "talking": { … } }; none, if there is but one. */
static bool put_phases(json_t *entry, const result *of, statistic *how)
{
    json_t *phases;
    bool good = true;
    if (of->phase_count < 2) return true;
    phases = put_container(entry, "phases", json_object());
    for (uint32_t phase = 0; good && phase < of->phase_count; phase++) {
        result part;
        field_take_phase(of, phase, &part);
        json_t *object = put_container(phases, part.name, json_object());
        for (size_t i = 0; good && i < field_count(); i++)
            if (field_is_of_phase(field_at(i)))
                good = put(object, field_at(i)->name, field_json(field_at(i), &part, how));
    }
    return good;
}

/* How many repetitions there were says the caller: `of` may be one of them. */
static bool put_fields(json_t *entry, const result *of, statistic *how)
{
    bool good = true;
    for (size_t i = 0; good && i < field_count(); i++)
        if (strcmp(field_at(i)->name, "repetitions") != 0)
            good = put_nested(entry, field_at(i)->name, field_json(field_at(i), of, how));
    if (good && of->verified == RESULT_WRONG) good = put(entry, "wrong", text(of->wrong));
    return good && put_phases(entry, of, how);
}

/* What an entry of google-benchmark begins with. */
static json_t *append_entry(json_t *entries, const result *of, size_t family, const char *suffix,
                            const char *type)
{
    char name[RESULT_NAME_BYTES + 16];
    json_t *entry = append_container(entries, json_object());
    (void)snprintf(name, sizeof name, "%s%s%s", of->name, *suffix ? "_" : "", suffix);
    return put(entry, "name", text(name)) && put(entry, "family_index", integer((double)family)) &&
                   put(entry, "per_family_instance_index", integer(0)) &&
                   put(entry, "run_name", text(of->name)) && put(entry, "run_type", text(type)) &&
                   put(entry, "repetitions", integer(of->repetitions)) &&
                   put(entry, "threads", integer(1)) &&
                   put(entry, "iterations", integer((double)of->packets)) &&
                   put(entry, "time_unit", text("ns"))
               ? entry
               : NULL;
}

static bool append_repetition(json_t *entries, const result *of, size_t family, uint32_t index)
{
    json_t *entry = append_entry(entries, of, family, "", "iteration");
    result alone;
    take_repetition(of, index, &alone);
    return put(entry, "repetition_index", integer(index)) && put_fields(entry, &alone, NULL);
}

static bool append_aggregate(json_t *entries, const result *of, size_t family,
                             const struct aggregate *a)
{
    json_t *entry = append_entry(entries, of, family, a->name, "aggregate");
    return put(entry, "aggregate_name", text(a->name)) &&
           put(entry, "aggregate_unit", text(a->unit)) && put_fields(entry, of, a->how);
}

static bool append_result(json_t *entries, const result *of, size_t family)
{
    bool good = true;
    for (uint32_t i = 0; good && i < of->repetitions; i++)
        good = append_repetition(entries, of, family, i);
    for (size_t i = 0; good && of->repetitions > 1 && i < AGGREGATES; i++)
        good = append_aggregate(entries, of, family, &aggregates[i]);
    return good;
}

/* NULL: not enough memory. */
static json_t *document(const conditions *where, const result *results, size_t count)
{
    json_t *root = json_object(), *entries;
    bool good =
        put(root, "schema_version", integer(JSON_SCHEMA_VERSION)) && put_context(root, where);
    entries = good ? put_container(root, "benchmarks", json_array()) : NULL;
    good = entries != NULL;
    for (size_t i = 0; good && i < count; i++)
        good = append_result(entries, &results[i], i);
    if (good) return root;
    json_decref(root);
    return NULL;
}

static int dump(const json_t *root, FILE *to)
{
    errno = 0;
    if (json_dumpf(root, to, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS)) == 0 &&
        fputc('\n', to) != EOF)
        return 0;
    return errno ? errno : EIO;
}

static int dump_file(const json_t *root, const char *path)
{
    atomic_file file;
    int error = atomic_file_begin(&file, AT_FDCWD, path);
    if (error) return error;
    error = dump(root, file.stream);
    if (!error) return atomic_file_commit(&file);
    atomic_file_abandon(&file);
    return error;
}

int json_save(const char *path, const conditions *where, const result *results, size_t count)
{
    json_t *root = document(where, results, count);
    int error;
    if (!root) return ENOMEM;
    error = strcmp(path, "-") == 0 ? dump(root, stdout) : dump_file(root, path);
    json_decref(root);
    return error;
}
