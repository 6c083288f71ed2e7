/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <sys/mman.h>
#include <time.h>

#include "adversary_listener.h"

/* An engine, and what its user was told. */
typedef struct {
    weir_pool *pool;
    weir_engine *engine;
    adversary *hostile;
    adversary_listener listener;
    uint64_t limit_bytes;
} arena;

static int open_pool(const trial_plan *plan, arena *in)
{
    weir_pool_config config;
    weir_pool_config_init(&config);
    config.limit_bytes = plan->limit_bytes;
    if (config.limit_bytes < adversary_least_limit(plan->family))
        config.limit_bytes = adversary_least_limit(plan->family);
    in->limit_bytes = config.limit_bytes;
    return weir_pool_create(&config, &in->pool) == WEIR_OK;
}

static int open_engine(const trial_plan *plan, arena *in)
{
    weir_engine_config config;
    weir_callbacks callbacks;
    weir_engine_config_init(&config);
    adversary_listener_callbacks(&callbacks);
    config.overlap = plan->overlap;
    adversary_configure(plan->family, &config);
    return weir_engine_create(in->pool, &config, &callbacks, &in->listener, &in->engine) == WEIR_OK;
}

static void close_arena(arena *in)
{
    adversary_close(in->hostile);
    (void)weir_engine_destroy(in->engine);
    (void)weir_pool_destroy(in->pool);
}

/* 0: nothing is open. */
static int open_arena(const trial_plan *plan, arena *in)
{
    *in = (arena){.listener.manner = adversary_user_of(plan->family)};
    in->hostile = adversary_open(plan->family, plan->seed, plan->steps);
    if (in->hostile && open_pool(plan, in) && open_engine(plan, in)) return 1;
    close_arena(in);
    return 0;
}

static void take(arena *in, const adversary_step *step)
{
    if (step->act == ADVERSARY_SEGMENT)
        (void)weir_engine_segments(in->engine, &step->segment, 1, NULL);
    else if (step->act == ADVERSARY_PACKET)
        (void)weir_engine_packets(in->engine, 1, &step->packet, 1, NULL);
    else
        (void)weir_pool_set_limit(in->pool, in->limit_bytes / 100 * step->percent);
}

static void note_memory(arena *in, trial_result *result)
{
    weir_memory memory;
    weir_memory_init(&memory);
    (void)weir_pool_memory(in->pool, &memory);
    result->limit_bytes = in->limit_bytes;
    result->peak_bytes = memory.peak_bytes;
    result->within = memory.peak_bytes <= in->limit_bytes;
    result->told = in->listener.told;
}

int trial_once(const trial_plan *plan, trial_result *result)
{
    arena in;
    adversary_step step;
    *result = (trial_result){.mean_ns = 0};
    if (!open_arena(plan, &in)) return 0;
    while (adversary_next(in.hostile, &step))
        take(&in, &step);
    note_memory(&in, result);
    close_arena(&in);
    return 1;
}

/* ── time ── */

static uint64_t clock_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What reading the clock twice adds. */
static uint32_t clock_cost_ns(void)
{
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < 10000; i++) {
        uint64_t before = clock_ns(), after = clock_ns();
        if (after - before < least) least = after - before;
    }
    return (uint32_t)least;
}

typedef struct {
    uint32_t least_ns;
    uint32_t told;
} timing;

static int run_timed(const trial_plan *plan, timing *timings, trial_result *result)
{
    arena in;
    adversary_step step;
    if (!open_arena(plan, &in)) return 0;
    for (timing *t = timings; adversary_next(in.hostile, &step); t++) {
        uint64_t told = in.listener.told, before = clock_ns();
        take(&in, &step);
        uint64_t ns = clock_ns() - before;
        t->told = (uint32_t)(in.listener.told - told);
        if (step.segment.payload_bytes > 4096) t->told += adversary_replaces(plan->family);
        if (ns < t->least_ns) t->least_ns = (uint32_t)ns;
    }
    note_memory(&in, result);
    close_arena(&in);
    return 1;
}

static void judge(const timing *timings, uint64_t steps, trial_result *result)
{
    uint32_t cost = clock_cost_ns();
    double sum = 0;
    for (uint64_t i = 0; i < steps; i++) {
        double ns = timings[i].least_ns > cost ? timings[i].least_ns - cost : 0;
        double share = ns / (TRIAL_PACKET_NS + TRIAL_RECORD_NS * timings[i].told);
        sum += ns;
        if (share > result->worst_share) result->worst_share = share;
        if (ns <= result->worst_ns) continue;
        result->worst_ns = ns;
        result->worst_step = i;
        result->worst_released = timings[i].told;
    }
    result->mean_ns = sum / (double)steps;
}

int trial_timed(const trial_plan *plan, trial_result *result)
{
    /* Not from the heap, which would keep it: the next run's memory is measured too. */
    size_t bytes = plan->steps * sizeof(timing);
    timing *timings = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int ran = timings != MAP_FAILED;
    *result = (trial_result){.mean_ns = 0};
    for (uint64_t i = 0; ran && i < plan->steps; i++)
        timings[i] = (timing){UINT32_MAX, 0};
    for (int run = 0; ran && run < TRIAL_RUNS; run++)
        ran = run_timed(plan, timings, result);
    if (ran) judge(timings, plan->steps, result);
    if (timings != MAP_FAILED) (void)munmap(timings, bytes);
    return ran;
}
