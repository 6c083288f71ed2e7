/* SPDX-License-Identifier: MIT */
#include "traffic_tap.h"

enum { LOST_ONE = 100, LOST_EVERY = 1000, EPISODE_NS = 20000000 };

/* A bad clock: every 101st packet is an hour ahead, every 53rd up to a second behind, and after
 * each quarter of the data the clock is set. The two kinds of single errors never make two in a row
 * that agree, which would be a step. */
enum { AHEAD_EVERY = 101, BEHIND_EVERY = 53 };
#define AHEAD_NS 3600000000000u

void traffic_tap_open(traffic_tap *tap, const traffic_scenario *scenario, uint64_t seed,
                      traffic_totals *truth)
{
    uint64_t expected = traffic_scenario_segments(scenario);
    bool some = traffic_scenario_has(scenario, TRAIT_LOSE_SOME);
    uint32_t period = expected < LOST_EVERY ? (uint32_t)expected : LOST_EVERY;
    *tap = (traffic_tap){.traits = scenario->traits,
                         .random = {traffic_mix2(seed, 0x7a9)},
                         .lose = {.period = some ? period : 0},
                         .expected = expected,
                         .truth = truth};
}

/* Neighbours that are lost make one hole; a stream's segments come in order where any is lost. */
static void count_lost(traffic_tap *tap, const traffic_segment *segment, traffic_flow *flow)
{
    uint64_t *lost_end = &flow->lost_end[segment->direction];
    if (segment->payload_bytes == 0) return;
    if (segment->offset == 0 || segment->offset != *lost_end) tap->truth->holes++;
    *lost_end = segment->offset + segment->payload_bytes;
    tap->truth->lost_segments++;
    tap->truth->missing_bytes += segment->payload_bytes;
}

/* Whether the data segment is one of those to be lost; the middle one begins the episode. */
static bool is_unlucky(traffic_tap *tap, const traffic_segment *segment)
{
    tap->segments++;
    if ((tap->traits & TRAIT_LOSE_ONE) && tap->segments == LOST_ONE) return true;
    if ((tap->traits & TRAIT_LOSE_EPISODE) && tap->segments == tap->expected / 2 + 1)
        tap->blind_until = segment->time_ns + EPISODE_NS;
    return traffic_sample_draw(&tap->lose, &tap->random);
}

bool traffic_tap_sees(traffic_tap *tap, const traffic_segment *segment, traffic_flow *flow)
{
    if (flow == NULL) return true;
    bool lost = segment->payload_bytes > 0 && is_unlucky(tap, segment);
    lost = lost || segment->time_ns < tap->blind_until;
    if ((tap->traits & TRAIT_LOSE_ANSWERS) && segment->direction == TRAFFIC_S2C) lost = true;
    if (lost) count_lost(tap, segment, flow);
    return !lost;
}

uint64_t traffic_tap_stamp(traffic_tap *tap, uint64_t time_ns)
{
    /* Milliseconds that the clock is ahead, in each quarter: on by a minute, back by 45 s, on. */
    static const uint32_t ahead_ms[] = {0, 60000, 15000, 75000, 75000};
    if (!(tap->traits & TRAIT_CLOCK)) return time_ns;
    uint64_t packet = tap->stamped++;
    time_ns += 1000000ull * ahead_ms[4 * tap->segments / tap->expected];
    if (packet % AHEAD_EVERY == AHEAD_EVERY / 2) return time_ns + AHEAD_NS;
    if (packet % BEHIND_EVERY == BEHIND_EVERY / 2) return time_ns - packet % 1000 * 1000000;
    return time_ns;
}
