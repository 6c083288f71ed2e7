/* SPDX-License-Identifier: MIT */
#include "support/model_keep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rooms/keep.h"
#include "support/model_conn.h"

static void compare_kept(const model *m, const model_kept *kept, const weir_span *span)
{
    uint64_t end = span->offset + span->length;
    if (span->offset < kept->begin || end > kept->end)
        model_fail(m, "kept bytes to %" PRIu64 " and new ones in one span", kept->end);
    if (memcmp(span->data, kept->bytes + (span->offset - kept->begin), span->length) != 0)
        model_fail(m, "kept bytes at %" PRIu64 " came again as others", span->offset);
}

size_t model_keep_begin(model *m, model_side *side, const weir_span *spans, size_t count)
{
    const model_kept *kept = &side->kept;
    size_t again = 0;
    m->given = spans;
    m->given_count = count;
    m->keep_bytes = 0;
    if (!kept->bytes) return 0;
    for (uint64_t at = kept->begin; at < kept->end; at += spans[again++].length) {
        if (again == count || spans[again].offset != at)
            model_fail(m, "kept bytes at %" PRIu64 " did not come again", at);
        compare_kept(m, kept, &spans[again]);
    }
    if (again == count) model_fail(m, "kept bytes, and nothing new");
    return again;
}

static uint64_t given_bytes(const model *m)
{
    const weir_span *last = &m->given[m->given_count - 1];
    return last->offset + last->length - m->given[0].offset;
}

int model_keep(model *m, weir_conn *conn, uint64_t bytes)
{
    const model_conn *own = weir_conn_user(conn);
    weir_conn_info info = model_info(m, conn);
    weir_direction direction = m->given_side == &own->side[WEIR_C2S] ? WEIR_C2S : WEIR_S2C;
    const model_kept *other = &own->side[direction ^ 1].kept;
    int in_hand = m->given && m->given_side == &own->side[direction];
    uint64_t all = bytes + info.flow[0].held_bytes + info.flow[1].held_bytes +
                   (other->bytes ? other->end - other->begin : 0);
    int error = weir_conn_keep(conn, bytes);
    if (!in_hand) {
        if (error != WEIR_ERR_BUSY) model_fail(m, "kept outside on_data");
        return error;
    }
    int fits = bytes <= WEIR_KEEP_MOST && (!bytes || all <= m->config.conn_held_bytes);
    int expected = fits ? bytes > given_bytes(m) ? WEIR_ERR_ARGUMENT : WEIR_OK : WEIR_ERR_KEEP;
    if (error == WEIR_ERR_MEMORY && !model_refused(m) && !m->shared)
        model_fail(m, "not kept for want of memory, and nothing was refused");
    if (error != expected && !(error == WEIR_ERR_MEMORY && expected == WEIR_OK) &&
        !(error == WEIR_ERR_ARGUMENT && bytes > given_bytes(m)))
        model_fail(m, "keeping %" PRIu64 " says %d, not %d", bytes, error, expected);
    if (error == WEIR_OK) m->keep_bytes = bytes;
    return error;
}

void model_keep_end(model *m, model_side *side)
{
    uint64_t bytes = m->keep_bytes, at = bytes;
    model_keep_gone(side);
    if (bytes) {
        const weir_span *last = &m->given[m->given_count - 1];
        side->kept.bytes = malloc(bytes);
        side->kept.end = last->offset + last->length;
        side->kept.begin = side->kept.end - bytes;
        if (!side->kept.bytes) abort();
        for (const weir_span *span = last; at > 0; span--) {
            uint64_t part = span->length < at ? span->length : at;
            memcpy(side->kept.bytes + at - part, span->data + span->length - part, part);
            at -= part;
        }
    }
    m->given = NULL;
    m->given_side = NULL;
}

void model_keep_lost(model *m, model_side *side, uint64_t offset, uint64_t length)
{
    const model_kept *kept = &side->kept;
    if (!kept->bytes || kept->begin != offset || kept->end != offset + length)
        model_fail(m, "unkept %" PRIu64 " bytes at %" PRIu64 " that were not kept", length, offset);
    model_keep_gone(side);
}

void model_keep_gone(model_side *side)
{
    free(side->kept.bytes);
    side->kept.bytes = NULL;
}
