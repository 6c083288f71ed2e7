/* SPDX-License-Identifier: MIT */
/*
 * Line: who sends when. It leads the honest connections through their phases and gives each data
 * segment its slot on 1 Gbit/s.
 *
 *      OPEN all | TALK: rounds of visits | CLOSE all         a quiet 50 ms between phases
 *      OPEN all | TALK | CLOSE 90 % | TALK | CLOSE the rest  (many-then-few)
 *
 * A visit lets a connection send one burst. Up to eight visits are on at once, in lanes that take
 * slots in turn. No connection is in two lanes: with lanes, visits go round robin, and a round is
 * much longer than eight visits.
 */
#ifndef WEIR_BENCH_TRAFFIC_LINE_H
#define WEIR_BENCH_TRAFFIC_LINE_H

#include "traffic_hosts.h"
#include "traffic_plan.h"

enum { TRAFFIC_LANES = 8, TRAFFIC_PHASES = 5 };

/* Connections are taken by place; the order of places is the line's. */
typedef struct {
    traffic_phase kind;
    uint64_t first;
    uint64_t count;
    uint64_t round; /* the first one; connections have sent round * burst segments before */
    uint64_t rounds;
    uint32_t gap_ns; /* 0: as the line allows */
} traffic_line_phase;

typedef struct {
    uint64_t connection;
    uint64_t base; /* stream offset of the burst */
    uint64_t edge; /* the receiver's */
    traffic_direction direction;
    uint32_t at; /* the next piece; at burst.count the lane is free */
    traffic_burst burst;
} traffic_lane;

typedef struct {
    const traffic_scenario *scenario;
    traffic_hosts *hosts;
    traffic_totals *truth;
    uint64_t seed;
    uint64_t next_ns; /* the next slot; UINT64_MAX: all phases are over */
    traffic_planner planner;
    traffic_order places; /* place to connection, in many-then-few */
    traffic_order visits; /* of this round, where they are random */
    traffic_line_phase phases[TRAFFIC_PHASES];
    uint32_t phase_count;
    uint32_t phase;
    traffic_phase kind; /* of the last packet that the line sent */
    uint64_t round;
    uint64_t visit; /* in this round; in other phases the place */
    uint32_t lane_count;
    uint32_t lane;
    traffic_lane lanes[TRAFFIC_LANES];
} traffic_line;

/* The pointers are borrowed for the life of the line. */
void traffic_line_open(traffic_line *line, const traffic_scenario *scenario, traffic_hosts *hosts,
                       uint64_t seed, uint64_t start_ns);

/* When the line wants to send; UINT64_MAX: never again. */
uint64_t traffic_line_due(const traffic_line *line);

/* Uses that slot, at now_ns >= due. false: it stays empty (a phase has ended). */
bool traffic_line_send(traffic_line *line, uint64_t now_ns, traffic_segment *segment);

/* A phase lasts until the next one sends its first packet. */
traffic_phase traffic_line_phase_now(const traffic_line *line);

#endif
