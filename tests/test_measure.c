/* SPDX-License-Identifier: MIT */
/*
 * What weir-bench run measures with: packets in memory, the four runs, and above all whether wrong
 * bytes would be noticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/floor.h"
#include "bench/hot.h"
#include "bench/latency.h"
#include "bench/measure.h"
#include "bench/truth.h"

#define SCALE 0.002 /* of bulk: 2 connections */

enum { LINK_ETHERNET = 1, HEADERS = 14 + 20 + 32 };

static load packets;
static weir_pool_config pool;
static weir_engine_config engine;
static measure *measured;

static int set_up(void **state)
{
    (void)state;
    weir_pool_config_init(&pool);
    weir_engine_config_init(&engine);
    measured = measure_create();
    return measured && load_scenario(&packets, "bulk", 1, SCALE) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    load_free(&packets);
    measure_free(measured);
    return 0;
}

static drive_plan plan_of(const load *l)
{
    return (drive_plan){.load = l, .pool = &pool, .engine = &engine, .batch = 32};
}

/* The load's packets may be written to: they are this program's own memory. */
static weir_packet *packet_at(size_t i)
{
    return (weir_packet *)packets.mapping + i;
}

static size_t first_of_full_size(void)
{
    size_t i = 0;
    while (packet_at(i)->captured_bytes < 1000)
        i++;
    return i;
}

static void stretches_follow_each_other(void **state)
{
    (void)state;
    size_t end = 0;
    for (size_t i = 0; i < packets.stretch_count; i++) {
        assert_true(packets.stretches[i].end > end);
        assert_int_equal(packets.stretches[i].link_type, LINK_ETHERNET);
        end = packets.stretches[i].end;
    }
    assert_int_equal(end, packets.count);
    assert_int_equal(packets.stretch_count, 3); /* opening, talking, closing */
}

static void all_is_measured(void **state)
{
    (void)state;
    const drive_plan plan = plan_of(&packets);
    result *r = &measured->result;
    r->repetitions = 2;
    assert_true(measure_run(measured, &plan, false));
    assert_int_equal(r->verified, RESULT_RIGHT);
    assert_int_equal(r->packets, packets.count);
    assert_int_equal(r->phase_count, 3);
    assert_int_equal(r->phases[0].packets + r->phases[1].packets + r->phases[2].packets,
                     packets.count);
    assert_int_equal(r->connections, 2);
    assert_int_equal(r->peak_connections, 2);
    assert_int_equal(r->honest_whole, 2);
    assert_int_equal(r->honest_delivered_bytes, r->captured_bytes);
    assert_int_equal(r->delivered_bytes, r->captured_bytes);
    assert_true(result_median_ns(r, RESULT_CPU) > 0);
    assert_true(result_median_ns(r, RESULT_FLOOR_CPU) > 0);
    assert_int_equal(r->latency.runs, LATENCY_RUNS);
    assert_in_range(r->latency.growing, 1, r->packets / 2); /* the first one, at the least */
    assert_int_equal(measured->spread.growing.count, r->latency.growing * LATENCY_RUNS);
    assert_true(r->latency.growing_p99_ns > 0);
    assert_true(0 < r->latency.floor_p50_ns && r->latency.floor_p50_ns <= r->latency.floor_p99_ns &&
                r->latency.floor_p99_ns <= r->latency.floor_p999_ns);
    assert_true(r->latency.p50_ns <= r->latency.p99_ns && r->latency.p99_ns <= r->latency.p999_ns);
    assert_true(measured->sample_count > 2);
    assert_true(r->peak_bytes > 0 && r->peak_bytes <= r->limit_bytes);
    assert_true(r->rss_anon_peak_bytes >= r->rss_anon_base_bytes);
}

/* Changes one byte of payload, has the bytes verified, and changes it back. */
static void a_wrong_byte_is_noticed(void **state)
{
    (void)state;
    const drive_plan plan = plan_of(&packets);
    uint8_t *byte = (uint8_t *)(uintptr_t)packet_at(first_of_full_size())->data + HEADERS + 300;
    *byte ^= 1;
    assert_true(truth_run(&plan, &measured->result));
    *byte ^= 1;
    assert_int_equal(measured->result.verified, RESULT_WRONG);
    assert_non_null(strstr(measured->result.wrong, "other bytes than were sent"));
}

/* What is not in the capture is missing, and nothing is wrong with that. */
static void a_lost_packet_is_no_fault(void **state)
{
    (void)state;
    const drive_plan plan = plan_of(&packets);
    weir_packet *lost = packet_at(first_of_full_size());
    const uint32_t bytes = lost->captured_bytes;
    lost->captured_bytes = lost->wire_bytes = 14; /* an empty frame */
    assert_true(truth_run(&plan, &measured->result));
    lost->captured_bytes = lost->wire_bytes = bytes;
    assert_int_equal(measured->result.verified, RESULT_RIGHT);
    assert_int_equal(measured->result.honest_whole, 1);
    assert_true(measured->result.honest_delivered_bytes < measured->result.captured_bytes);
}

static void touch_one(uint8_t *at, const weir_packet *packet, int changes)
{
    const uint64_t before = floor_run(LINK_ETHERNET, packet, 1);
    *at ^= 1;
    const uint64_t after = floor_run(LINK_ETHERNET, packet, 1);
    *at ^= 1;
    assert_int_equal(before != after, changes);
}

/* The floor reads every byte of payload, and no header's. */
static void the_floor_touches_the_payload(void **state)
{
    (void)state;
    const weir_packet *packet = packet_at(first_of_full_size());
    uint8_t *data = (uint8_t *)(uintptr_t)packet->data;
    touch_one(data, packet, 0);
    touch_one(data + HEADERS - 1, packet, 0);
    for (size_t i = HEADERS; i < packet->captured_bytes; i++)
        touch_one(data + i, packet, 1);
}

/* Windows are the load again, packet by packet and byte by byte, in memory of their own. */
static size_t expect_windows(const load *l)
{
    hot *window = hot_window(true);
    const weir_packet *taken;
    size_t most = 0;
    for (size_t at = 0, n; at < l->count; at += n) {
        n = hot_take(window, l, at, l->count, &taken);
        assert_in_range(n, 1, l->count - at);
        if (n > most) most = n;
        for (size_t i = 0; i < n; i++) {
            const weir_packet *own = &l->packets[at + i];
            assert_int_equal(taken[i].time_ns, own->time_ns);
            assert_int_equal(taken[i].wire_bytes, own->wire_bytes);
            assert_int_equal(taken[i].captured_bytes, own->captured_bytes);
            assert_ptr_not_equal(taken[i].data, own->data);
            assert_memory_equal(taken[i].data, own->data, own->captured_bytes);
        }
    }
    return most;
}

static void windows_are_the_load(void **state)
{
    (void)state;
    load small;
    const weir_packet *taken;
    assert_true(packets.frame_bytes > 2 * HOT_BYTES);
    assert_in_range(expect_windows(&packets), 1, HOT_BYTES / 256); /* as many bytes as fit */
    assert_true(load_scenario(&small, "syn-flood", 1, 0.002));
    assert_int_equal(expect_windows(&small), HOT_PACKETS); /* as many packets */
    load_free(&small);
    assert_null(hot_window(false));
    assert_int_equal(hot_take(NULL, &packets, 1, 4, &taken), 3);
    assert_ptr_equal(taken, packet_at(1));
}

static void a_name_says_how(void **state)
{
    (void)state;
    result *r = &measured->result;
    strcpy(r->name, "bulk");
    result_name_manner(r);
    assert_string_equal(r->name, "bulk");
    r->empty = r->hot = 1;
    result_name_manner(r);
    assert_string_equal(r->name, "bulk/empty/hot");
}

/* A packet that no window holds is one by itself, where it lies. */
static void a_giant_stays_where_it_is(void **state)
{
    (void)state;
    hot *window = hot_window(true);
    static const uint8_t giant[HOT_BYTES + 1];
    const weir_packet *taken;
    weir_packet *second = packet_at(1);
    second->data = giant;
    second->captured_bytes = sizeof giant;
    assert_int_equal(hot_take(window, &packets, 0, 3, &taken), 1);
    assert_int_equal(hot_take(window, &packets, 1, 3, &taken), 2);
    assert_ptr_equal(taken[0].data, giant);
    assert_memory_equal(taken[1].data, packet_at(2)->data, packet_at(2)->captured_bytes);
}

/* All that is measured of packets in the cache but time is what it is without. */
static void hot_packets_do_the_same(void **state)
{
    (void)state;
    const drive_plan plan = plan_of(&packets);
    result *r = &measured->result;
    r->repetitions = 1;
    r->hot = 1;
    assert_true(measure_run(measured, &plan, false));
    assert_int_equal(r->verified, RESULT_RIGHT);
    assert_int_equal(r->honest_whole, 2);
    assert_true(result_median_ns(r, RESULT_CPU) > 0);
    assert_true(result_median_ns(r, RESULT_FLOOR_CPU) > 0);
    assert_int_equal(r->latency.runs, LATENCY_RUNS);
    assert_true(r->latency.floor_p50_ns > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(stretches_follow_each_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_is_measured, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_byte_is_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lost_packet_is_no_fault, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_floor_touches_the_payload, set_up, tear_down),
        cmocka_unit_test_setup_teardown(windows_are_the_load, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_says_how, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_giant_stays_where_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hot_packets_do_the_same, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
