/* SPDX-License-Identifier: MIT */
#include "support/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH_NS        (UINT64_C(1000) * WEIR_SECOND)
#define ISN(conn, host) (UINT32_C(4294960000) + 977 * (conn) + 131 * (host)) /* some wrap soon */

static void must(const char *what, int error)
{
    if (!error) return;
    fprintf(stderr, "rig: %s: %s\n", what, weir_error_text(error));
    abort();
}

void rig_open(rig *r, const weir_pool_config *pool, const weir_engine_config *engine,
              const weir_callbacks *callbacks, void *user)
{
    weir_pool_config usual;
    weir_pool_config_init(&usual);
    usual.limit_bytes = UINT64_C(8) << 20;
    *r = (rig){.now_ns = EPOCH_NS, .tag = 1};
    must("pool", weir_pool_create(pool ? pool : &usual, &r->pool));
    must("engine", weir_engine_create(r->pool, engine, callbacks, user, &r->engine));
}

void rig_close(rig *r)
{
    must("engine destroyed", weir_engine_destroy(r->engine));
    must("pool destroyed", weir_pool_destroy(r->pool));
}

weir_segment rig_segment(const rig *r, uint32_t conn, uint32_t host, uint8_t flags, uint32_t seq,
                         const void *data, uint32_t bytes)
{
    static const uint8_t zeros[1 << 16];
    uint32_t peer = host ^ 1;
    weir_segment segment = {.payload = data ? data : zeros,
                            .time_ns = r->now_ns,
                            .payload_bytes = bytes,
                            .wire_bytes = bytes,
                            .seq = ISN(conn, host) + seq,
                            .ack = flags & WEIR_TCP_ACK ? ISN(conn, peer) + r->sent[conn][peer] : 0,
                            .flags = flags,
                            .family = 4,
                            .window = 65535,
                            .source_port = (uint16_t)(host == C ? 1024 + conn : 80),
                            .destination_port = (uint16_t)(host == C ? 80 : 1024 + conn),
                            .source = {10, 0, 0, (uint8_t)(1 + host)},
                            .destination = {10, 0, 0, (uint8_t)(1 + peer)},
                            .ip_id = r->tag & 0xffff,
                            .tag = r->tag};
    return segment;
}

int rig_take(rig *r, const weir_segment *segment)
{
    must("segment", weir_engine_segments(r->engine, segment, 1, &r->verdict));
    must("check", weir_engine_check(r->engine));
    r->now_ns += WEIR_MILLISECOND;
    r->tag++;
    return r->verdict;
}

int rig_send(rig *r, uint32_t conn, uint32_t host, uint8_t flags, uint32_t seq, const char *text)
{
    uint32_t bytes = (uint32_t)strlen(text);
    uint32_t end = seq + bytes + ((flags & (WEIR_TCP_SYN | WEIR_TCP_FIN)) != 0);
    weir_segment segment = rig_segment(r, conn, host, flags, seq, text, bytes);
    if (end > r->sent[conn][host] && !(flags & WEIR_TCP_RST)) r->sent[conn][host] = end;
    return rig_take(r, &segment);
}

void rig_handshake(rig *r, uint32_t conn)
{
    rig_send(r, conn, C, SYN, 0, "");
    rig_send(r, conn, S, SYN | ACK, 0, "");
    rig_send(r, conn, C, ACK, 1, "");
}

void rig_advance(rig *r, uint64_t ns)
{
    int more = 1;
    r->now_ns += ns;
    while (more == 1)
        more = weir_engine_advance(r->engine, r->now_ns);
    must("advance", more);
    must("check", weir_engine_check(r->engine));
}

weir_stats rig_stats(const rig *r)
{
    weir_stats stats;
    weir_stats_init(&stats);
    must("stats", weir_engine_stats(r->engine, &stats));
    return stats;
}

weir_memory rig_memory(const rig *r)
{
    weir_memory memory;
    weir_memory_init(&memory);
    must("memory", weir_pool_memory(r->pool, &memory));
    return memory;
}
