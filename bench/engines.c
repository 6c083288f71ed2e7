/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "engines.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "load.h"
#include "process_memory.h"
#include "resident.h"
#include "touch.h"
#include "units.h"
#include "words.h"

enum { ENGINES_MAX = 16, BATCH = 32 };

/* What a thread came to. */
struct lap {
    uint64_t wall_ns; /* from the start of all to its own end */
    uint64_t cpu_ns;
    uint64_t delivered_bytes;
    uint64_t missing_bytes;
};

/* One run: lies in memory that the process which does it shares with this one. */
struct race {
    const load *load;
    uint64_t limit_bytes;
    size_t engines;
    uint64_t base_bytes; /* anonymous and resident, before there was a pool */
    uint64_t peak_bytes; /* of the pool */
    struct lap laps[ENGINES_MAX];
};

/* A thread and its engine. */
struct runner {
    struct race *race;
    size_t number;
    weir_engine *engine;
    pthread_barrier_t *start;
    pthread_t thread;
    uint64_t sum;
};

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    struct runner *r = user;
    (void)conn;
    (void)direction;
    for (size_t i = 0; i < count; i++)
        r->sum += touch(spans[i].data, spans[i].length);
}

static void feed(const struct runner *r)
{
    const load *l = r->race->load;
    size_t at = 0;
    for (size_t s = 0; s < l->stretch_count; s++)
        while (at < l->stretches[s].end) {
            const size_t left = l->stretches[s].end - at, count = left < BATCH ? left : BATCH;
            (void)weir_engine_packets(r->engine, l->stretches[s].link_type, l->packets + at, count,
                                      NULL);
            at += count;
        }
}

static void *run(void *argument)
{
    struct runner *r = argument;
    struct lap *lap = &r->race->laps[r->number];
    weir_stats stats;
    clock_pair before, after;
    (void)pthread_barrier_wait(r->start);
    before = clock_now();
    feed(r);
    after = clock_now();
    (void)weir_engine_flush(r->engine);
    weir_stats_init(&stats);
    (void)weir_engine_stats(r->engine, &stats);
    lap->wall_ns = after.wall_ns - before.wall_ns;
    lap->cpu_ns = after.cpu_ns - before.cpu_ns;
    lap->delivered_bytes = stats.delivered_bytes;
    lap->missing_bytes = stats.missing_bytes;
    return NULL;
}

static bool run_all(struct race *race, weir_pool *pool)
{
    struct runner runners[ENGINES_MAX];
    weir_callbacks callbacks;
    pthread_barrier_t start;
    size_t i;
    bool good = pthread_barrier_init(&start, NULL, (unsigned)race->engines) == 0;
    weir_callbacks_init(&callbacks);
    callbacks.on_data = on_data;
    for (i = 0; i < race->engines && good; i++) {
        runners[i] = (struct runner){.race = race, .number = i, .start = &start};
        good =
            weir_engine_create(pool, NULL, &callbacks, &runners[i], &runners[i].engine) == WEIR_OK;
    }
    if (!good) return false;
    for (i = 0; i < race->engines; i++)
        if (pthread_create(&runners[i].thread, NULL, run, &runners[i]) != 0) _exit(1);
    for (i = 0; i < race->engines; i++)
        (void)pthread_join(runners[i].thread, NULL);
    for (i = 0; i < race->engines; i++)
        (void)weir_engine_destroy(runners[i].engine);
    (void)pthread_barrier_destroy(&start);
    return true;
}

/* In a process of its own. 0: it did not work. */
static int run_race(void *argument)
{
    struct race *race = argument;
    weir_pool_config config;
    weir_memory memory;
    weir_pool *pool;
    bool good;
    weir_pool_config_init(&config);
    config.limit_bytes = race->limit_bytes;
    race->base_bytes = process_memory_anon_bytes();
    if (weir_pool_create(&config, &pool) != WEIR_OK) return 0;
    good = run_all(race, pool);
    weir_memory_init(&memory);
    (void)weir_pool_memory(pool, &memory);
    race->peak_bytes = memory.peak_bytes;
    return good;
}

/* ── The table ───────────────────────────────────────────────────────────────────────────────── */

static void print_head(const char *scenario, const load *l, uint64_t limit_bytes)
{
    (void)printf("%s, %zu packets for each engine, one pool of %s, %ld cores\n\n", scenario,
                 l->count, units_exact_size(limit_bytes).text, sysconf(_SC_NPROCESSORS_ONLN));
    (void)printf("%7s %10s %6s %10s %8s %11s %11s %18s %10s %10s\n", "engines", "packets/s",
                 "cores", "of a core", "ns CPU", "first over", "last over", "delivered",
                 "pool peak", "RssAnon");
}

static void print_row(const struct race *race, uint64_t resident)
{
    struct lap first = race->laps[0], last = race->laps[0];
    uint64_t cpu_ns = 0, least = UINT64_MAX, most = 0;
    char spread[32];
    for (size_t i = 0; i < race->engines; i++) {
        const struct lap *lap = &race->laps[i];
        if (lap->wall_ns < first.wall_ns) first = *lap;
        if (lap->wall_ns > last.wall_ns) last = *lap;
        if (lap->delivered_bytes < least) least = lap->delivered_bytes;
        if (lap->delivered_bytes > most) most = lap->delivered_bytes;
        cpu_ns += lap->cpu_ns;
    }
    const double packets = (double)race->load->count * (double)race->engines;
    const double of_all = 100.0 / (double)(last.delivered_bytes + last.missing_bytes);
    (void)snprintf(spread, sizeof spread, "%.2f..%.2f %%", (double)least * of_all,
                   (double)most * of_all);
    (void)printf("%7zu %10.0f %6.2f %10.0f %8.1f %8.0f ms %8.0f ms %18s %10s %10s\n", race->engines,
                 packets * 1e9 / (double)last.wall_ns, (double)cpu_ns / (double)last.wall_ns,
                 packets * 1e9 / (double)cpu_ns, (double)cpu_ns / packets,
                 (double)first.wall_ns / 1e6, (double)last.wall_ns / 1e6, spread,
                 units_bytes(race->peak_bytes).text, units_bytes(resident - race->base_bytes).text);
    (void)fflush(stdout);
}

static bool measure(const char *scenario, const load *l, uint64_t limit_bytes)
{
    static const size_t counts[] = {1, 2, 4};
    struct race *race =
        mmap(NULL, sizeof *race, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool good = race != MAP_FAILED;
    if (!good) return false;
    print_head(scenario, l, limit_bytes);
    for (size_t i = 0; i < sizeof counts / sizeof *counts && good; i++) {
        *race = (struct race){.load = l, .limit_bytes = limit_bytes, .engines = counts[i]};
        const uint64_t resident = resident_peak(run_race, race);
        good = resident > race->base_bytes;
        if (good) print_row(race, resident);
    }
    (void)munmap(race, sizeof *race);
    return good;
}

static int print_help(void)
{
    (void)puts(
        "usage: weir-bench engines [SCENARIO] [SCALE] [MEM]\n"
        "\n"
        "1, 2 and 4 engines on one pool, each in a thread, each with all packets of the scenario\n"
        "[hoarder, 0.2, 16MiB]: packets a second of all together, how many cores they had for it\n"
        "(others may run) and packets a second for each of these, which stays the same if engines\n"
        "do not stand in each other's way; when the first and the last was over, and the least "
        "and\n"
        "the most that one delivered of its streams; memory by the pool, and by the kernel's "
        "count\n"
        "above what the process had before.");
    return EXIT_OK;
}

int engines_main(int argc, char **argv)
{
    const char *scenario = argc > 1 ? argv[1] : "hoarder";
    double scale = 0.2;
    uint64_t limit_bytes = UINT64_C(16) << 20;
    load l;
    if (strcmp(scenario, "--help") == 0) return print_help();
    if (!traffic_scenario_known(scenario))
        return words_fail("engines", EXIT_USAGE,
                          "there is no scenario %s; see weir-bench gen --list", scenario);
    if (argc > 2 && !words_real(argv[2], &scale))
        return words_fail("engines", EXIT_USAGE, "%s: give a scale, like 0.2", argv[2]);
    if (argc > 3 && !units_parse_size(argv[3], &limit_bytes))
        return words_fail("engines", EXIT_USAGE, "%s: give a size, like 16MiB", argv[3]);
    bool good = load_scenario(&l, scenario, 1, scale);
    if (good && !measure(scenario, &l, limit_bytes)) {
        good = false;
        (void)words_fail("engines", EXIT_FAILED, "no room for these engines in %s, or no memory",
                         units_exact_size(limit_bytes).text);
    }
    load_free(&l);
    return good ? EXIT_OK : EXIT_FAILED;
}
