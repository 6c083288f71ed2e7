/* SPDX-License-Identifier: MIT */
#include "traffic_line.h"

#include "traffic_address.h"

#include <string.h>

enum { QUIET_NS = 50000000, LANED_FROM = 64, IPV6_SEGMENT = 1428, SEGMENT = 1448 };
enum { PREAMBLE_AND_GAP = 24 }; /* with the check sequence */

/* How long the rest of `many-then-few` talks: past the 5 s that weir remembers the closed. */
#define FEW_TALK_NS 8000000000u

/* ── Phases ── */

static void add_phase(traffic_line *line, traffic_line_phase phase)
{
    line->phases[line->phase_count++] = phase;
}

/* Nine tenths close after one round; what is left takes its time. */
static void add_phases_of_few(traffic_line *line)
{
    uint64_t all = line->scenario->connections;
    uint64_t closed = all - (all + 9) / 10;
    uint64_t rest = all - closed;
    uint64_t rounds = line->scenario->segments;
    add_phase(line, (traffic_line_phase){TRAFFIC_TALKING, 0, all, 0, 1, 0});
    add_phase(line, (traffic_line_phase){TRAFFIC_CLOSING, 0, closed, 0, 0, 0});
    add_phase(line, (traffic_line_phase){TRAFFIC_TALKING, closed, rest, 1, rounds,
                                         (uint32_t)(FEW_TALK_NS / (rest * rounds))});
    add_phase(line, (traffic_line_phase){TRAFFIC_CLOSING, closed, rest, 0, 0, 0});
}

static void add_phases(traffic_line *line)
{
    const traffic_scenario *scenario = line->scenario;
    uint64_t all = scenario->connections;
    if (traffic_scenario_has(scenario, TRAIT_CHURN)) {
        add_phase(line, (traffic_line_phase){TRAFFIC_TALKING, 0, all, 0, 0, scenario->gap_ns});
        return;
    }
    add_phase(line, (traffic_line_phase){TRAFFIC_OPENING, 0, all, 0, 0, 0});
    if (traffic_scenario_has(scenario, TRAIT_FEW)) {
        add_phases_of_few(line);
        return;
    }
    uint64_t rounds = (scenario->segments + scenario->burst - 1) / scenario->burst;
    add_phase(line, (traffic_line_phase){TRAFFIC_TALKING, 0, all, 0, rounds, scenario->gap_ns});
    if (!traffic_scenario_is_tiny(scenario))
        add_phase(line, (traffic_line_phase){TRAFFIC_CLOSING, 0, all, 0, 0, 0});
}

static void begin_round(traffic_line *line)
{
    const traffic_line_phase *phase = &line->phases[line->phase];
    line->visits = traffic_order_of(phase->count, traffic_mix2(line->seed, line->round));
    line->visit = 0;
}

static void begin_phase(traffic_line *line, uint64_t start_ns)
{
    line->next_ns = start_ns;
    line->round = line->phases[line->phase].round;
    begin_round(line);
}

static void end_phase(traffic_line *line, uint64_t now_ns)
{
    line->next_ns = UINT64_MAX;
    if (line->phase + 1 == line->phase_count) return;
    line->phase++;
    begin_phase(line, now_ns + QUIET_NS);
}

void traffic_line_open(traffic_line *line, const traffic_scenario *scenario, traffic_hosts *hosts,
                       uint64_t seed, uint64_t start_ns)
{
    memset(line, 0, sizeof *line);
    line->scenario = scenario;
    line->hosts = hosts;
    line->truth = hosts->truth;
    line->seed = seed;
    bool laned = scenario->connections >= LANED_FROM && scenario->burst > 1;
    line->lane_count = laned ? TRAFFIC_LANES : 1;
    line->places = traffic_order_of(scenario->connections, traffic_mix2(seed, 0x3f17));
    traffic_planner_open(&line->planner, scenario, seed);
    add_phases(line);
    begin_phase(line, start_ns);
}

uint64_t traffic_line_due(const traffic_line *line)
{
    return line->next_ns;
}

traffic_phase traffic_line_phase_now(const traffic_line *line)
{
    return line->kind;
}

/* ── Slots ── */

static uint64_t slot_ns(const traffic_line *line, const traffic_segment *segment)
{
    uint32_t gap_ns = line->phases[line->phase].gap_ns;
    uint64_t bytes = traffic_frame_bytes(segment) + PREAMBLE_AND_GAP;
    return gap_ns != 0 ? gap_ns : bytes * line->scenario->ns_per_kilobyte / 1000;
}

static uint64_t connection_at(const traffic_line *line, uint64_t place)
{
    bool few = traffic_scenario_has(line->scenario, TRAIT_FEW);
    return few ? traffic_order_at(&line->places, place) : place;
}

/* Opening, closing, and the lives of churn: one connection a slot. */
static bool send_first(traffic_line *line, uint64_t now_ns, traffic_segment *segment)
{
    const traffic_line_phase *phase = &line->phases[line->phase];
    if (line->visit == phase->count) return false;
    uint64_t connection = connection_at(line, phase->first + line->visit++);
    traffic_step step = phase->kind == TRAFFIC_CLOSING ? STEP_FIN : STEP_SYN;
    traffic_hosts_begin(line->hosts, now_ns, connection, step, segment);
    return true;
}

/* ── Talk ── */

static traffic_direction direction_of(const traffic_line *line, uint64_t connection)
{
    uint64_t turn = traffic_scenario_has(line->scenario, TRAIT_TURNS) ? line->round : connection;
    return turn % 2 == 0 ? TRAFFIC_C2S : TRAFFIC_S2C;
}

static uint32_t segment_bytes_of(const traffic_line *line, uint64_t connection)
{
    uint32_t bytes = line->scenario->segment_bytes;
    return bytes == SEGMENT && traffic_is_ipv6(connection) ? IPV6_SEGMENT : bytes;
}

/* Segments of the burst of this round: the last may be short of some. In many-then-few the rounds
 * decide how much is sent. */
static uint32_t burst_segments(const traffic_line *line)
{
    uint64_t sent = line->round * line->scenario->burst;
    uint64_t left = line->scenario->segments - sent;
    if (traffic_scenario_has(line->scenario, TRAIT_FEW)) return line->scenario->burst;
    return left < line->scenario->burst ? (uint32_t)left : line->scenario->burst;
}

/* The lane begins the next visit. false: the rounds are over. */
static bool begin_visit(traffic_line *line, traffic_lane *lane)
{
    const traffic_line_phase *phase = &line->phases[line->phase];
    if (line->visit == phase->count) {
        line->round++;
        begin_round(line);
    }
    if (line->round == phase->round + phase->rounds) return false;
    uint64_t place = line->visit++;
    if (traffic_scenario_has(line->scenario, TRAIT_RANDOM_VISITS))
        place = traffic_order_at(&line->visits, place);
    lane->connection = connection_at(line, phase->first + place);
    lane->direction = direction_of(line, lane->connection);
    lane->base = traffic_scenario_is_tiny(line->scenario)
                     ? 0
                     : traffic_hosts_flow(line->hosts, lane->connection)->sent[lane->direction];
    lane->edge = lane->base;
    lane->at = 0;
    traffic_planner_burst(&line->planner, lane->connection, line->round * line->scenario->burst,
                          burst_segments(line), segment_bytes_of(line, lane->connection),
                          &lane->burst);
    return true;
}

/* The next lane that has something to send, taking turns; NULL: none has. */
static traffic_lane *next_lane(traffic_line *line)
{
    for (uint32_t i = 0; i < line->lane_count; i++) {
        line->lane = (line->lane + 1) % line->lane_count;
        traffic_lane *lane = &line->lanes[line->lane];
        if (lane->at < lane->burst.count || begin_visit(line, lane)) return lane;
    }
    return NULL;
}

static void count_piece(traffic_line *line, const traffic_piece *piece, uint64_t advance)
{
    line->truth->displaced_segments += piece->displaced;
    line->truth->repeated_segments += piece->repeated;
    if (!traffic_scenario_is_tiny(line->scenario)) return;
    line->truth->missing_bytes += advance - piece->bytes; /* less, where a hole was jumped before */
    line->truth->holes++;
}

/* A gap that closes and a byte seen twice are acknowledged at once. */
static traffic_received received(const traffic_line *line, const traffic_lane *lane, uint64_t end,
                                 uint64_t edge)
{
    if (traffic_scenario_is_tiny(line->scenario)) return RECEIVED_SILENTLY;
    return edge > end || end <= lane->edge ? RECEIVED_URGENT : RECEIVED_PLAIN;
}

static bool send_piece(traffic_line *line, uint64_t now_ns, traffic_segment *segment)
{
    traffic_lane *lane = next_lane(line);
    if (lane == NULL) return false;
    const traffic_piece *piece = &lane->burst.pieces[lane->at++];
    uint64_t offset = lane->base + piece->offset;
    uint64_t before = line->truth->stream_bytes;
    traffic_hosts_send(line->hosts, now_ns, lane->connection, lane->direction, offset, piece->bytes,
                       segment);
    segment->offloaded = traffic_scenario_has(line->scenario, TRAIT_OFFLOAD);
    if (lane->at == lane->burst.count) segment->flags |= TCP_PSH;
    count_piece(line, piece, line->truth->stream_bytes - before);

    uint64_t edge = lane->base + piece->edge;
    traffic_hosts_receive(line->hosts, segment, edge,
                          received(line, lane, offset + piece->bytes, edge));
    lane->edge = edge;
    return true;
}

bool traffic_line_send(traffic_line *line, uint64_t now_ns, traffic_segment *segment)
{
    const traffic_line_phase *phase = &line->phases[line->phase];
    bool talk = phase->kind == TRAFFIC_TALKING && phase->rounds > 0;
    bool sent = talk ? send_piece(line, now_ns, segment) : send_first(line, now_ns, segment);
    if (!sent) {
        end_phase(line, now_ns);
        return false;
    }
    line->next_ns = now_ns + slot_ns(line, segment);
    line->kind = phase->kind;
    return true;
}
