/* SPDX-License-Identifier: MIT */
/*
 * What two programs delivered of a capture that nobody knows, compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "bench/peer_yardstick.h"
#include "bench/traffic.h"

static peer_record record_of(uint64_t connection, traffic_direction direction)
{
    traffic_tuple tuple;
    traffic_tuple_of(connection, direction, &tuple);
    peer_record record = {
        .family = tuple.family, .src_port = tuple.src_port, .dst_port = tuple.dst_port};
    memcpy(record.src, tuple.src, sizeof record.src);
    memcpy(record.dst, tuple.dst, sizeof record.dst);
    return record;
}

static void pieces_do_not_matter_bytes_do(void **state)
{
    (void)state;
    yardstick *a = yardstick_new(), *b = yardstick_new();
    const uint8_t bytes[] = "abcdefghij";
    const peer_record one = record_of(1, TRAFFIC_C2S), two = record_of(2, TRAFFIC_S2C);
    yardstick_take(a, &one, bytes, 10);
    yardstick_take(a, &two, bytes, 5);
    yardstick_take(b, &one, bytes, 4);
    yardstick_take(b, &two, bytes, 4);
    yardstick_take(b, NULL, bytes, 1);
    yardstick_take(b, &one, bytes + 4, 5);
    yardstick_take(b, NULL, bytes + 9, 1);
    const yardstick_match match = yardstick_compare(a, b);
    assert_int_equal(match.streams, 2);
    assert_int_equal(match.equal, 1); /* of `two` the last byte differs */
    assert_int_equal(match.bytes, 15);
    assert_int_equal(match.other_bytes, 15);
    assert_int_equal(match.only_other, 0);
    yardstick_free(a);
    yardstick_free(b);
}

static void a_direction_of_the_other_alone_is_counted(void **state)
{
    (void)state;
    yardstick *a = yardstick_new(), *b = yardstick_new();
    const peer_record one = record_of(1, TRAFFIC_C2S), back = record_of(1, TRAFFIC_S2C);
    yardstick_take(a, &one, (const uint8_t *)"x", 1);
    yardstick_take(b, &one, (const uint8_t *)"x", 1);
    yardstick_take(b, &back, (const uint8_t *)"y", 1);
    const yardstick_match match = yardstick_compare(a, b);
    assert_int_equal(match.equal, 1);
    assert_int_equal(match.only_other, 1);
    yardstick_free(a);
    yardstick_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_do_not_matter_bytes_do),
        cmocka_unit_test(a_direction_of_the_other_alone_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
