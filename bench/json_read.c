/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"

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
