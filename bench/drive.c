/* SPDX-License-Identifier: MIT */
#include "drive.h"

#include <stdio.h>
#include <string.h>

#include "touch.h"

enum { SETTLE_STEPS = 10 }; /* of 100 ms */

static bool refused(const char *what, int error)
{
    (void)fprintf(stderr, "weir-bench: the library refuses %s: %s\n", what, weir_error_text(error));
    return false;
}

static bool open_with(drive *d, const drive_plan *plan, const weir_engine_config *config,
                      const weir_callbacks *callbacks, void *user)
{
    memset(d, 0, sizeof *d);
    d->plan = plan;
    int error = weir_pool_create(plan->pool, &d->pool);
    if (error != WEIR_OK) return refused("a pool", error);
    error = weir_engine_create(d->pool, config, callbacks, user, &d->engine);
    if (error == WEIR_OK) return true;
    drive_close(d);
    return refused("an engine", error);
}

bool drive_open(drive *d, const drive_plan *plan, const weir_callbacks *callbacks, void *user)
{
    return open_with(d, plan, plan->engine, callbacks, user);
}

void drive_flush(const drive *d)
{
    (void)weir_engine_flush(d->engine);
}

void drive_settle(const drive *d)
{
    const uint64_t now_ns = weir_engine_now(d->engine);
    for (uint64_t step = 1; step <= SETTLE_STEPS; step++)
        while (weir_engine_advance(d->engine, now_ns + step * 100 * WEIR_MILLISECOND) == 1)
            continue;
}

void drive_figures(const drive *d, weir_stats *stats, weir_memory *memory)
{
    weir_stats_init(stats);
    weir_memory_init(memory);
    (void)weir_engine_stats(d->engine, stats);
    (void)weir_pool_memory(d->pool, memory);
}

void drive_close(drive *d)
{
    (void)weir_engine_destroy(d->engine);
    (void)weir_pool_destroy(d->pool);
    memset(d, 0, sizeof *d);
}

/* ── Callbacks ───────────────────────────────────────────────────────────────────────────────── */

static void touch_data(void *user, weir_conn *conn, weir_direction direction,
                       const weir_span *spans, size_t count)
{
    uint64_t sum = 0;
    (void)conn;
    (void)direction;
    for (size_t i = 0; i < count; i++)
        sum += touch(spans[i].data, spans[i].length);
    *(uint64_t *)user += sum;
}

static void touch_late(void *user, weir_conn *conn, weir_direction direction, const weir_span *span)
{
    touch_data(user, conn, direction, span, 1);
}

static void empty_data(void *user, weir_conn *conn, weir_direction direction,
                       const weir_span *spans, size_t count)
{
    (void)user, (void)conn, (void)direction, (void)spans, (void)count;
}

bool drive_open_touching(drive *d, const drive_plan *plan, uint64_t *sum)
{
    weir_callbacks callbacks;
    weir_callbacks_init(&callbacks);
    callbacks.on_data = touch_data;
    callbacks.on_late = touch_late;
    return open_with(d, plan, plan->engine, &callbacks, sum);
}

bool drive_open_empty(drive *d, const drive_plan *plan)
{
    weir_callbacks callbacks;
    weir_engine_config config = *plan->engine;
    weir_callbacks_init(&callbacks);
    callbacks.on_data = empty_data;
    config.prefetch_bytes = 0;
    return open_with(d, plan, &config, &callbacks, NULL);
}
