/* SPDX-License-Identifier: MIT */
/*
 * Storms of fragments for the room and its model (tests/support/fragment_model.h): packets in
 * pieces, shuffled, repeated, overlapping, contradicting, cut by the capture, never completed, while
 * memory is short or refused and time passes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/chaos.h"
#include "support/fake_stock.h"
#include "support/fragment_model.h"

/* Of 256 pieces, how many are made so. */
typedef struct {
    const char *name;
    uint32_t page_bytes, pages;
    uint32_t packets;    /* at a time */
    uint32_t most_bytes; /* of one */
    uint32_t lost, again, other, shifted, cut, wrong_end, odd, garbage;
    uint32_t refusals; /* of 256 pieces, before how many memory is refused for a while */
} storm;

static const storm storms[] = {
    {"honest", 4096, 400, 8, 9000, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    {"large", 4096, 400, 3, 65535, 2, 8, 1, 0, 0, 0, 0, 0, 0},
    {"small pages", 1024, 300, 8, 3000, 6, 20, 4, 0, 0, 0, 0, 0, 0},
    {"overlaps", 1024, 300, 8, 600, 10, 30, 60, 60, 0, 2, 1, 1, 0},
    {"cut", 4096, 400, 8, 3000, 4, 30, 2, 4, 60, 1, 1, 1, 0},
    {"garbage", 1024, 300, 16, 400, 20, 20, 20, 20, 20, 10, 10, 60, 0},
    {"no room", 1024, 9, 12, 3000, 10, 20, 4, 4, 4, 1, 1, 2, 0},
    {"hardly any room", 1024, 4, 6, 500, 10, 20, 4, 4, 4, 1, 1, 2, 0},
    {"refusals", 1024, 60, 12, 2000, 10, 20, 10, 10, 10, 1, 1, 2, 20},
};

typedef struct {
    weir_fragment of;
    uint32_t end, at, tail; /* pieces come from both ends */
} packet;

typedef struct {
    const storm *s;
    uint64_t random;
    fragment_model *m;
    weir_stock *stock;
    packet packets[16];
    uint32_t next_id;
    uint8_t data[65536];
} world;

static uint32_t below(world *w, uint32_t bound)
{
    return chaos_below(&w->random, bound);
}

static int chance(world *w, uint32_t of256)
{
    return below(w, 256) < of256;
}

/* The first 20 bytes are a TCP header; of another variant bytes here and there differ. */
static void fill(world *w, const weir_fragment *piece, uint32_t variant)
{
    for (uint32_t i = 0; i < piece->bytes; i++) {
        uint32_t at = piece->offset + i;
        uint8_t byte = (uint8_t)((at * 0x9e3779b1u + piece->id * 77u) >> 13);
        if (at % 5 == variant) byte ^= (uint8_t)variant;
        w->data[i] = at == 12 ? 0x50 : byte;
    }
}

static void begin(world *w, packet *p)
{
    memset(p, 0, sizeof *p);
    p->of.family = below(w, 2) ? 4 : 6;
    p->of.protocol = chance(w, 8) ? 17 : 6;
    p->of.id = p->of.family == 4 ? w->next_id & 15 : w->next_id;
    w->next_id++;
    p->of.vlan = below(w, 8) == 0;
    memset(p->of.addresses, 10, p->of.family == 4 ? 8 : 32);
    p->tail = p->end = 40 + below(w, w->s->most_bytes - 40);
    p->at = 0;
}

/* The next piece of a packet, from its front or its back. */
static weir_fragment next_piece(world *w, packet *p)
{
    weir_fragment piece = p->of;
    uint32_t most = w->s->most_bytes / 4 + 40, left = p->tail - p->at;
    uint32_t bytes = (8 + below(w, most)) & ~7u;
    if (bytes > left) bytes = left;
    int back = below(w, 4) == 0;
    piece.offset = p->at;
    if (back) {
        uint32_t begin_at = (p->tail - bytes + 7) & ~7u;
        piece.offset = begin_at < p->tail && begin_at > p->at ? begin_at : p->at;
        bytes = p->tail - piece.offset;
        p->tail = piece.offset;
    } else {
        if (bytes < left && bytes % 8) bytes = left;
        p->at += bytes;
    }
    piece.bytes = bytes;
    piece.more = piece.offset + bytes < p->end;
    return piece;
}

static void distort(world *w, weir_fragment *piece)
{
    if (chance(w, w->s->shifted)) {
        uint32_t by = 8 * (1 + below(w, 3));
        piece->offset = piece->offset > by && below(w, 2) ? piece->offset - by : piece->offset + by;
        if (below(w, 2)) piece->bytes = 8 * (1 + below(w, 20));
    }
    if (chance(w, w->s->wrong_end)) piece->more ^= 1;
    if (chance(w, w->s->odd)) piece->bytes = below(w, 30);
    if (chance(w, w->s->garbage)) {
        piece->offset = below(w, 8193) * 8 * below(w, 2) + below(w, 16) * 8;
        piece->bytes = below(w, 4) ? 8 * below(w, 12) : below(w, 65536);
        piece->more = (uint8_t)below(w, 2);
        piece->protocol = below(w, 4) ? 6 : (uint8_t)below(w, 256);
    }
    if (chance(w, w->s->cut)) {
        uint32_t cut = below(w, piece->bytes + 1);
        piece->bytes -= cut;
        piece->missing = cut;
    }
}

static void give(world *w, weir_fragment piece)
{
    uint32_t variant = chance(w, w->s->other) ? 1 + below(w, 4) : 0;
    fill(w, &piece, variant);
    piece.data = w->data;
    piece.tag = (uint32_t)w->m->step;
    piece.time_ns = w->m->core.now_ns;
    (void)fragment_model_take(w->m, &piece);
}

static void step(world *w)
{
    packet *p = &w->packets[below(w, w->s->packets)];
    if (chance(w, w->s->refusals)) fake_stock_refuse(w->stock, 1 + below(w, 12));
    if (chance(w, w->s->refusals * 4)) fake_stock_refuse(w->stock, 0);
    weir_fragment piece = next_piece(w, p);
    weir_fragment same = piece;
    distort(w, &piece);
    if (!chance(w, w->s->lost)) give(w, piece);
    if (chance(w, w->s->again)) give(w, below(w, 2) ? piece : same);
    if (p->at >= p->tail) begin(w, p);
    uint64_t ns = below(w, 64) ? below(w, 2000000) : UINT64_C(1000000000) * below(w, 20);
    fragment_model_advance(w->m, ns, below(w, 4) ? 32 : below(w, 3));
}

static void run(const storm *s, uint64_t seed, uint32_t steps)
{
    static world w;
    static fragment_model m;
    w = (world){.s = s, .random = seed, .m = &m};
    w.stock = fake_stock_open(s->page_bytes, s->pages, 0);
    fragment_model_open(&m, w.stock, s->name, seed);
    m.core.config.fragment_overlap = (weir_overlap)(seed % 3);
    m.core.config.key_vlan = seed & 2 ? 1 : 0;
    m.patience = seed % 5 == 4 ? 1 : 32;
    for (uint32_t i = 0; i < s->packets; i++)
        begin(&w, &w.packets[i]);
    for (uint32_t i = 0; i < steps; i++)
        step(&w);
    fragment_model_close(&m);
    assert_int_equal(fake_stock_used(w.stock), 0);
    fake_stock_close(w.stock);
    if (seed == 1)
        printf("%s: %llu joined (%llu bytes), %llu refusals, %llu paid\n", s->name,
               (unsigned long long)m.joins, (unsigned long long)m.whole_bytes,
               (unsigned long long)m.refusals, (unsigned long long)m.payments);
    assert_true(m.joins > 0);
    assert_true(s->pages > 60 || m.refusals > 0);
}

static void storms_agree_with_the_model(void **state)
{
    const char *more = getenv("WEIR_STORMS");
    uint64_t seeds = more ? strtoull(more, NULL, 10) : 5;
    (void)state;
    for (size_t i = 0; i < sizeof storms / sizeof storms[0]; i++)
        for (uint64_t seed = 1; seed <= seeds; seed++)
            run(&storms[i], seed, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(storms_agree_with_the_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
