/* SPDX-License-Identifier: MIT */
#include "house/clock.h"

#include "ground/count.h"

static int far_ahead(uint64_t time_ns, uint64_t of_ns)
{
    return time_ns > weir_add_saturating(of_ns, WEIR_CLOCK_JUMP_NS);
}

/* The stamp in the clock's own terms. The offset goes when stamps are right again without it. */
static uint64_t corrected(weir_clock *clock, uint64_t stamp_ns)
{
    if (clock->offset_ns && !far_ahead(stamp_ns, clock->now_ns) &&
        !far_ahead(clock->now_ns, stamp_ns))
        clock->offset_ns = 0;
    return weir_min64(weir_add_saturating(stamp_ns, clock->offset_ns), WEIR_CLOCK_MOST_NS);
}

/* What the stamp after a doubted one says about it. */
static int settle_doubt(weir_clock *clock, uint64_t time_ns)
{
    int right = !far_ahead(clock->doubted_ns, time_ns);
    if (right) clock->now_ns = weir_min64(time_ns, clock->doubted_ns);
    clock->doubted_ns = 0;
    return right;
}

static void far_behind(weir_clock *clock, uint64_t time_ns)
{
    if (++clock->behind < WEIR_CLOCK_BEHIND) return;
    clock->offset_ns = weir_add_saturating(clock->offset_ns, clock->now_ns - time_ns);
    clock->behind = 0;
}

static void step(weir_clock *clock, uint64_t time_ns, weir_stats *stats)
{
    if (far_ahead(time_ns, clock->now_ns)) {
        clock->doubted_ns = time_ns;
        weir_count(&stats->clock_doubted, 1);
        return;
    }
    weir_count(&stats->clock_back, time_ns < clock->now_ns);
    if (far_ahead(clock->now_ns, time_ns)) {
        far_behind(clock, time_ns);
        return;
    }
    clock->now_ns = weir_max64(clock->now_ns, time_ns);
    clock->behind = 0;
}

int weir_clock_judge(weir_clock *clock, uint64_t stamp_ns, weir_stats *stats)
{
    if (!clock->started) {
        clock->started = 1;
        clock->now_ns = weir_min64(stamp_ns, WEIR_CLOCK_MOST_NS);
    }
    uint64_t time_ns = corrected(clock, stamp_ns);
    int right = clock->doubted_ns && settle_doubt(clock, time_ns);
    step(clock, time_ns, stats);
    return right;
}

void weir_clock_advance(weir_clock *clock, uint64_t now_ns)
{
    if (now_ns == WEIR_NEVER) return;
    clock->started = 1;
    clock->doubted_ns = 0;
    clock->now_ns = weir_max64(clock->now_ns, corrected(clock, now_ns));
}
