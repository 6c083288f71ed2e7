/* SPDX-License-Identifier: MIT */
#include "traffic_plan.h"

enum { PLACES_MAX = 16, DISPLACED_EVERY = 100, REPEATED_EVERY = 200 };
enum { STORM_PIECES = 104, STORM_PASS = 23 };

/* A period that has a hit in `draws` draws. */
static uint32_t period(uint32_t wanted, uint64_t draws)
{
    return draws < wanted ? (uint32_t)draws : wanted;
}

void traffic_planner_open(traffic_planner *planner, const traffic_scenario *scenario, uint64_t seed)
{
    uint64_t draws = traffic_scenario_segments(scenario);
    *planner = (traffic_planner){.kind = scenario->plan,
                                 .segments = scenario->segments,
                                 .seed = seed,
                                 .random = {traffic_mix2(seed, 0x91a2)},
                                 .displace = {.period = period(DISPLACED_EVERY, draws)},
                                 .repeat = {.period = period(REPEATED_EVERY, draws)}};
}

/* Follows the receiver through a burst of at most 64 equal segments. */
static void set_edges(traffic_burst *burst, uint32_t segment_bytes)
{
    uint64_t seen = 0;
    uint32_t whole = 0;
    for (uint32_t i = 0; i < burst->count; i++) {
        traffic_piece *piece = &burst->pieces[i];
        seen |= 1ull << (piece->offset / segment_bytes);
        while (whole < 64 && (seen >> whole & 1))
            whole++;
        piece->edge = whole * segment_bytes;
    }
}

static void add(traffic_burst *burst, uint32_t place, traffic_piece piece)
{
    for (uint32_t i = burst->count++; i > place; i--)
        burst->pieces[i] = burst->pieces[i - 1];
    burst->pieces[place] = piece;
}

static void plan_equal(bool reversed, uint32_t count, uint32_t segment_bytes, traffic_burst *burst)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = reversed ? count - 1 - i : i;
        add(burst, i,
            (traffic_piece){.offset = index * segment_bytes,
                            .bytes = segment_bytes,
                            .displaced = reversed && i > 0});
    }
}

/* Moves piece i back by up to 16 places; false: it is the last and cannot move. */
static bool displace(traffic_burst *burst, traffic_random *random, uint32_t i)
{
    uint32_t room = burst->count - 1 - i;
    if (room == 0) return false;
    uint32_t places = 1 + traffic_random_below(random, room < PLACES_MAX ? room : PLACES_MAX);
    traffic_piece piece = burst->pieces[i];
    for (uint32_t at = i; at < i + places; at++)
        burst->pieces[at] = burst->pieces[at + 1];
    piece.displaced = true;
    burst->pieces[i + places] = piece;
    return true;
}

/* Sends piece i again, a few places later or at the end. */
static void repeat(traffic_burst *burst, traffic_random *random, uint32_t i)
{
    uint32_t place = i + 2 + traffic_random_below(random, PLACES_MAX);
    traffic_piece piece = burst->pieces[i];
    piece.repeated = true;
    piece.displaced = false;
    add(burst, place < burst->count ? place : burst->count, piece);
}

/* Both passes go from the end to the front: what they move or add lies behind the pieces they have
 * still to look at, and a displaced piece passes only pieces that follow it in the stream. */
static void plan_reorder(traffic_planner *planner, uint32_t count, uint32_t segment_bytes,
                         traffic_burst *burst)
{
    plan_equal(false, count, segment_bytes, burst);
    bool owed = false;
    for (uint32_t i = count; i-- > 0;) {
        owed = traffic_sample_draw(&planner->displace, &planner->random) || owed;
        if (owed && displace(burst, &planner->random, i)) owed = false;
    }
    for (uint32_t i = count; i-- > 0;)
        if (traffic_sample_draw(&planner->repeat, &planner->random))
            repeat(burst, &planner->random, i);
}

static void plan_tiny(const traffic_planner *planner, uint64_t connection, uint64_t round,
                      traffic_burst *burst)
{
    uint64_t place = round;
    if (planner->kind == PLAN_TINY_DOWN) place = planner->segments - 1 - round;
    if (planner->kind == PLAN_TINY_RANDOM) {
        traffic_order order =
            traffic_order_of(planner->segments, traffic_mix2(planner->seed, connection));
        place = traffic_order_at(&order, round);
    }
    uint32_t offset = TRAFFIC_TINY_HOLE_BYTES + 2 * (uint32_t)place;
    add(burst, 0, (traffic_piece){.offset = offset, .bytes = 1});
}

/* Pieces anywhere behind a hole of one segment; then the window in order, so that it is whole. The
 * receiver is said to have no more than this last pass has brought. */
static void plan_storm(traffic_random *random, uint32_t segment_bytes, traffic_burst *burst)
{
    uint32_t window = STORM_PASS * segment_bytes;
    for (uint32_t i = 0; i < STORM_PIECES; i++) {
        uint32_t offset = segment_bytes + traffic_random_below(random, window - segment_bytes);
        uint32_t room = window - offset < segment_bytes ? window - offset : segment_bytes;
        uint32_t bytes = 1 + traffic_random_below(random, room);
        add(burst, i, (traffic_piece){.offset = offset, .bytes = bytes});
    }
    for (uint32_t i = 0; i < STORM_PASS; i++)
        add(burst, STORM_PIECES + i,
            (traffic_piece){.offset = i * segment_bytes,
                            .bytes = segment_bytes,
                            .edge = (i + 1) * segment_bytes,
                            .repeated = i > 0});
}

void traffic_planner_burst(traffic_planner *planner, uint64_t connection, uint64_t first,
                           uint32_t count, uint32_t segment_bytes, traffic_burst *burst)
{
    burst->count = 0;
    switch (planner->kind) {
    case PLAN_IN_ORDER:
        plan_equal(false, count, segment_bytes, burst);
        break;
    case PLAN_REVERSED:
        plan_equal(true, count, segment_bytes, burst);
        break;
    case PLAN_REORDER:
        plan_reorder(planner, count, segment_bytes, burst);
        break;
    case PLAN_STORM:
        plan_storm(&planner->random, segment_bytes, burst);
        return;
    default:
        plan_tiny(planner, connection, first, burst);
        return;
    }
    set_edges(burst, segment_bytes);
}
