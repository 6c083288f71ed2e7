/* SPDX-License-Identifier: MIT */
#include "adversary_fray.h"

#include <stdlib.h>
#include <string.h>

#include "adversary.h"
#include "traffic.h"

#define LEAD_NS  (100 * WEIR_MILLISECOND) /* hostile traffic is there first */
#define STEPS    3500000                  /* more than there is time for */
#define ETHERNET 1

/* An honest connection, as the engine's user sees it. */
typedef struct {
    uint32_t opened, holes;
    uint64_t delivered[2]; /* by traffic_direction */
} subject;

typedef struct {
    weir_pool *pool;
    weir_engine *engine;
    traffic *honest;
    adversary *hostile;
    subject *subjects;
    uint64_t count;
} fray;

/* ── the user ── */

/* The subject, with the direction that weir calls client to server in the lowest bit; hostile ones have none. */
static weir_verdict on_open(void *user, weir_conn *conn)
{
    fray *f = user;
    weir_conn_info info;
    traffic_tuple tuple = {.family = 0};
    traffic_direction client;
    uint64_t connection;
    weir_conn_info_init(&info);
    (void)weir_conn_get_info(conn, &info);
    tuple.family = info.family;
    memcpy(tuple.src, info.source, sizeof tuple.src);
    memcpy(tuple.dst, info.destination, sizeof tuple.dst);
    tuple.src_port = info.source_port;
    tuple.dst_port = info.destination_port;
    if (!traffic_identify(&tuple, &connection, &client) || connection >= f->count)
        return WEIR_FOLLOW;
    f->subjects[connection].opened++;
    weir_conn_set_user(conn, (uint8_t *)&f->subjects[connection] + client);
    return WEIR_FOLLOW;
}

static subject *subject_of(const weir_conn *conn, weir_direction direction, uint32_t *way)
{
    uint8_t *tagged = weir_conn_user(conn);
    uint32_t client = (uintptr_t)tagged & 1;
    *way = client ^ (direction == WEIR_S2C);
    return tagged ? (subject *)(void *)(tagged - client) : NULL;
}

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    uint32_t way;
    subject *s = subject_of(conn, direction, &way);
    for (size_t i = 0; s && i < count; i++)
        s->delivered[way] += spans[i].length;
    (void)user;
}

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    uint32_t way;
    subject *s = subject_of(conn, direction, &way);
    if (s) s->holes++;
    (void)user;
    (void)hole;
}

/* ── the run ── */

static int open_engine(fray *f, size_t family, uint64_t limit_bytes)
{
    weir_pool_config pool;
    weir_engine_config engine, hostile;
    weir_callbacks callbacks;
    weir_pool_config_init(&pool);
    weir_engine_config_init(&engine);
    weir_engine_config_init(&hostile);
    weir_callbacks_init(&callbacks);
    pool.limit_bytes = limit_bytes;
    adversary_configure(family, &hostile);
    engine.hash_key = hostile.hash_key;
    callbacks.on_open = on_open;
    callbacks.on_data = on_data;
    callbacks.on_hole = on_hole;
    return weir_pool_create(&pool, &f->pool) == WEIR_OK &&
           weir_engine_create(f->pool, &engine, &callbacks, f, &f->engine) == WEIR_OK;
}

static void close_all(fray *f)
{
    (void)weir_engine_destroy(f->engine);
    (void)weir_pool_destroy(f->pool);
    traffic_close(f->honest);
    adversary_close(f->hostile);
    free(f->subjects);
}

static void take_hostile(fray *f, const adversary_step *step, uint64_t limit_bytes)
{
    if (step->act == ADVERSARY_SEGMENT)
        (void)weir_engine_segments(f->engine, &step->segment, 1, NULL);
    else if (step->act == ADVERSARY_PACKET)
        (void)weir_engine_packets(f->engine, ETHERNET, &step->packet, 1, NULL);
    else
        (void)weir_pool_set_limit(f->pool, limit_bytes / 100 * step->percent);
}

static uint64_t time_of(const adversary_step *step)
{
    if (step->act == ADVERSARY_PACKET) return step->packet.time_ns;
    return step->act == ADVERSARY_SEGMENT ? step->segment.time_ns : 0;
}

/* By time, until the honest ones have finished. Returns how many hostile steps that were. */
static uint64_t run(fray *f, uint64_t limit_bytes)
{
    traffic_packet packet;
    adversary_step step;
    uint64_t steps = 0;
    int more = adversary_next(f->hostile, &step);
    while (traffic_next(f->honest, &packet)) {
        uint64_t now_ns = packet.time_ns + LEAD_NS;
        for (; more && time_of(&step) <= now_ns; steps++) {
            take_hostile(f, &step, limit_bytes);
            more = adversary_next(f->hostile, &step);
        }
        weir_packet given = {.data = packet.data,
                             .time_ns = now_ns,
                             .captured_bytes = packet.captured_bytes,
                             .wire_bytes = packet.wire_bytes};
        (void)weir_engine_packets(f->engine, ETHERNET, &given, 1, NULL);
    }
    return steps;
}

static void judge(const fray *f, fray_result *result)
{
    weir_memory memory;
    weir_memory_init(&memory);
    (void)weir_pool_memory(f->pool, &memory);
    result->peak_bytes = memory.peak_bytes;
    result->connections = f->count;
    for (uint64_t i = 0; i < f->count; i++) {
        const subject *s = &f->subjects[i];
        int complete = s->holes == 0;
        for (traffic_direction way = TRAFFIC_C2S; way <= TRAFFIC_S2C; way++)
            complete &= s->delivered[way] == traffic_stream_bytes(f->honest, i, way);
        result->split += s->opened > 1;
        result->whole += complete != 0;
    }
}

int fray_run(size_t family, uint64_t seed, uint64_t limit_bytes, double scale, fray_result *result)
{
    fray f = {.honest = traffic_open(FRAY_HONEST, seed, scale),
              .hostile = adversary_open(family, seed, STEPS)};
    *result = (fray_result){.whole = 0};
    f.count = (uint64_t)(1000 * scale + 0.5);
    f.subjects = calloc(f.count + 1, sizeof *f.subjects);
    int ready = f.honest && f.hostile && f.subjects && open_engine(&f, family, limit_bytes);
    if (ready) result->hostile_packets = run(&f, limit_bytes);
    if (ready) judge(&f, result);
    close_all(&f);
    return ready;
}
