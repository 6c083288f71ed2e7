/* SPDX-License-Identifier: MIT */
/*
 * Bytes to pieces of IP packets, beside the model (tests/support/fragment_model.h): every answer,
 * every packet joined and every counter is compared, and weir_fragments_check runs after each. None
 * of that is compiled out.
 *
 *      input      setup, operation, operation …
 *      setup      2 bytes: pages, policy, what tells packets apart, who pays for how long
 *      operation  1 byte for what and of which packet, then its numbers; numbers that are missing
 *                 are 0
 *
 * Pieces go on where the last one of their packet ended, unless the input says otherwise: so few
 * bytes join packets.
 */
#include "source.h"
#include "support/fake_stock.h"
#include "support/fragment_model.h"

#include <string.h>

enum { PACKETS = 8, OPERATIONS_MOST = 300 };

typedef struct {
    fragment_model m;
    weir_stock *stock;
    source from;
    uint32_t at[PACKETS]; /* where the last piece ended */
    uint8_t data[65536];
} world;

/* The first 20 bytes are a TCP header, unless the variant says otherwise. */
static void fill(world *w, weir_fragment *piece, uint32_t variant)
{
    for (uint32_t i = 0; i < piece->bytes; i++) {
        uint32_t at = piece->offset + i;
        uint8_t byte = (uint8_t)(at * 0x9e3779b1u >> 13);
        if (at == 12) byte = 0x50;
        w->data[i] = at % 8 == variant ? (uint8_t)(byte ^ variant) : byte;
    }
    piece->data = w->data;
}

static weir_fragment piece_of(world *w, uint32_t packet)
{
    static const uint8_t protocols[] = {6, 6, 17, 6, 4, 6, 41, 47};
    weir_fragment piece = {.family = packet & 1 ? 6 : 4, .id = packet >> 1, .time_ns = w->m.step};
    uint32_t how = take(&w->from, 1);
    piece.more = how & 1;
    piece.protocol = how & 2 ? protocols[take(&w->from, 1) & 7] : 6;
    piece.offset = how & 4 ? (take(&w->from, 2) & 0x1fff) * 8 : w->at[packet];
    piece.bytes = how & 8 ? take(&w->from, 2) : 8 * (take(&w->from, 1) & 63);
    if (how & 16 && piece.offset >= 8) piece.offset -= 8;
    if (how & 32) {
        piece.missing = take(&w->from, 1);
        if (piece.missing > piece.bytes) piece.missing = piece.bytes;
        piece.bytes -= piece.missing;
    }
    if (how & 64) piece.vlan = take(&w->from, 1) & 1, piece.tunnel = take(&w->from, 1) & 1;
    piece.tag = (uint32_t)w->m.step;
    fill(w, &piece, how & 128 ? take(&w->from, 1) & 7 : 8);
    return piece;
}

static void give(world *w, uint32_t packet)
{
    weir_fragment piece = piece_of(w, packet);
    if (w->m.count + 1 == FRAGMENT_MODEL_DATAGRAMS) return;
    (void)fragment_model_take(&w->m, &piece);
    w->at[packet] = (piece.offset + piece.bytes + piece.missing) & 0xfff8;
    if (!piece.more) w->at[packet] = 0;
}

static void operate(world *w)
{
    static const uint64_t steps_ms[] = {0, 1, 9, 10, 1000, 15000, 29999, 30001};
    uint32_t what = take(&w->from, 1), arg = what & 7;
    switch (what >> 3) {
    case 0:
        fragment_model_advance(&w->m, steps_ms[arg] * WEIR_MILLISECOND, 32);
        break;
    case 1:
        fragment_model_advance(&w->m, steps_ms[arg] * WEIR_MILLISECOND, arg & 1);
        break;
    case 2:
        fake_stock_refuse(w->stock, arg);
        break;
    default:
        give(w, arg);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t pages[] = {3, 6, 12, 100};
    static world w;
    w.from = (source){data, size};
    memset(w.at, 0, sizeof w.at);
    uint32_t setup = take(&w.from, 2);
    w.stock = fake_stock_open(1024u << (setup >> 8 & 2), pages[setup & 3], 0);
    fragment_model_open(&w.m, w.stock, "fuzz", 0);
    w.m.core.config.fragment_overlap = setup & 4 ? WEIR_OVERLAP_LAST : WEIR_OVERLAP_FIRST;
    if ((setup & 0x900) == 0x900) w.m.core.config.fragment_overlap = WEIR_OVERLAP_LINUX;
    w.m.core.config.key_vlan = setup >> 3 & 1;
    w.m.core.config.key_tunnel = setup >> 4 & 1;
    w.m.patience = setup & 32 ? 32 : setup >> 6 & 3;
    for (uint32_t i = 0; i < OPERATIONS_MOST && w.from.size; i++)
        operate(&w);
    fragment_model_close(&w.m);
    fake_stock_close(w.stock);
    return 0;
}
