/* SPDX-License-Identifier: MIT */
#include "peer_json.h"

#include "build_facts.h"
#include "conditions.h"
#include "traffic_output.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

/* Steals `value`, which may be NULL for want of memory: then so is what becomes of it all. */
static void put(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value ? value : json_null());
}

static json_t *number(uint64_t value)
{
    return value == PEER_UNKNOWN ? json_null() : json_integer((json_int_t)value);
}

static json_t *context_of(const peer_context *x, const contest *c)
{
    conditions where;
    json_t *object = json_object();
    conditions_gather(&where, &build_facts_own);
    put(object, "date", json_string(where.date));
    put(object, "weir_version", json_string(where.weir_version));
    put(object, "commit", json_string(where.commit));
    put(object, "compiler", json_string(where.compiler));
    put(object, "flags", json_string(where.flags));
    put(object, "cpu_model", json_string(where.cpu_model));
    put(object, "num_cpus", json_integer(where.num_cpus));
    put(object, "kernel", json_string(where.kernel));
    put(object, "capture", json_string(x->capture));
    put(object, "capture_bytes", number(x->capture_bytes));
    put(object, "packets", number(c->packets));
    put(object, "seed", number(x->seed));
    put(object, "scale", json_real(x->scale));
    put(object, "repetitions", json_integer(x->repetitions));
    put(object, "limit_bytes", number(x->mem_bytes));
    put(object, "memory_limit_bytes", number(x->memory_limit_bytes));
    put(object, "time_limit_ns", number(x->time_limit_ns));
    return object;
}

static json_t *arguments_of(const peer_entry *entry)
{
    json_t *array = json_array();
    for (size_t i = 0; i < PEER_ARGUMENTS && entry->arguments[i]; i++)
        (void)json_array_append_new(array, json_string(entry->arguments[i]));
    return array;
}

static json_t *repetitions_of(const contest_row *row)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < row->runs; i++)
        (void)json_array_append_new(array, json_real(row->cpu_ns[i]));
    return array;
}

static json_t *row_of(const contest_row *row)
{
    json_t *object = json_object();
    const bool ran = row->runs > 0;
    put(object, "name", json_string(row->entry->name + strspn(row->entry->name, " ")));
    put(object, "program", json_string(row->entry->program));
    put(object, "arguments", arguments_of(row->entry));
    put(object, "version", json_string(row->version));
    put(object, "outcome", json_string(peer_outcome_name(row->outcome)));
    put(object, "right", row->entry->role == PEER_FLOOR ? json_null() : json_boolean(row->right));
    put(object, "verdict", json_string(row->verdict));
    put(object, "first", json_string(row->first));
    put(object, "cpu_time", ran ? json_real(row->median_cpu_ns) : json_null());
    put(object, "cpu_times", repetitions_of(row));
    put(object, "real_time", ran ? json_real(row->wall_ns) : json_null());
    put(object, "time_unit", json_string("ns"));
    put(object, "delivered_bytes", number(row->delivered));
    put(object, "rss_peak_bytes", ran ? number(row->peak_bytes) : json_null());
    put(object, "rss_anon_peak_bytes", ran ? number(row->peak_anon_bytes) : json_null());
    put(object, "rss_anon_end_bytes", ran ? number(row->end_anon_bytes) : json_null());
    return object;
}

bool peer_json_save(const char *path, const peer_context *context, const contest *c)
{
    traffic_output output;
    json_t *root = json_object(), *rows = json_array();
    put(root, "schema_version", json_integer(1));
    put(root, "context", context_of(context, c));
    for (size_t i = 0; i < c->count; i++)
        (void)json_array_append_new(rows, row_of(&c->rows[i]));
    put(root, "peers", rows);
    bool saved = traffic_output_open(&output, path);
    if (saved && json_dumpf(root, output.file, JSON_INDENT(2)) == 0 &&
        fputc('\n', output.file) != EOF) {
        saved = traffic_output_commit(&output);
    } else if (saved) {
        traffic_output_discard(&output);
        saved = false;
    }
    json_decref(root);
    return saved;
}
