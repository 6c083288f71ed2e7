/* SPDX-License-Identifier: MIT */
/*
 * The hold, by situation, beside a model that knows every byte (support/hold_model.h). The model
 * compares after each operation and ends the program at the first difference; a test adds what its
 * situation is about.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hold/leaves.h"
#include "support/fake_stock.h"
#include "support/hold_model.h"

#define SEED UINT64_C(20260917)
#define NOON UINT64_C(1700000000000000000) /* some time, in ns */

enum { DATA_BYTES = 70000, PAGES = 4000, SECOND_NS = 1000000000 };

static const uint32_t page_sizes[] = {1024, 2048, 4096, 16384};
static const weir_overlap policies[] = {
#define X(NAME, text) WEIR_OVERLAP_##NAME,
    WEIR_OVERLAPS(X)
#undef X
};

/* ──── bytes and chance ──── */

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint32_t below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)(next_random(state) % limit);
}

/* What stands at an offset of the stream; other variants differ in one byte of seven. */
static uint8_t value_at(uint64_t offset, uint32_t variant)
{
    uint8_t value = (uint8_t)(offset * 131 >> 3 ^ offset);
    return (offset + variant) % 7 == 0 ? (uint8_t)(value + variant) : value;
}

/* Valid until the next call. */
static const uint8_t *data_of(uint64_t begin, uint64_t end, uint32_t variant)
{
    static uint8_t data[1 << 20];
    assert_true(end - begin <= sizeof data);
    for (uint64_t at = begin; at < end; at++)
        data[at - begin] = value_at(at, variant);
    return data;
}

/* ──── a hold with its stock ──── */

typedef struct {
    weir_stock *stock;
    hold_model model;
} bench;

static bench *open_bench(const char *script, uint32_t page_bytes, weir_overlap overlap,
                         uint64_t base, uint64_t window)
{
    static bench b;
    b.stock = fake_stock_open(page_bytes, PAGES, 0);
    hold_model_open(&b.model, b.stock, overlap, base, window);
    b.model.script = script;
    return &b;
}

static void close_bench(bench *b)
{
    hold_model_close(&b->model);
    fake_stock_close(b->stock);
}

static weir_piece piece_of(bench *b, uint64_t begin, uint64_t end, uint32_t variant)
{
    return hold_model_piece(&b->model, data_of(begin, end, variant), begin, end, 0, 0, 0,
                            NOON + b->model.segment_count * 1000);
}

static weir_hold_result put_with(bench *b, uint64_t begin, uint64_t end, uint32_t variant,
                                 weir_hold_room room)
{
    weir_piece piece = piece_of(b, begin, end, variant);
    return hold_model_put(&b->model, &piece, &room);
}

static weir_hold_result put(bench *b, uint64_t begin, uint64_t end, uint32_t variant)
{
    return put_with(b, begin, end, variant, hold_model_all);
}

#define ROOM(bytes_, records_) ((weir_hold_room){.bytes = (bytes_), .records = (records_)})

/* ──── by hand ──── */

static void nothing_is_held_at_first(void **unused)
{
    (void)unused;
    bench *b = open_bench("empty", 1024, WEIR_OVERLAP_FIRST, 0, 100);
    weir_span span;
    uint32_t cut = 7;
    hold_model_compare(&b->model);
    assert_int_equal(weir_hold_peek(&b->model.hold, &b->model.context, &span, 1, &cut), 0);
    assert_int_equal(cut, 7);
    hold_model_cut(&b->model, 50);
    weir_hold_result result = put(b, 10, 10, 0);
    assert_int_equal(result.reached, 10);
    assert_int_equal(result.refusal, WEIR_HOLD_TAKEN);
    close_bench(b);
}

static void the_first_byte_costs_a_page_and_the_last_gives_it_back(void **unused)
{
    (void)unused;
    bench *b = open_bench("one", 4096, WEIR_OVERLAP_FIRST, UINT64_C(1) << 40, 100);
    put(b, (UINT64_C(1) << 40) + 7, (UINT64_C(1) << 40) + 8, 0);
    assert_int_equal(fake_stock_used(b->stock), 1);
    hold_model_cut(&b->model, (UINT64_C(1) << 40) + 7);
    assert_int_equal(fake_stock_used(b->stock), 1);
    hold_model_cut(&b->model, (UINT64_C(1) << 40) + 8);
    assert_int_equal(fake_stock_used(b->stock), 0);
    assert_int_equal(b->model.hold.head, 0);
    close_bench(b);
}

/* 1,448-byte segments in order leave no more than a 16th of a page unused. */
static void segments_in_order_fill_their_pages(void **unused)
{
    (void)unused;
    bench *b = open_bench("in order", 4096, WEIR_OVERLAP_FIRST, 0, 600 * 1448);
    for (uint32_t i = 0; i < 500; i++)
        put(b, 1448 * i, 1448 * i + 1448, 0);
    uint64_t use = b->model.hold.bytes + 20ull * b->model.hold.records;
    uint64_t cost = 4096ull * fake_stock_used(b->stock);
    assert_true(cost <= use + use / 16 + 4096);
    while (b->model.hold.records) {
        hold_model_peek(&b->model, 64);
        hold_model_cut(&b->model, b->model.begin + 9999);
    }
    close_bench(b);
}

static void the_first_or_the_last_byte_stays(void **unused)
{
    (void)unused;
    for (uint32_t p = 0; p < 2; p++) {
        bench *b = open_bench("overlap", 1024, policies[p], 0, 1000);
        put(b, 100, 200, 0);
        weir_hold_result result = put(b, 150, 250, 3);
        assert_int_equal(result.held, 50);
        assert_int_equal(result.duplicate + result.conflict, 50);
        assert_true(result.conflict >= 7);
        result = put(b, 90, 260, 3);
        assert_int_equal(result.held, 20);
        put(b, 120, 130, 5);
        assert_int_equal(b->model.hold.records, p == 0 ? 4 : 7);
        close_bench(b);
    }
}

static void a_winner_inside_a_record_of_a_whole_page_gets_pages(void **unused)
{
    (void)unused;
    for (uint32_t begin = 0; begin < 1004; begin += begin < 45 || begin > 955 ? 1 : 70)
        for (uint32_t end = begin + 1; end <= 1004; end += end < 45 || end > 955 ? 1 : 70) {
            bench *b = open_bench("inside", 1024, WEIR_OVERLAP_LAST, 0, 2000);
            put(b, 0, 1004, 0);
            put(b, 1010, 1900, 0);
            put(b, begin, end, 3);
            close_bench(b);
        }
}

/* The capture cut a segment short: what follows its last byte is known to be missing. */
static void what_the_capture_cut_is_remembered(void **unused)
{
    (void)unused;
    bench *b = open_bench("cut", 1024, WEIR_OVERLAP_LAST, 0, 9000);
    weir_piece piece =
        hold_model_piece(&b->model, data_of(100, 3000, 0), 100, 3000, 0, 0, 55, NOON);
    hold_model_put(&b->model, &piece, &hold_model_all);
    for (uint32_t most = 0; most <= 4; most++)
        hold_model_peek(&b->model, most);
    weir_span spans[8];
    uint32_t cut = 1;
    assert_int_equal(weir_hold_peek(&b->model.hold, &b->model.context, spans, 8, &cut), 3);
    assert_int_equal(cut, 55);
    put(b, 2990, 2995, 1);
    hold_model_peek(&b->model, 64);
    hold_model_cut(&b->model, 2999);
    hold_model_peek(&b->model, 64);
    put(b, 2999, 3000, 1);
    hold_model_peek(&b->model, 64);
    piece = hold_model_piece(&b->model, data_of(5000, 5001, 0), 5000, 5001, 0, 90000, 100000, NOON);
    hold_model_put(&b->model, &piece, &hold_model_all);
    hold_model_cut(&b->model, 5000);
    assert_int_equal(weir_hold_peek(&b->model.hold, &b->model.context, spans, 8, &cut), 1);
    assert_int_equal(cut, 65535);
    close_bench(b);
}

/* Exact within 4 s of the first record of the page, to 1 us within an hour, to 1.1 ms within 50
 * days. */
static void times_are_as_exact_as_promised(void **unused)
{
    (void)unused;
    static const struct {
        int64_t ahead_s;
        uint64_t error_ns;
    } rows[] = {{0, 0},
                {4, 0},
                {-4, 0},
                {5, 1023},
                {-5, 1023},
                {4300, 1023},
                {-4300, 1023},
                {4500, 1048575},
                {-4500, 1048575},
                {4320000, 1048575},
                {-4320000, 1048575}};
    for (uint32_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bench *b = open_bench("times", 1024, WEIR_OVERLAP_FIRST, 0, 9000);
        b->model.time_error_ns = rows[i].error_ns;
        for (uint32_t k = 0; k < 100; k++) {
            uint64_t time_ns = NOON + 123 + (uint64_t)(rows[i].ahead_s * SECOND_NS);
            weir_piece piece =
                hold_model_piece(&b->model, data_of(60 * k, 60 * k + 30, 0), 60 * k, 60 * k + 30, 0,
                                 0, 0, k % 2 ? time_ns + k * 7919 : NOON + k);
            hold_model_put(&b->model, &piece, &hold_model_all);
        }
        /* Splitting, dividing and joining pages must not add to the error. */
        for (uint32_t k = 0; k < 300; k++)
            put_with(b, 20 * k + 31, 20 * k + 33, 0, hold_model_all);
        b->model.time_error_ns = UINT64_MAX; /* the stamps of these were not chosen */
        close_bench(b);
    }
}

static void stamps_of_any_value_are_taken(void **unused)
{
    (void)unused;
    static const uint64_t stamps[] = {0, 1, UINT64_MAX, UINT64_MAX / 2, NOON};
    for (uint32_t i = 0; i < 25; i++) {
        bench *b = open_bench("stamps", 1024, WEIR_OVERLAP_FIRST, 0, 100);
        b->model.time_error_ns = i / 5 == i % 5 ? 0 : UINT64_MAX;
        for (uint32_t k = 0; k < 2; k++) {
            weir_piece piece = hold_model_piece(&b->model, data_of(20 * k, 20 * k + 9, 0), 20 * k,
                                                20 * k + 9, 0, 0, 0, stamps[k ? i / 5 : i % 5]);
            hold_model_put(&b->model, &piece, &hold_model_all);
        }
        close_bench(b);
    }
}

/* ──── limits ──── */

static void limits_of_bytes_are_met_exactly(void **unused)
{
    (void)unused;
    for (uint32_t limit = 0; limit <= 3000; limit += limit < 50 ? 1 : 131) {
        bench *b = open_bench("bytes", 1024, WEIR_OVERLAP_FIRST, 0, 9000);
        put(b, 100, 200, 0);
        put(b, 400, 1500, 0);
        weir_hold_result result = put_with(b, 50, 4050, 1, ROOM(limit, UINT32_MAX));
        assert_int_equal(result.refusal, limit < 2800 ? WEIR_HOLD_BYTES : WEIR_HOLD_TAKEN);
        assert_int_equal(result.held, limit < 2800 ? limit : 2800);
        put(b, result.reached, 4050, 1);
        assert_int_equal(b->model.hold.bytes, 4000);
        close_bench(b);
    }
}

/* A winner inside a record makes two more of it: both or none. */
static void limits_of_records_are_met_exactly(void **unused)
{
    (void)unused;
    for (uint32_t limit = 0; limit <= 8; limit++) {
        bench *b = open_bench("records", 4096, WEIR_OVERLAP_LAST, 0, 9000);
        put(b, 100, 200, 0);
        weir_hold_result result = put_with(b, 150, 160, 1, ROOM(0, limit));
        assert_int_equal(result.refusal, limit < 2 ? WEIR_HOLD_RECORDS : WEIR_HOLD_TAKEN);
        assert_int_equal(b->model.hold.records, limit < 2 ? 1 : 3);
        result = put_with(b, 90, 210, 2, ROOM(UINT64_MAX, limit));
        assert_int_equal(result.refusal, limit < 2 ? WEIR_HOLD_RECORDS : WEIR_HOLD_TAKEN);
        result = put_with(b, 0, 90, 2, ROOM(UINT64_MAX, 0));
        assert_int_equal(result.refusal, WEIR_HOLD_RECORDS);
        assert_int_equal(result.reached, 0);
        close_bench(b);
    }
}

static void the_floor_is_for_those_who_may(void **unused)
{
    (void)unused;
    weir_stock *stock = fake_stock_open(1024, 8, 3);
    hold_model model;
    hold_model_open(&model, stock, WEIR_OVERLAP_FIRST, 0, 20000);
    weir_hold_room room = hold_model_all;
    weir_piece piece = hold_model_piece(&model, data_of(0, 20000, 0), 0, 20000, 0, 0, 0, NOON);
    weir_hold_result result = hold_model_put(&model, &piece, &room);
    assert_int_equal(result.refusal, WEIR_HOLD_PAGE);
    assert_int_equal(result.reached, 5 * 1004);
    room.floor = 1;
    piece = hold_model_piece(&model, data_of(result.reached, 20000, 0), result.reached, 20000, 0, 0,
                             0, NOON);
    result = hold_model_put(&model, &piece, &room);
    assert_int_equal(result.refusal, WEIR_HOLD_PAGE);
    assert_int_equal(result.reached, 8 * 1004);
    hold_model_close(&model);
    fake_stock_close(stock);
}

/* A script that splits, joins, divides and absorbs; each put is repeated until all of it is
 * taken. Every page that it wants is refused once. */
static void run_script(weir_overlap overlap, uint32_t refuse_nth, uint32_t *wanted)
{
    bench *b = open_bench("every page refused once", 1024, overlap, 0, 120000);
    uint64_t state = SEED;
    b->model.seed = refuse_nth;
    fake_stock_refuse(b->stock, refuse_nth);
    for (uint32_t i = 0; i < (overlap > WEIR_OVERLAP_LAST ? 250 : 500); i++) {
        uint32_t length = 1 + below(&state, i % 10 == 9 ? 3000 : i % 3 ? 60 : 700);
        uint64_t begin = b->model.held ? b->model.begin : 0;
        begin += below(&state, i % 2 ? 9000 : 4000);
        weir_piece piece = piece_of(b, begin, begin + length, below(&state, 4));
        while (hold_model_put(&b->model, &piece, &hold_model_all).refusal != WEIR_HOLD_TAKEN)
            fake_stock_refuse(b->stock, 0);
        if (i % 16 == 15) hold_model_cut(&b->model, b->model.begin + 2500);
    }
    *wanted = fake_stock_wanted(b->stock);
    close_bench(b);
}

static void every_page_may_be_refused(void **unused)
{
    (void)unused;
    for (uint32_t p = 0; p < WEIR_OVERLAP_COUNT; p++) {
        uint32_t pages, again;
        run_script(policies[p], 0, &pages);
        assert_true(pages > 60);
        for (uint32_t n = 1; n <= pages; n++)
            run_script(policies[p], n, &again);
    }
}

/* ──── orders of arrival ──── */

/* Where the i-th of n pieces belongs; n is a power of two, at least 16. */
typedef uint32_t order(uint32_t i, uint32_t n);

static uint32_t ascending(uint32_t i, uint32_t n)
{
    (void)n;
    return i;
}

static uint32_t descending(uint32_t i, uint32_t n)
{
    return n - 1 - i;
}

/* An odd step visits all. */
static uint32_t scattered(uint32_t i, uint32_t n)
{
    return (uint32_t)((uint64_t)i * 7919 % n);
}

static uint32_t every_other_then_between(uint32_t i, uint32_t n)
{
    uint32_t half = (n + 1) / 2;
    return i < half ? 2 * i : 2 * (i - half) + 1;
}

/* The middle, then the middles of both halves … */
static uint32_t middle_first(uint32_t i, uint32_t n)
{
    uint32_t bits = 0, reversed = 0;
    while (1u << bits < n)
        bits++;
    for (uint32_t k = 0; k < bits; k++)
        reversed |= (i >> k & 1) << (bits - 1 - k);
    return reversed;
}

static uint32_t right_edge_first(uint32_t i, uint32_t n)
{
    return i == 0 ? n - 1 : i - 1;
}

static uint32_t left_edge_first_then_down(uint32_t i, uint32_t n)
{
    return i == 0 ? 0 : n - i;
}

static uint32_t outside_in(uint32_t i, uint32_t n)
{
    return i % 2 ? n - 1 - i / 2 : i / 2;
}

static uint32_t inside_out(uint32_t i, uint32_t n)
{
    return i % 2 ? n / 2 - 1 - i / 2 : n / 2 + i / 2;
}

/* 16 runs side by side, each upwards. */
static uint32_t runs_up(uint32_t i, uint32_t n)
{
    return i % 16 * (n / 16) + i / 16;
}

static uint32_t runs_down(uint32_t i, uint32_t n)
{
    return (i % 16 + 1) * (n / 16) - 1 - i / 16;
}

/* Blocks from behind, each upwards: pages are filled, and then others begun before them. */
static uint32_t blocks_back(uint32_t i, uint32_t n)
{
    return n - 16 - i / 16 * 16 + i % 16;
}

static const struct {
    const char *name;
    order *place;
} orders[] = {
    {"ascending", ascending},
    {"descending", descending},
    {"scattered", scattered},
    {"every other, then between", every_other_then_between},
    {"middle first", middle_first},
    {"right edge first", right_edge_first},
    {"left edge, then down", left_edge_first_then_down},
    {"outside in", outside_in},
    {"inside out", inside_out},
    {"16 runs up", runs_up},
    {"16 runs down", runs_down},
    {"blocks from behind", blocks_back},
};

enum { ORDERS = sizeof orders / sizeof *orders };

/* Pieces of one length, or of two that alternate, in this order; then overwritten in part, then
 * delivered in steps. The model checks the cost after each. */
static void arrive(uint32_t which, uint32_t n, uint32_t length, uint32_t other, uint32_t gap,
                   uint32_t page_bytes)
{
    uint64_t stride = (length > other ? length : other) + gap;
    bench *b = open_bench(orders[which].name, page_bytes, WEIR_OVERLAP_LAST, 0, stride * n);
    b->model.seed = length * 1000000ull + other;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t begin = stride * orders[which].place(i, n);
        put(b, begin, begin + (i % 2 ? other : length), 0);
    }
    assert_true(b->model.hold.records >= n);
    for (uint64_t at = stride / 3; at + length < stride * n; at += stride * 5)
        put(b, at, at + length / 2 + 1, 1);
    while (b->model.hold.records)
        hold_model_cut(&b->model, b->model.begin + stride * (n / 7) + stride / 2);
    close_bench(b);
}

static void no_order_costs_more_than_twice(void **unused)
{
    (void)unused;
    for (uint32_t which = 0; which < ORDERS; which++) {
        arrive(which, 2048, 1, 1, 1, 1024);
        arrive(which, 512, 30, 1, 5, 1024);
        arrive(which, 128, 340, 345, 1, 1024); /* near a third of a page */
        arrive(which, 128, 480, 495, 1, 1024); /* near half a page */
        arrive(which, 128, 1, 1000, 1, 1024);  /* a page and a byte in turn */
        arrive(which, 64, 1448, 1448, 9, 4096);
        arrive(which, 64, 2040, 2040, 9, 4096);
        arrive(which, 32, 9000, 20, 9, 2048);
    }
}

/* Where each piece continues the one before it, or one of few runs, pages are left full: not
 * only at the end. */
static void runs_fill_their_pages(void **unused)
{
    (void)unused;
    static order *const runs[] = {
        ascending,  descending, right_edge_first, left_edge_first_then_down,
        outside_in, inside_out, blocks_back};
    for (uint32_t which = 0; which < sizeof runs / sizeof *runs; which++) {
        bench *b = open_bench("runs", 4096, WEIR_OVERLAP_FIRST, 0, 4096);
        for (uint32_t i = 0; i < 2048; i++) {
            uint64_t begin = 2 * runs[which](i, 2048);
            put(b, begin, begin + 1, 0);
        }
        assert_true(4096ull * fake_stock_used(b->stock) <= 21 * 2048 * 11 / 10 + 4096);
        close_bench(b);
    }
}

/* Pieces that overlap their neighbours by half, in all orders. */
static void pieces_never_overlap_whatever_the_order(void **unused)
{
    (void)unused;
    for (uint32_t which = 0; which < ORDERS; which++)
        for (uint32_t p = 0; p < WEIR_OVERLAP_COUNT; p++) {
            bench *b = open_bench(orders[which].name, 1024, policies[p], 0, 32 * 513);
            b->model.listens = 1;
            for (uint32_t i = 0; i < 512; i++) {
                uint64_t begin = 32ull * orders[which].place(i, 512);
                put(b, begin, begin + 64, i % 4);
            }
            assert_int_equal(b->model.hold.bytes, b->model.hold.end - b->model.hold.begin);
            close_bench(b);
        }
}

/* ──── absorbing ──── */

static void many_small_records_become_a_few_pages(void **unused)
{
    (void)unused;
    for (uint32_t p = 0; p < WEIR_OVERLAP_COUNT; p++)
        for (uint32_t size = 0; size < 4; size++) {
            if (policies[p] == WEIR_OVERLAP_LINUX && page_sizes[size] < 4096)
                continue; /* too many */
            bench *b = open_bench("absorb", page_sizes[size], policies[p], 0, 65600);
            b->model.script =
                NULL; /* compared only at the end of the filling: it would be quadratic */
            static uint8_t byte[1];
            for (uint32_t i = 0; i < 32768; i += 1) {
                byte[0] = value_at(2 * i, i % 3);
                weir_piece piece =
                    hold_model_piece(&b->model, byte, 2 * i, 2 * i + 1, 0, 0, 0, NOON);
                if (i % 512) {
                    weir_hold_result result =
                        weir_hold_put(&b->model.hold, &b->model.context, &piece, &hold_model_all);
                    assert_int_equal(result.held, 1);
                    b->model.bytes[2 * i] = (hold_model_byte){piece.tag, byte[0], 1, 0};
                    b->model.held++;
                } else {
                    hold_model_put(&b->model, &piece, &hold_model_all);
                }
            }
            weir_hold_result result = put(b, 0, 65535, 1);
            assert_int_equal(result.held, 32767);
            assert_true(b->model.hold.records <= 2 * 65535 / page_sizes[size] + 2);
            uint32_t beside = policies[p] == WEIR_OVERLAP_BSD; /* byte 0 stays as it was */
            assert_true(fake_stock_used(b->stock) <= 65535 / (page_sizes[size] - 20) + 1 + beside);
            close_bench(b);
        }
}

/* Without a page to copy to, the same bytes stay, record by record. */
static void absorbing_is_not_needed(void **unused)
{
    (void)unused;
    for (uint32_t p = 0; p < WEIR_OVERLAP_COUNT; p++) {
        bench *b = open_bench("piecemeal", 1024, policies[p], 0, 3000);
        for (uint32_t i = 0; i < 900; i++)
            put(b, 3 * i, 3 * i + 2, i % 4);
        fake_stock_refuse(b->stock, 1);
        uint64_t at = 0;
        for (;;) {
            weir_hold_result result = put(b, at, 2700, 1);
            at = result.reached;
            if (result.refusal == WEIR_HOLD_TAKEN) break;
            fake_stock_refuse(b->stock, 2);
        }
        assert_int_equal(b->model.hold.bytes, 2700);
        close_bench(b);

        b = open_bench("nothing new", 1024, policies[p], 0, 3000);
        for (uint32_t i = 0; i < 900; i++)
            put(b, 2 * i, 2 * i + 2, i % 4);
        uint32_t wanted = fake_stock_wanted(b->stock);
        fake_stock_refuse(b->stock, 1);
        assert_int_equal(put(b, 0, 1800, 1).refusal, WEIR_HOLD_TAKEN);
        assert_int_equal(b->model.hold.records, 900);
        assert_true(fake_stock_wanted(b->stock) - wanted ==
                    1); /* it does not ask again and again */
        close_bench(b);
    }
}

/* ──── in order ──── */

/* A piece in order meets record after record, as rooms/direction does it. */
static void pieces_in_order_meet_what_is_held(void **unused)
{
    (void)unused;
    for (uint32_t p = 0; p < WEIR_OVERLAP_COUNT; p++)
        for (uint32_t length = 1; length < 400; length += 13) {
            bench *b = open_bench("meet", 1024, policies[p], 0, 9000);
            for (uint32_t at = 0; at < 6000; at += length + 3)
                put(b, at, at + length, 0);
            uint64_t end = 5000;
            while (b->model.held && b->model.begin < end) {
                uint64_t begin = b->model.begin;
                weir_piece piece = piece_of(b, begin, end, 3);
                weir_hold_result result = hold_model_meet(&b->model, &piece);
                hold_model_peek(&b->model, 1);
                hold_model_cut(&b->model, result.reached);
            }
            close_bench(b);
        }
}

/* A page without room for a slot: the bytes are right, and nothing is needed. */
static void meeting_needs_no_memory(void **unused)
{
    (void)unused;
    bench *b = open_bench("meet crowded", 1024, WEIR_OVERLAP_LAST, 0, 9000);
    put(b, 0, 1004, 0);
    fake_stock_refuse(b->stock, 1);
    for (uint32_t length = 1; length <= 1004; length += 59) {
        weir_piece piece = piece_of(b, 0, length, length % 4);
        hold_model_meet(&b->model, &piece);
        assert_int_equal(b->model.hold.records, 1);
    }
    weir_piece piece = piece_of(b, 0, 1004, 1);
    hold_model_meet(&b->model, &piece);
    hold_model_cut(&b->model, 500);
    piece = piece_of(b, 500, 700, 2);
    hold_model_meet(&b->model, &piece);
    assert_int_equal(b->model.hold.records, 2);
    close_bench(b);
}

/* ──── offsets ──── */

static void offsets_have_64_bits(void **unused)
{
    (void)unused;
    static const uint64_t places[] = {0, UINT64_C(0x7fffff00), UINT64_C(0xffffff00),
                                      UINT64_C(0x1ffffff80), UINT64_C(0x7fffffffff00)};
    for (uint32_t i = 0; i < sizeof places / sizeof *places; i++) {
        bench *b = open_bench("64 bits", 1024, WEIR_OVERLAP_FIRST, places[i], 9000);
        for (uint32_t k = 0; k < 400; k++) {
            uint64_t begin = places[i] + scattered(k, 400) * 20;
            put(b, begin, begin + 15, 0);
        }
        put(b, places[i] + 100, places[i] + 7000, 1);
        hold_model_peek(&b->model, 64);
        hold_model_cut(&b->model, places[i] + 3000);
        close_bench(b);
    }
}

/* Two steps of almost 2^31, without the model: it knows every byte between. */
static void a_hold_spans_almost_2_to_the_32(void **unused)
{
    (void)unused;
    const uint64_t step = (UINT64_C(1) << 31) - 2000, middle = UINT64_C(0xffffff00);
    weir_stock *stock = fake_stock_open(1024, 200, 0);
    weir_hold_context context = {.stock = stock, .key = {1, 2}, .overlap = WEIR_OVERLAP_FIRST};
    weir_hold hold = {0};
    for (uint32_t i = 0; i < 300; i++) {
        uint64_t begin = middle - step + i % 3 * step + i;
        weir_piece piece = {.data = data_of(begin, begin + 1, 0),
                            .begin = begin,
                            .end = begin + 1,
                            .segment_begin = begin,
                            .segment_end = begin + 1};
        weir_hold_result result = weir_hold_put(&hold, &context, &piece, &hold_model_all);
        assert_int_equal(result.held, 1);
        assert_true(weir_hold_check(&hold, &context));
    }
    assert_int_equal(hold.begin, middle - step);
    assert_int_equal(hold.end, middle + step + 300);
    weir_cursor at = weir_leaves_find(&hold, &context, middle - 5);
    weir_leaf leaf = weir_leaf_open(stock, at.page);
    assert_int_equal(weir_leaves_offset(&hold, weir_leaf_slot_at(&leaf, at.index)), middle + 1);
    assert_int_equal(weir_hold_cut(&hold, &context, middle + step), 200);
    assert_int_equal(hold.begin, middle + step + 2);
    assert_true(weir_hold_check(&hold, &context));
    weir_hold_cut(&hold, &context, hold.end);
    assert_int_equal(fake_stock_used(stock), 0);
    fake_stock_close(stock);
}

static void offsets_may_count_from_elsewhere(void **unused)
{
    (void)unused;
    bench *b = open_bench("rebase", 1024, WEIR_OVERLAP_LAST, UINT64_C(0x100000000), 9000);
    const uint64_t base = UINT64_C(0x100000000);
    hold_model_rebase(&b->model, 17);
    for (uint32_t k = 0; k < 200; k++)
        put(b, base + 100 + scattered(k, 200) * 40, base + 130 + scattered(k, 200) * 40, 0);
    hold_model_rebase(&b->model, base + 100);
    assert_int_equal(b->model.hold.begin, 0);
    for (uint32_t k = 0; k < 100; k++) {
        uint64_t begin = scattered(k, 100) * 79;
        weir_piece piece =
            hold_model_piece(&b->model, data_of(0, 50, k), begin, begin + 50, 0, 0, 0, NOON + k);
        hold_model_put(&b->model, &piece, &hold_model_all);
    }
    hold_model_cut(&b->model, 4000);
    hold_model_rebase(&b->model, 3000);
    hold_model_peek(&b->model, 64);
    close_bench(b);
}

/* ──── chance ──── */

typedef struct {
    uint64_t state, reach, time_spread_ns;
    uint32_t longest;
} dice;

static uint32_t length_of(dice *d)
{
    uint32_t bits = below(&d->state, 18), longest = 1u << bits;
    return 1 + below(&d->state, longest < d->longest ? longest : d->longest);
}

static weir_piece random_piece(bench *b, dice *d)
{
    uint32_t length = length_of(d), variant = below(&d->state, 4);
    uint64_t begin = b->model.base + below(&d->state, (uint32_t)(d->reach - length));
    uint32_t before = below(&d->state, 3) ? 0 : below(&d->state, 80000);
    uint32_t behind = below(&d->state, 3) ? 0 : below(&d->state, 80000);
    uint32_t cut = below(&d->state, 4) ? 0 : 1 + below(&d->state, 70000);
    uint64_t time_ns = NOON + next_random(&d->state) % d->time_spread_ns;
    if (b->model.context.overlap > WEIR_OVERLAP_LAST) {
        uint32_t most = length < 60000 ? (65535 - length) / 3 : 1; /* edges are exact to 65,535 */
        before = below(&d->state, 4) ? 0 : before % most;
        behind %= most;
        cut %= most;
    }
    return hold_model_piece(&b->model, data_of(begin, begin + length, variant), begin,
                            begin + length, before > begin ? 0 : before, behind, cut, time_ns);
}

static void random_put(bench *b, dice *d)
{
    weir_piece piece = random_piece(b, d);
    weir_hold_room room = hold_model_all;
    room.floor = (int)below(&d->state, 2);
    if (below(&d->state, 8) == 0) room.bytes = below(&d->state, 2000);
    if (below(&d->state, 8) == 0) room.records = below(&d->state, 20);
    if (below(&d->state, 8) == 0) fake_stock_refuse(b->stock, 1 + below(&d->state, 3));
    hold_model_put(&b->model, &piece, &room);
    fake_stock_refuse(b->stock, 0);
}

static void random_meet(bench *b, dice *d)
{
    uint64_t begin = b->model.begin, length = length_of(d);
    uint64_t room = b->model.base + d->reach - begin;
    uint64_t end = begin + (length < room ? length : room);
    weir_piece piece = hold_model_piece(&b->model, data_of(begin, end, below(&d->state, 4)), begin,
                                        end, 0, 0, 0, NOON);
    hold_model_meet(&b->model, &piece);
}

static void random_step(bench *b, dice *d)
{
    uint32_t what = below(&d->state, 16);
    if (what < 11 || !b->model.held)
        random_put(b, d);
    else if (what < 13)
        random_meet(b, d);
    else if (what < 14)
        hold_model_peek(&b->model, below(&d->state, 65));
    else
        hold_model_cut(&b->model, b->model.begin + length_of(d));
}

static void random_pieces_equal_the_model(void **unused)
{
    (void)unused;
    static const uint32_t longest[] = {3, 40, 700, 3000, DATA_BYTES};
    const char *given = getenv("WEIR_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : SEED;
    printf("seed %llu (WEIR_TEST_SEED)\n", (unsigned long long)seed);
    for (uint32_t run = 0; run < 120; run++) {
        uint32_t most = longest[run / 6 % 5];
        dice d = {.state = seed + run,
                  .reach = most < 100    ? 3000
                           : most < 3000 ? 20000
                                         : 2 * DATA_BYTES,
                  .longest = most,
                  .time_spread_ns =
                      run % 4 ? 4 * UINT64_C(1000000000) : 3600 * UINT64_C(1000000000)};
        bench *b = open_bench("random", page_sizes[run % 3], policies[run / 3 % WEIR_OVERLAP_COUNT],
                              run % 5 ? 0 : UINT64_C(0xffffff00), d.reach);
        b->model.seed = d.state;
        b->model.listens = run % 2;
        b->model.time_error_ns = run % 4 ? 0 : 1023;
        for (uint32_t i = most < 3000 ? 1200 : 100; i > 0; i--)
            random_step(b, &d);
        close_bench(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_held_at_first),
        cmocka_unit_test(the_first_byte_costs_a_page_and_the_last_gives_it_back),
        cmocka_unit_test(segments_in_order_fill_their_pages),
        cmocka_unit_test(the_first_or_the_last_byte_stays),
        cmocka_unit_test(a_winner_inside_a_record_of_a_whole_page_gets_pages),
        cmocka_unit_test(what_the_capture_cut_is_remembered),
        cmocka_unit_test(times_are_as_exact_as_promised),
        cmocka_unit_test(stamps_of_any_value_are_taken),
        cmocka_unit_test(limits_of_bytes_are_met_exactly),
        cmocka_unit_test(limits_of_records_are_met_exactly),
        cmocka_unit_test(the_floor_is_for_those_who_may),
        cmocka_unit_test(every_page_may_be_refused),
        cmocka_unit_test(no_order_costs_more_than_twice),
        cmocka_unit_test(runs_fill_their_pages),
        cmocka_unit_test(pieces_never_overlap_whatever_the_order),
        cmocka_unit_test(many_small_records_become_a_few_pages),
        cmocka_unit_test(absorbing_is_not_needed),
        cmocka_unit_test(pieces_in_order_meet_what_is_held),
        cmocka_unit_test(meeting_needs_no_memory),
        cmocka_unit_test(offsets_have_64_bits),
        cmocka_unit_test(a_hold_spans_almost_2_to_the_32),
        cmocka_unit_test(offsets_may_count_from_elsewhere),
        cmocka_unit_test(random_pieces_equal_the_model),
    };
    return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
