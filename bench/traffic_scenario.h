/* SPDX-License-Identifier: MIT */
/*
 * Scenario: a row of the table of all traffic there is, and what scale does to it.
 */
#ifndef WEIR_BENCH_TRAFFIC_SCENARIO_H
#define WEIR_BENCH_TRAFFIC_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

/* In what order the segments of a burst are sent. */
typedef enum {
    PLAN_IN_ORDER,
    PLAN_REORDER, /* 1 % displaced, 0.5 % retransmitted */
    PLAN_REVERSED,
    PLAN_TINY_UP, /* 1-byte segments behind a hole, not acknowledged, never closed */
    PLAN_TINY_DOWN,
    PLAN_TINY_RANDOM,
    PLAN_STORM /* overlapping pieces of one window, then the window in order */
} traffic_plan_kind;

typedef enum { ATTACK_NONE, ATTACK_SYN, ATTACK_FAR, ATTACK_HOARD } traffic_attack_kind;

enum {
    TRAIT_RANDOM_VISITS = 1 << 0, /* else round robin */
    TRAIT_TURNS = 1 << 1,         /* directions take turns; else by connection */
    TRAIT_SINGLE = 1 << 2,        /* one connection; scale changes its length */
    TRAIT_CHURN = 1 << 3,         /* the whole life of a connection is a script */
    TRAIT_FEW = 1 << 4,           /* nine tenths close early */
    TRAIT_SPREAD = 1 << 5,        /* fewer connections use less of the line, not less time */
    TRAIT_LOSE_ONE = 1 << 6,      /* the tap loses one data segment, */
    TRAIT_LOSE_SOME = 1 << 7,     /* 0.1 % of them, */
    TRAIT_LOSE_EPISODE = 1 << 8,  /* everything for a while, */
    TRAIT_LOSE_ANSWERS = 1 << 9,  /* whatever the server sends */
    TRAIT_TWICE = 1 << 10,        /* the tap sees each packet twice */
    TRAIT_CLOCK = 1 << 11,        /* the tap's clock is bad */
    TRAIT_OFFLOAD = 1 << 12       /* segments as a host hands them to its card */
};

typedef struct {
    const char *name;
    const char *text;
    uint64_t connections;
    uint64_t segments; /* of each connection; storm: windows */
    uint64_t attackers;
    uint64_t attack_segments; /* of each */
    uint32_t segment_bytes;
    uint32_t burst; /* segments that a connection sends when it is visited */
    uint32_t traits;
    uint32_t gap_ns;          /* from one data segment to the next; 0: as the line allows */
    uint32_t ns_per_kilobyte; /* of the line; 0: 8000, which is 1 Gbit/s */
    uint32_t attack_gap_ns;
    traffic_plan_kind plan;
    traffic_attack_kind attack;
} traffic_scenario;

/* The row of that name at that scale. false: no such name or scale. */
bool traffic_scenario_make(const char *name, double scale, traffic_scenario *scenario);

static inline bool traffic_scenario_has(const traffic_scenario *scenario, uint32_t trait)
{
    return (scenario->traits & trait) != 0;
}

/* Whether its segments are 1 byte long and leave holes between them. */
static inline bool traffic_scenario_is_tiny(const traffic_scenario *scenario)
{
    return scenario->plan >= PLAN_TINY_UP && scenario->plan <= PLAN_TINY_RANDOM;
}

/* Data segments of all connections together, retransmissions and storms aside. */
static inline uint64_t traffic_scenario_segments(const traffic_scenario *scenario)
{
    return scenario->connections * scenario->segments;
}

#endif
