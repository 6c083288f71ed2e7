/* SPDX-License-Identifier: MIT */
/* Records in pages beside a table of owners that follows the moves; pages by the equation at each
 * step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stores/slots.h"
#include "support/pools.h"

#ifdef WEIR_ASAN
int __asan_address_is_poisoned(void const volatile *address);
#endif

#define MIB    ((uint64_t)1 << 20)
#define OWNERS 6000u
#define SEED   UINT64_C(42)

/* An owner knows its record; the record knows its owner, and is filled with bytes of his. */
typedef struct owners {
    weir_slots slots;
    weir_slot of[OWNERS];
    uint32_t living[OWNERS]; /* their numbers, the first `count` of it */
    uint32_t count;
    uint64_t random;
} owners;

static uint32_t draw(owners *o, uint32_t below)
{
    o->random ^= o->random << 13;
    o->random ^= o->random >> 7;
    o->random ^= o->random << 17;
    return (uint32_t)(o->random >> 16) % below;
}

static void open_owners(owners *o, weir_stock *stock, uint32_t size, weir_page_use use)
{
    memset(o, 0xa5, sizeof *o);
    weir_slots_init(&o->slots, stock, size, use);
    o->random = SEED + size;
    o->count = 0;
    for (uint32_t i = 0; i < OWNERS; i++)
        o->living[i] = i;
}

static void write_record(owners *o, uint32_t owner)
{
    uint8_t *record = weir_slots_at(&o->slots, o->of[owner]);
    memset(record, (int)(owner * 7 & 0xff), o->slots.size);
    memcpy(record, &owner, sizeof owner);
}

static void verify_record(owners *o, uint32_t owner)
{
    const uint8_t *record = weir_slots_at(&o->slots, o->of[owner]);
    uint32_t written;
    memcpy(&written, record, sizeof written);
    assert_int_equal(written, owner);
    for (uint32_t i = 4; i < o->slots.size; i++)
        assert_int_equal(record[i], owner * 7 & 0xff);
}

/* 1: a record more; it was zero. 0: refused. */
static int add(owners *o, int floor)
{
    uint32_t owner = o->living[o->count];
    weir_slot slot = weir_slots_take(&o->slots, floor);
    if (!slot) return 0;
    const uint8_t *record = weir_slots_at(&o->slots, slot);
    for (uint32_t i = 0; i < o->slots.size; i++)
        assert_int_equal(record[i], 0);
    assert_true(slot < UINT32_C(1) << 31);
    o->of[owner] = slot;
    o->count++;
    write_record(o, owner);
    return 1;
}

static void drop(owners *o, uint32_t at)
{
    uint32_t owner = o->living[at], moved;
    weir_slot slot = o->of[owner];
    verify_record(o, owner);
    o->living[at] = o->living[--o->count];
    o->living[o->count] = owner;
    weir_slot from = weir_slots_put(&o->slots, slot);
    assert_int_not_equal(from, slot);
    if (!from) return;
    memcpy(&moved, weir_slots_at(&o->slots, slot), sizeof moved);
    assert_int_equal(o->of[moved], from);
    o->of[moved] = slot;
    verify_record(o, moved);
}

static uint32_t pages_of(const owners *o)
{
    const weir_stock *stock = o->slots.stock;
    return weir_pages_used(&stock->pool->pages) - stock->count;
}

static void verify(owners *o)
{
    assert_true(weir_slots_check(&o->slots));
    assert_int_equal(o->slots.count, o->count);
    assert_int_equal(pages_of(o), (o->count + o->slots.per_page - 1) / o->slots.per_page);
}

static void owners_follow_their_records(void **state)
{
    static const uint32_t sizes[] = {4, 32, 48, 124, 184, 340, 1024};
    static owners o;
    bench b;
    (void)state;
    printf("seed %llu\n", (unsigned long long)SEED);
    for (uint32_t page = 1024; page <= 16384; page *= 2) {
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            bench_open(&b, page, 4096, 32 * MIB, 0);
            open_owners(&o, bench_admit(&b), sizes[s], WEIR_USE_HOLD);
            for (int step = 0; step < 2500; step++) {
                int grow = step / 500 % 2 == 0;
                if (o.count == 0 || (o.count < OWNERS && draw(&o, 10) < (grow ? 8u : 2u)))
                    assert_true(add(&o, 0));
                else
                    drop(&o, draw(&o, o.count));
                verify(&o);
            }
            for (uint32_t i = 0; i < o.count; i++)
                verify_record(&o, o.living[i]);
            while (o.count > 0)
                drop(&o, draw(&o, o.count));
            verify(&o);
            assert_int_equal(o.slots.tail, 0);
            bench_close(&b);
        }
    }
}

/* Nine tenths gone at random: the memory of nine tenths is gone with them. */
static void memory_follows_the_number_of_records_down(void **state)
{
    static owners o;
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 32 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    open_owners(&o, stock, 184, WEIR_USE_HOLD);
    while (o.count < OWNERS)
        assert_true(add(&o, 0));
    weir_stock_return(stock);
    weir_pool_trim(b.pool);
    uint64_t full = bench_memory(&b).committed_bytes;
    while (o.count > OWNERS / 10)
        drop(&o, draw(&o, o.count));
    weir_stock_return(stock);
    weir_pool_trim(b.pool);
    uint64_t base = b.pool->outside_bytes + (uint64_t)WEIR_FLOOR_PAGES * 4096;
    assert_true(bench_memory(&b).committed_bytes - base <= (full - base) / 10 + 6 * 4096);
    while (o.count > 0)
        drop(&o, 0);
    bench_close(&b);
}

static void a_refusal_changes_nothing_and_the_floor_may_be_asked_for(void **state)
{
    static owners o;
    bench b;
    (void)state;
    bench_config(&b, 1024, 4096, 1 * MIB, 0);
    b.config.conn_share_percent = 10;
    bench_create(&b);
    open_owners(&o, bench_admit(&b), 128, WEIR_USE_CONN);
    while (add(&o, 0)) {
    }
    uint32_t share = 1 * MIB / 10 / 1024;
    assert_int_equal(o.count, share * 8);
    weir_slots before = o.slots;
    assert_int_equal(weir_slots_take(&o.slots, 0), 0);
    assert_memory_equal(&before, &o.slots, sizeof before);
    verify(&o);
    while (add(&o, 1)) {
    }
    assert_int_equal(o.count, (share + WEIR_FLOOR_PAGES) * 8);
    assert_int_equal(bench_memory(&b).conn_bytes, (share + WEIR_FLOOR_PAGES) * 1024);
    verify(&o);
    while (o.count > 0)
        drop(&o, draw(&o, o.count));
    assert_int_equal(bench_memory(&b).conn_bytes, 0);
    bench_close(&b);
}

static void a_page_has_at_most_128_records(void **state)
{
    static owners o;
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    open_owners(&o, bench_admit(&b), 8, WEIR_USE_HOLD);
    assert_int_equal(o.slots.per_page, 128);
    for (int i = 0; i < 300; i++)
        assert_true(add(&o, 0));
    assert_int_equal(pages_of(&o), 3);
    while (o.count > 0)
        drop(&o, o.count - 1);
    bench_close(&b);
}

static void the_check_sees_damage(void **state)
{
    static owners o;
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    open_owners(&o, bench_admit(&b), 64, WEIR_USE_HOLD);
    for (int i = 0; i < 200; i++)
        assert_true(add(&o, 0));
    o.slots.count++;
    assert_false(weir_slots_check(&o.slots));
    o.slots.count -= 64;
    assert_false(weir_slots_check(&o.slots));
    o.slots.count += 63;
    o.slots.in_tail = 0;
    assert_false(weir_slots_check(&o.slots));
    o.slots.in_tail = 8;
    weir_page tail = o.slots.tail;
    o.slots.tail = 0;
    assert_false(weir_slots_check(&o.slots));
    o.slots.tail = tail;
    verify(&o);
    while (o.count > 0)
        drop(&o, 0);
    bench_close(&b);
}

/* AddressSanitizer sees who touches a record, a page or a descriptor that is not his. */
static void what_is_not_given_out_is_poisoned(void **state)
{
    (void)state;
#ifdef WEIR_ASAN
    bench b;
    weir_slots slots;
    bench_open(&b, 4096, 4096, 8 * MIB, 0);
    weir_stock *stock = bench_admit(&b);
    weir_slots_init(&slots, stock, 124, WEIR_USE_HOLD);
    weir_slot slot = weir_slots_take(&slots, 0);
    uint8_t *record = weir_slots_at(&slots, slot);
    assert_false(__asan_address_is_poisoned(record + 123));
    assert_true(__asan_address_is_poisoned(record + 124));
    void *descriptor = weir_page_descriptor(stock, slots.tail);
    assert_false(__asan_address_is_poisoned(descriptor));
    assert_true(__asan_address_is_poisoned(weir_page_address(stock, stock->pages[0])));
    assert_true(__asan_address_is_poisoned(weir_page_descriptor(stock, stock->pages[0])));
    assert_true(__asan_address_is_poisoned(stock->base)); /* page 0 */
    weir_slots_put(&slots, slot);
    assert_true(__asan_address_is_poisoned(record));
    assert_true(__asan_address_is_poisoned(descriptor));
    bench_dismiss(&b, stock);
    assert_true(__asan_address_is_poisoned(stock));
    bench_close(&b);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owners_follow_their_records),
        cmocka_unit_test(memory_follows_the_number_of_records_down),
        cmocka_unit_test(a_refusal_changes_nothing_and_the_floor_may_be_asked_for),
        cmocka_unit_test(a_page_has_at_most_128_records),
        cmocka_unit_test(the_check_sees_damage),
        cmocka_unit_test(what_is_not_given_out_is_poisoned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
