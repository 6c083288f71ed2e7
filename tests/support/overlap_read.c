/* SPDX-License-Identifier: MIT */
#include "support/overlap_read.h"

#include <stdlib.h>
#include <string.h>

#include "support/rig.h"

enum { UNIT_MOST = 8 };

typedef struct {
    char text[OVERLAP_BYTES * UNIT_MOST + 1];
    uint32_t length;
} reading;

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    reading *into = user;
    (void)conn, (void)direction;
    for (size_t i = 0; i < count; i++) {
        if (into->length + spans[i].length >= sizeof into->text) abort();
        memcpy(into->text + into->length, spans[i].data, spans[i].length);
        into->length += spans[i].length;
    }
}

static void send_chunk(rig *r, const overlap_chunk *chunk, uint32_t first, uint32_t unit)
{
    char bytes[OVERLAP_BYTES * UNIT_MOST + 1] = {0};
    for (uint32_t i = 0; i < (chunk->end - chunk->begin) * unit; i++)
        bytes[i] = chunk->letters[i / unit];
    rig_send(r, 0, C, ACK, first + (uint32_t)chunk->begin * unit, bytes);
}

void overlap_read(const overlap_case *c, weir_overlap policy, overlap_scenario scenario,
                  uint32_t unit, char letters[OVERLAP_BYTES])
{
    weir_engine_config config;
    weir_callbacks callbacks;
    reading into = {.length = 0};
    rig r;
    uint32_t start = scenario == OVERLAP_NO_START ? 0 : 1, length = 0;
    weir_engine_config_init(&config);
    weir_callbacks_init(&callbacks);
    config.overlap = policy;
    callbacks.on_data = on_data;
    rig_open(&r, NULL, &config, &callbacks, &into);
    rig_handshake(&r, 0);
    if (scenario == OVERLAP_START_FIRST) rig_send(&r, 0, C, ACK, 1, "!");
    for (uint32_t i = 0; i < c->count; i++)
        send_chunk(&r, &c->chunks[i], 1 + start, unit);
    if (scenario == OVERLAP_START_LAST) rig_send(&r, 0, C, ACK, 1, "!");
    for (uint32_t i = start; i < into.length; i += unit)
        letters[length++] = into.text[i];
    letters[length] = 0;
    rig_close(&r);
}
