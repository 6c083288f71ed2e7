/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
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

/* How many repetitions there were says the caller: `of` may be one of them. */
static bool put_fields(json_t *entry, const result *of, statistic *how)
{
    bool good = true;
    for (size_t i = 0; good && i < field_count(); i++)
        if (strcmp(field_at(i)->name, "repetitions") != 0)
            good = put_nested(entry, field_at(i)->name, field_json(field_at(i), of, how));
    if (good && of->verified == RESULT_WRONG) good = put(entry, "wrong", text(of->wrong));
    return good;
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

/* ── Reading ── */

static bool refuse(char why[JSON_WHY_BYTES], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(why, JSON_WHY_BYTES, format, arguments);
    va_end(arguments);
    return false;
}

static const json_t *get_nested(const json_t *object, const char *name)
{
    const char *dot = strchr(name, '.');
    char outer[64];
    if (!dot) return json_object_get(object, name);
    (void)snprintf(outer, sizeof outer, "%.*s", (int)(dot - name), name);
    return json_object_get(json_object_get(object, outer), dot + 1);
}

/* Too long a text is cut, as it was when it was written. */
static void read_text(const json_t *object, const char *key, char *to, size_t bytes)
{
    const char *value = json_string_value(json_object_get(object, key));
    (void)snprintf(to, bytes, "%s", value ? value : "");
}

static uint32_t read_u32(const json_t *object, const char *key)
{
    const double value = json_number_value(json_object_get(object, key));
    return value > 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static void read_caches(const json_t *array, conditions *where)
{
    for (size_t i = 0; i < json_array_size(array) && i < CONDITIONS_CACHES; i++) {
        const json_t *one = json_array_get(array, i);
        conditions_cache *cache = &where->caches[i];
        read_text(one, "type", cache->type, sizeof cache->type);
        cache->level = read_u32(one, "level");
        cache->size = read_u32(one, "size");
        cache->num_sharing = read_u32(one, "num_sharing");
        where->cache_count = (uint32_t)i + 1;
    }
}

/* Conditions are for people: what is not there is unknown, and no error. */
static void read_context(const json_t *context, conditions *where)
{
#define X(name, bytes) read_text(context, #name, where->name, bytes);
    CONDITIONS_TEXTS(X)
#undef X
    where->num_cpus = read_u32(context, "num_cpus");
    where->mhz_per_cpu = read_u32(context, "mhz_per_cpu");
    where->cpu_scaling_enabled = json_is_true(json_object_get(context, "cpu_scaling_enabled"));
    where->system_page_size = read_u32(context, "system_page_size");
    for (size_t i = 0; i < 3; i++)
        where->load_avg[i] =
            json_number_value(json_array_get(json_object_get(context, "load_avg"), i));
    read_caches(json_object_get(context, "caches"), where);
}

static bool read_field(const field *f, const json_t *entry, result *to, char *why)
{
    const json_t *value = get_nested(entry, f->name);
    const double number = json_number_value(value);
    if (!value) return true;
    if (f->kind == FIELD_VERIFIED) {
        if (!json_is_boolean(value) && !json_is_null(value))
            return refuse(why, "%s: %s is neither true, false nor null", to->name, f->name);
        field_set(f, to, json_is_null(value) ? NAN : json_is_true(value));
        return true;
    }
    if (!json_is_number(value) || !(number >= 0) || number >= 1.8e19 ||
        (f->kind == FIELD_U32 && number > UINT32_MAX))
        return refuse(why, "%s: %s is no number that it can be", to->name, f->name);
    field_set(f, to, number);
    return true;
}

/* A time of all packets, from that of one. */
static bool read_time(const json_t *entry, const char *key, bool must, const result *to,
                      uint64_t *ns, char *why)
{
    const json_t *value = json_object_get(entry, key);
    const double number = json_number_value(value) * (double)to->packets;
    if (!value && !must) return true;
    if (!json_is_number(value) || !(number >= 0) || number >= 1.8e19)
        return refuse(why, "%s: %s is no time", to->name, key);
    *ns = (uint64_t)(number + 0.5);
    return true;
}

static bool read_repetition(const json_t *entry, result *to, char *why)
{
    result_time *time = &to->times[to->repetitions];
    if (to->repetitions == RESULT_REPETITIONS_MAX)
        return refuse(why, "%s: more than %d repetitions", to->name, RESULT_REPETITIONS_MAX);
    to->repetitions++;
    return read_time(entry, "cpu_time", true, to, &time->cpu_ns, why) &&
           read_time(entry, "real_time", true, to, &time->wall_ns, why) &&
           read_time(entry, "floor_cpu_time", false, to, &time->floor_cpu_ns, why) &&
           read_time(entry, "floor_real_time", false, to, &time->floor_wall_ns, why);
}

/* What its first entry says of the whole run. */
static bool read_whole(const json_t *entry, result *to, char *why)
{
    for (size_t i = 0; i < field_count(); i++)
        if (field_at(i)->kind != FIELD_VARIES && !read_field(field_at(i), entry, to, why))
            return false;
    read_text(entry, "wrong", to->wrong, sizeof to->wrong);
    to->repetitions = 0; /* those that follow are counted */
    return to->packets || refuse(why, "%s: packets are missing", to->name);
}

static result *find(json_file *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->results[i].name, name) == 0) return &file->results[i];
    return NULL;
}

static bool read_entry(const json_t *entry, json_file *file, char *why)
{
    const char *type = json_string_value(json_object_get(entry, "run_type"));
    char name[RESULT_NAME_BYTES];
    result *to;
    if (type && strcmp(type, "aggregate") == 0) return true;
    read_text(entry, "name", name, sizeof name);
    if (!*name) return refuse(why, "a benchmark has no name");
    to = find(file, name);
    if (!to) {
        to = &file->results[file->count++];
        memcpy(to->name, name, sizeof name);
        if (!read_whole(entry, to, why)) return false;
    }
    return read_repetition(entry, to, why);
}

static bool read_document(const json_t *root, json_file *file, char *why)
{
    const json_t *entries = json_object_get(root, "benchmarks");
    const json_t *version = json_object_get(root, "schema_version");
    if (!json_is_array(entries) || !json_is_integer(version))
        return refuse(why, "no result of weir-bench: it has no schema_version and benchmarks");
    if (json_integer_value(version) != JSON_SCHEMA_VERSION)
        return refuse(why, "schema_version %" JSON_INTEGER_FORMAT ", this weir-bench reads %d",
                      json_integer_value(version), JSON_SCHEMA_VERSION);
    read_context(json_object_get(root, "context"), &file->where);
    file->results = calloc(json_array_size(entries) + 1, sizeof *file->results);
    if (!file->results) return refuse(why, "not enough memory");
    for (size_t i = 0; i < json_array_size(entries); i++)
        if (!read_entry(json_array_get(entries, i), file, why)) return false;
    return file->count > 0 || refuse(why, "there is no benchmark in it");
}

bool json_load(const char *path, json_file *file, char why[JSON_WHY_BYTES])
{
    json_error_t error;
    FILE *from = fopen(path, "re");
    json_t *root;
    bool good;
    memset(file, 0, sizeof *file);
    if (!from) return refuse(why, "%s", strerror(errno));
    root = json_loadf(from, JSON_REJECT_DUPLICATES, &error);
    (void)fclose(from);
    if (!root) return refuse(why, "no JSON, line %d: %s", error.line, error.text);
    good = read_document(root, file, why);
    json_decref(root);
    if (!good) json_free(file);
    return good;
}

void json_free(json_file *file)
{
    free(file->results);
    memset(file, 0, sizeof *file);
}
