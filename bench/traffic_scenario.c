/* SPDX-License-Identifier: MIT */
#include "traffic_scenario.h"

#include "traffic.h"

#include <string.h>

/* What scale leaves of a connection at least; or all it has. */
#define SEGMENTS_MIN 256

enum { FULL = 1448, BURST = 32, LARGE = 65536 };

/* 742 full segments for each of 1,000 connections are 1 GiB. 2,071,823 of them, one each 19,307 ns,
 * are 3 GB at 75 MB/s in 40 s. 3,333 messages and an acknowledgement for every second one are 5,000
 * packets. Attacks share the line: half of it, or for the 1,000,000 holes 100,000 a second. */
/* clang-format off */
static const traffic_scenario table[] = {
    {.name = "bulk",
     .text = "1,000 connections, 1,448-byte segments in order, 1 GiB",
     .connections = 1000, .segments = 742, .segment_bytes = FULL, .burst = BURST},
    {.name = "messages",
     .text = "1,000 connections, 64-byte payloads, 5 M packets",
     .connections = 1000, .segments = 3333, .segment_bytes = 64, .burst = 1,
     .traits = TRAIT_RANDOM_VISITS | TRAIT_TURNS},
    {.name = "many",
     .text = "1,000,000 connections open at once, four 200-byte messages each, in random order",
     .connections = 1000000, .segments = 4, .segment_bytes = 200, .burst = 1,
     .traits = TRAIT_RANDOM_VISITS | TRAIT_TURNS},
    {.name = "many-rr",
     .text = "as many, visited round robin",
     .connections = 1000000, .segments = 4, .segment_bytes = 200, .burst = 1,
     .traits = TRAIT_TURNS},
    {.name = "many-then-few",
     .text = "as many, after one message 90 % close at random and the rest goes on for 8 s",
     .connections = 1000000, .segments = 4, .segment_bytes = 200, .burst = 1,
     .traits = TRAIT_RANDOM_VISITS | TRAIT_TURNS | TRAIT_FEW},
    {.name = "reorder",
     .text = "bulk, 1 % displaced up to 16 places, 0.5 % retransmitted",
     .connections = 1000, .segments = 742, .segment_bytes = FULL, .burst = BURST,
     .plan = PLAN_REORDER},
    {.name = "honest",
     .text = "1,000 connections as in reorder, 128 segments each, on half of the line",
     .connections = 1000, .segments = 128, .segment_bytes = FULL, .burst = BURST,
     .ns_per_kilobyte = 16000, .plan = PLAN_REORDER},
    {.name = "reversed",
     .text = "bulk, blocks of 32 segments fully reversed",
     .connections = 1000, .segments = 742, .segment_bytes = FULL, .burst = BURST,
     .plan = PLAN_REVERSED},
    {.name = "incident",
     .text = "one connection at 75 MB/s for 40 s, the 100th segment is acknowledged, not captured",
     .connections = 1, .segments = 2071823, .segment_bytes = FULL, .burst = BURST, .gap_ns = 19307,
     .traits = TRAIT_SINGLE | TRAIT_LOSE_ONE},
    {.name = "loss",
     .text = "bulk, the capture loses 0.1 % of the segments, all of them acknowledged",
     .connections = 1000, .segments = 742, .segment_bytes = FULL, .burst = BURST,
     .traits = TRAIT_LOSE_SOME},
    {.name = "episode",
     .text = "10,000 connections, 1 Gbit/s for 3 s, the capture loses everything for 20 ms",
     .connections = 10000, .segments = 25, .segment_bytes = FULL, .burst = 5,
     .traits = TRAIT_SPREAD | TRAIT_LOSE_EPISODE},
    {.name = "one-sided",
     .text = "as incident, nothing that the server sends is captured",
     .connections = 1, .segments = 2071823, .segment_bytes = FULL, .burst = BURST, .gap_ns = 19307,
     .traits = TRAIT_SINGLE | TRAIT_LOSE_ONE | TRAIT_LOSE_ANSWERS},
    {.name = "churn",
     .text = "5,000,000 short connections, opened and closed, 125,000 a second",
     .connections = 5000000, .gap_ns = 8000, .traits = TRAIT_CHURN},
    {.name = "day",
     .text = "24 hours of short connections, 1,000,000 an hour, 0.1 % of the segments lost",
     .connections = 24000000, .segments = 2, .gap_ns = 3600000,
     .traits = TRAIT_CHURN | TRAIT_LOSE_SOME},
    {.name = "syn-flood",
     .text = "5,000,000 SYNs from distinct tuples under 1,000 honest connections",
     .connections = 1000, .segments = 272, .segment_bytes = FULL, .burst = BURST,
     .ns_per_kilobyte = 16000, .attack = ATTACK_SYN, .attackers = 5000000, .attack_gap_ns = 1344},
    {.name = "hole-per-flow",
     .text = "1,000,000 hostile connections hold one far segment each, under 1,000 as in reorder",
     .connections = 1000, .segments = 512, .segment_bytes = FULL, .burst = BURST,
     .ns_per_kilobyte = 13333, .plan = PLAN_REORDER, .attack = ATTACK_FAR, .attackers = 1000000,
     .attack_gap_ns = 10000},
    {.name = "hoarder",
     .text = "64 hostile connections send 1 GiB with a hole in each 64 segments, under reorder",
     .connections = 1000, .segments = 742, .segment_bytes = FULL, .burst = BURST,
     .ns_per_kilobyte = 16000, .plan = PLAN_REORDER, .attack = ATTACK_HOARD, .attackers = 64,
     .attack_segments = 11600, .attack_gap_ns = 24608},
    {.name = "tiny",
     .text = "100 connections, 1-byte segments at every other byte behind a hole, 1 M segments",
     .connections = 100, .segments = 10000, .segment_bytes = 1, .burst = 1, .plan = PLAN_TINY_UP},
    {.name = "tiny-reversed",
     .text = "as tiny, descending",
     .connections = 100, .segments = 10000, .segment_bytes = 1, .burst = 1,
     .plan = PLAN_TINY_DOWN},
    {.name = "tiny-random",
     .text = "as tiny, in random order",
     .connections = 100, .segments = 10000, .segment_bytes = 1, .burst = 1,
     .plan = PLAN_TINY_RANDOM},
    {.name = "overlap-storm",
     .text = "64 connections send pieces of any place and length over the same bytes",
     .connections = 64, .segments = 123, .segment_bytes = FULL, .burst = 1, .plan = PLAN_STORM},
    {.name = "tso",
     .text = "1,000 connections, 64 KiB segments, IP length 0, checksums left to the card, 1 GiB",
     .connections = 1000, .segments = 16, .segment_bytes = LARGE, .burst = 4,
     .traits = TRAIT_OFFLOAD},
    {.name = "duplicated",
     .text = "256 MiB of bulk, the capture holds every packet twice",
     .connections = 1000, .segments = 185, .segment_bytes = FULL, .burst = BURST,
     .traits = TRAIT_TWICE},
    {.name = "clock",
     .text = "128 MiB of bulk, time stamps that jump back and far forward",
     .connections = 1000, .segments = 93, .segment_bytes = FULL, .burst = BURST,
     .traits = TRAIT_CLOCK},
};
/* clang-format on */

size_t traffic_scenario_count(void)
{
    return sizeof table / sizeof *table;
}

const char *traffic_scenario_name(size_t index)
{
    return table[index].name;
}

const char *traffic_scenario_text(size_t index)
{
    return table[index].text;
}

static const traffic_scenario *find(const char *name)
{
    for (size_t i = 0; i < traffic_scenario_count(); i++)
        if (strcmp(table[i].name, name) == 0) return &table[i];
    return NULL;
}

bool traffic_scenario_known(const char *name)
{
    return find(name) != NULL;
}

/* count * factor, at least least, and that at most count. */
static uint64_t scaled(uint64_t count, double factor, uint64_t least)
{
    uint64_t product = (uint64_t)((double)count * factor + 0.5);
    if (least > count) least = count;
    return product < least ? least : product;
}

static void scale_honest(traffic_scenario *scenario, double scale)
{
    uint64_t full = scenario->connections;
    double share = (double)full * scale; /* of a connection, where it is below 1 */
    if (share < 1 || scenario->traits & TRAIT_SINGLE)
        scenario->segments = scaled(scenario->segments, share, SEGMENTS_MIN);
    if (!(scenario->traits & TRAIT_SINGLE)) scenario->connections = scaled(full, scale, 1);
    if (scenario->traits & TRAIT_SPREAD && scenario->connections < full)
        scenario->ns_per_kilobyte =
            (uint32_t)(scenario->ns_per_kilobyte * full / scenario->connections);
}

static void scale_attack(traffic_scenario *scenario, double scale)
{
    double share = (double)scenario->attackers * scale;
    if (share < 1)
        scenario->attack_segments = scaled(scenario->attack_segments, share, SEGMENTS_MIN);
    scenario->attackers = scaled(scenario->attackers, scale, 1);
}

bool traffic_scenario_make(const char *name, double scale, traffic_scenario *scenario)
{
    const traffic_scenario *row = find(name);
    if (row == NULL || !(scale > 0 && scale <= TRAFFIC_SCALE_MAX)) return false;
    *scenario = *row;
    if (scenario->ns_per_kilobyte == 0) scenario->ns_per_kilobyte = 8000;
    scale_honest(scenario, scale);
    scale_attack(scenario, scale);
    return true;
}
