/* SPDX-License-Identifier: MIT */
#include "conditions.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "units.h"

/* What does not fit is cut: these are names for people. */
static void set(char *to, size_t bytes, const char *text)
{
    const size_t length = strlen(text) < bytes ? strlen(text) : bytes - 1;
    memcpy(to, text, length);
    to[length] = 0;
}

#define SET(to, text) set(to, sizeof(to), text)

/* The first line of a file, "" if there is none. */
static void first_line(char *to, size_t bytes, const char *path)
{
    FILE *file = fopen(path, "re");
    to[0] = 0;
    if (!file) return;
    if (!fgets(to, (int)bytes, file)) to[0] = 0;
    to[strcspn(to, "\n")] = 0;
    (void)fclose(file);
}

/* Of a line "key : value" the value, if that is its key. */
static const char *value_of(char *line, const char *key)
{
    const size_t length = strlen(key);
    char *colon = strchr(line, ':');
    if (!colon || strncmp(line, key, length) != 0) return NULL;
    if (line + length + strspn(line + length, " \t") != colon) return NULL;
    colon[1 + strcspn(colon + 1, "\n")] = 0;
    return colon + 1 + strspn(colon + 1, " \t");
}

static void read_cpuinfo(conditions *c)
{
    char line[512];
    const char *value;
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file && fgets(line, sizeof line, file)) {
        if (!c->cpu_model[0] && (value = value_of(line, "model name"))) SET(c->cpu_model, value);
        if (!c->mhz_per_cpu && (value = value_of(line, "cpu MHz")))
            c->mhz_per_cpu = (uint32_t)(strtod(value, NULL) + 0.5);
    }
    if (file) (void)fclose(file);
}

#define CPU0 "/sys/devices/system/cpu/cpu0/"

static void read_frequency(conditions *c)
{
    char text[64];
    first_line(text, sizeof text, CPU0 "cpufreq/cpuinfo_max_freq"); /* in kHz */
    c->mhz_per_cpu = (uint32_t)((strtoul(text, NULL, 10) + 500) / 1000);
    first_line(c->cpu_governor, sizeof c->cpu_governor, CPU0 "cpufreq/scaling_governor");
    c->cpu_scaling_enabled = c->cpu_governor[0] && strcmp(c->cpu_governor, "performance") != 0;
}

/* How many bits are set in a text of hexadecimal digits. */
static uint32_t count_bits(const char *hexadecimal)
{
    uint32_t count = 0;
    for (const char *at = hexadecimal; *at; at++) {
        const char digit[2] = {*at, 0};
        for (unsigned long bits = strtoul(digit, NULL, 16); bits; bits &= bits - 1)
            count++;
    }
    return count;
}

static bool read_cache(conditions_cache *cache, unsigned index)
{
    char path[128], text[256], *unit;
    const int folder = snprintf(path, sizeof path, CPU0 "cache/index%u/", index);
    char *name = path + folder;
    const size_t room = sizeof path - (size_t)folder;
    set(name, room, "type");
    first_line(cache->type, sizeof cache->type, path);
    set(name, room, "level");
    first_line(text, sizeof text, path);
    cache->level = (uint32_t)strtoul(text, NULL, 10);
    set(name, room, "size");
    first_line(text, sizeof text, path);
    cache->size = strtoull(text, &unit, 10); /* before *unit is read */
    cache->size <<= *unit == 'K' ? 10 : *unit == 'M' ? 20 : 0;
    set(name, room, "shared_cpu_map");
    first_line(text, sizeof text, path);
    cache->num_sharing = count_bits(text);
    return cache->type[0] && cache->level;
}

/* "always [madvise] never": the one in brackets. */
static void read_hugepage(conditions *c)
{
    char text[128], *open, *close;
    first_line(text, sizeof text, "/sys/kernel/mm/transparent_hugepage/enabled");
    open = strchr(text, '[');
    close = open ? strchr(open, ']') : NULL;
    if (!close) return;
    *close = 0;
    SET(c->transparent_hugepage, open + 1);
}

/* strftime's offset has no colon in it. */
static void read_date(conditions *c)
{
    const time_t now = time(NULL);
    struct tm local;
    char stamp[24], offset[8];
    if (!localtime_r(&now, &local)) return;
    if (!strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &local)) return;
    if (strftime(offset, sizeof offset, "%z", &local) != 5) return;
    (void)snprintf(c->date, sizeof c->date, "%s%.3s:%s", stamp, offset, offset + 3);
}

static void read_system(conditions *c)
{
    struct utsname names;
    const ssize_t length = readlink("/proc/self/exe", c->executable, sizeof c->executable - 1);
    c->executable[length > 0 ? length : 0] = 0;
    if (uname(&names) == 0) {
        SET(c->host_name, names.nodename);
        (void)snprintf(c->kernel, sizeof c->kernel, "%s %s %s", names.sysname, names.release,
                       names.machine);
    }
    c->num_cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
    c->system_page_size = (uint32_t)sysconf(_SC_PAGESIZE);
    if (getloadavg(c->load_avg, 3) != 3) memset(c->load_avg, 0, sizeof c->load_avg);
}

void conditions_gather(conditions *c, const build_facts *build)
{
    memset(c, 0, sizeof *c);
    SET(c->weir_version, weir_version());
    SET(c->commit, build->commit);
    SET(c->compiler, build->compiler);
    SET(c->flags, build->flags);
    SET(c->library_build_type, build->type);
    read_date(c);
    read_system(c);
    read_frequency(c);
    read_cpuinfo(c);
    read_hugepage(c);
    while (c->cache_count < CONDITIONS_CACHES &&
           read_cache(&c->caches[c->cache_count], c->cache_count))
        c->cache_count++;
}

/* ── Limits ── */

static void append(conditions *c, const char *format, ...)
{
    const size_t used = strlen(c->limits);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(c->limits + used, sizeof c->limits - used, format, arguments);
    va_end(arguments);
}

static void append_duration(conditions *c, const char *option, uint64_t ns)
{
    append(c, " %s %s", option, ns == WEIR_NEVER ? "off" : units_exact_duration(ns).text);
}

static const char *on_off(uint8_t on)
{
    return on ? "on" : "off";
}

static const char *checksum_name(weir_checksum checksum)
{
    return checksum == WEIR_CHECKSUM_OFF ? "off" : checksum == WEIR_CHECKSUM_ON ? "on" : "count";
}

void conditions_set_limits(conditions *c, const weir_pool_config *pool,
                           const weir_engine_config *engine)
{
    c->limits[0] = 0;
    append(c, "--mem %s --page %s", units_exact_size(pool->limit_bytes).text,
           units_exact_size(pool->page_bytes).text);
    append(c, " --conn-share %" PRIu32 " --frag-share %" PRIu32, pool->conn_share_percent,
           pool->frag_share_percent);
    if (engine->conn_held_bytes)
        append(c, " --conn-mem %s", units_exact_size(engine->conn_held_bytes).text);
    append(c, " --conn-records %" PRIu32, engine->conn_records);
    append_duration(c, "--hole-timeout", engine->hole_timeout_ns);
    append_duration(c, "--acked-hole", engine->acked_hole_ns);
    append_duration(c, "--idle", engine->idle_ns);
    append_duration(c, "--half-open", engine->half_open_ns);
    append_duration(c, "--linger", engine->linger_ns);
    append(c, " --overlap %s --checksum %s", weir_overlap_name((int)engine->overlap),
           checksum_name(engine->checksum));
    append(c, " --key-vlan %s --midstream %s", on_off(engine->key_vlan), on_off(engine->midstream));
}

/* ── For people ── */

static const char *or_unknown(const char *text)
{
    return text[0] ? text : "unknown";
}

void conditions_print(const conditions *c, FILE *to)
{
    (void)fprintf(to, "weir %s (%s), %s, %s\n", c->weir_version, or_unknown(c->commit),
                  or_unknown(c->compiler), or_unknown(c->flags));
    (void)fprintf(to, "%s, %u cpus, %u MHz%s%s, load %.2f %.2f %.2f\n", or_unknown(c->cpu_model),
                  (unsigned)c->num_cpus, (unsigned)c->mhz_per_cpu,
                  c->cpu_governor[0] ? ", governor " : "", c->cpu_governor, c->load_avg[0],
                  c->load_avg[1], c->load_avg[2]);
    (void)fprintf(to, "%s, pages of %u bytes, huge pages %s, %s\n", or_unknown(c->kernel),
                  (unsigned)c->system_page_size, or_unknown(c->transparent_hugepage), c->date);
    if (c->limits[0]) (void)fprintf(to, "%s\n", c->limits);
}
