/* SPDX-License-Identifier: MIT */
/* Queues beside a list that shifts its numbers: both ends, the middle, the only one, both families
 * of records, two queues through the same records, and records that move. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rooms/queue.h"
#include "rooms/record.h"
#include "support/chaos.h"
#include "support/pools.h"

#define MIB    ((uint64_t)1 << 20)
#define EACH   40u /* records of a family */
#define ALL    (2 * EACH)
#define QUEUES 2u
#define STEPS  200000u
#define SEED   UINT64_C(7)

typedef struct queued {
    uint32_t name;
    weir_links first, second;
} queued;

typedef struct list {
    weir_queue queue;
    uint32_t names[ALL]; /* in order */
    uint32_t count;
} list;

typedef struct world {
    weir_slots slots[2];
    weir_slot of[ALL]; /* by name: 0 .. EACH - 1 are of the first family */
    list lists[QUEUES];
    uint64_t random;
} world;

static uint32_t draw(world *w, uint32_t below)
{
    return chaos_below(&w->random, below);
}

static queued *at(const world *w, weir_slot slot)
{
    return weir_slots_at(&w->slots[slot >= WEIR_SLOT_IPV6], slot & ~WEIR_SLOT_IPV6);
}

static void add(world *w, uint32_t name)
{
    const weir_slot top = name < EACH ? 0 : WEIR_SLOT_IPV6;
    const weir_slot slot = weir_slots_take(&w->slots[top != 0], 0);
    assert_int_not_equal(slot, 0);
    w->of[name] = slot | top;
    at(w, w->of[name])->name = name;
}

static void open_world(world *w, weir_stock *stock)
{
    memset(w, 0, sizeof *w);
    w->random = SEED;
    weir_slots_init(&w->slots[0], stock, sizeof(queued), WEIR_USE_CONN);
    weir_slots_init(&w->slots[1], stock, sizeof(queued) + 24, WEIR_USE_CONN);
    weir_queue_init(&w->lists[0].queue, w->slots, offsetof(queued, first));
    weir_queue_init(&w->lists[1].queue, w->slots, offsetof(queued, second));
    for (uint32_t name = 0; name < ALL; name++)
        add(w, name);
}

static uint32_t place_of(const list *l, uint32_t name)
{
    uint32_t place = 0;
    while (place < l->count && l->names[place] != name)
        place++;
    return place;
}

static void insert(list *l, uint32_t place, uint32_t name)
{
    memmove(l->names + place + 1, l->names + place, (l->count - place) * sizeof *l->names);
    l->names[place] = name;
    l->count++;
}

static void erase(list *l, uint32_t place)
{
    l->count--;
    memmove(l->names + place, l->names + place + 1, (l->count - place) * sizeof *l->names);
}

/* In if it is out, at either end; out if it is in. */
static void change(world *w, list *l, uint32_t name)
{
    const uint32_t place = place_of(l, name);
    if (place < l->count) {
        weir_queue_remove(&l->queue, w->of[name]);
        erase(l, place);
    } else if (draw(w, 2)) {
        weir_queue_append(&l->queue, w->of[name]);
        insert(l, l->count, name);
    } else {
        weir_queue_prepend(&l->queue, w->of[name]);
        insert(l, 0, name);
    }
}

static void leave_all(world *w, list *l)
{
    while (l->count > 0)
        change(w, l, l->names[draw(w, l->count)]);
}

/* It goes, and another comes into its place, which the queues it is in are told; then it comes
 * again. */
static void move_one(world *w, uint32_t name)
{
    const weir_slot slot = w->of[name], top = slot & WEIR_SLOT_IPV6;
    for (uint32_t i = 0; i < QUEUES; i++)
        if (place_of(&w->lists[i], name) < w->lists[i].count) change(w, &w->lists[i], name);
    if (weir_slots_put(&w->slots[top != 0], slot & ~top)) {
        const uint32_t moved = at(w, slot)->name;
        w->of[moved] = slot;
        for (uint32_t i = 0; i < QUEUES; i++)
            if (place_of(&w->lists[i], moved) < w->lists[i].count)
                weir_queue_moved(&w->lists[i].queue, slot);
    }
    add(w, name);
}

static void verify(const world *w, const list *l)
{
    const weir_queue *queue = &l->queue;
    weir_slot slot = queue->head;
    assert_true(weir_queue_check(queue));
    assert_int_equal(queue->count, l->count);
    for (uint32_t i = 0; i < l->count; i++, slot = weir_queue_next(queue, slot)) {
        assert_int_equal(slot, w->of[l->names[i]]);
        assert_int_equal(at(w, slot)->name, l->names[i]);
    }
    assert_int_equal(slot, 0);
    assert_int_equal(queue->tail, l->count ? w->of[l->names[l->count - 1]] : 0);
}

static void queues_are_lists(void **state)
{
    static world w;
    uint32_t empty = 0, single = 0, full = 0;
    bench b;
    (void)state;
    bench_open(&b, 4096, 4096, MIB, 0);
    weir_stock *stock = bench_admit(&b);
    open_world(&w, stock);
    for (uint32_t step = 0; step < STEPS; step++) {
        /* few or many of them, for a while each */
        const uint32_t most = step / 1000 % 3 == 0 ? 3 : ALL;
        const uint32_t name = (most == ALL ? 0 : EACH - 1) + draw(&w, most);
        if (step % 1000 == 0) leave_all(&w, &w.lists[step / 1000 % QUEUES]);
        if (draw(&w, 5) == 0)
            move_one(&w, name);
        else
            change(&w, &w.lists[draw(&w, QUEUES)], name);
        for (uint32_t i = 0; i < QUEUES; i++) {
            verify(&w, &w.lists[i]);
            empty += w.lists[i].count == 0;
            single += w.lists[i].count == 1;
            full += w.lists[i].count > ALL / 2;
        }
    }
    assert_true(empty > 100 && single > 100 && full > 1000);
    for (uint32_t i = 0; i < 2; i++)
        while (w.slots[i].count > 0)
            (void)weir_slots_put(&w.slots[i], (w.slots[i].tail * WEIR_SLOTS_PER_PAGE_MAX) +
                                                  w.slots[i].in_tail - 1);
    bench_dismiss(&b, stock);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queues_are_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
