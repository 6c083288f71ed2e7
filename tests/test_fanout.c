/* SPDX-License-Identifier: MIT */
/*
 * Who joins a fanout's group, and by which number. The kernel is played by this file, because the
 * real one gives each number once in 65,536 times, 0 to the first group after it has started.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "fanout.h"

enum { SOCKETS = 8, BY_FLOW = PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG };

static struct kernel {
    uint32_t next_id;
    uint32_t group[SOCKETS]; /* by socket: its number and one, 0: in none */
    int error;               /* for the next who asks */
} kernel;

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): theirs are reserved */
int setsockopt(int socket, int level, int name, const void *value, socklen_t bytes)
{
    const uint32_t argument = *(const uint32_t *)value;
    const uint32_t flags = argument >> 16, unique = flags & PACKET_FANOUT_FLAG_UNIQUEID;
    assert_true(level == SOL_PACKET && name == PACKET_FANOUT && bytes == sizeof argument);
    assert_int_equal(flags & ~(uint32_t)PACKET_FANOUT_FLAG_UNIQUEID, BY_FLOW);
    if (kernel.error) {
        errno = kernel.error;
        kernel.error = 0;
        return -1;
    }
    if (unique) assert_int_equal(argument & 0xffff, 0);
    kernel.group[socket] = (unique ? kernel.next_id++ : argument & 0xffff) + 1;
    return 0;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): theirs are reserved */
int getsockopt(int socket, int level, int name, void *restrict value, socklen_t *restrict bytes)
{
    assert_true(level == SOL_PACKET && name == PACKET_FANOUT && *bytes == sizeof(uint32_t));
    *(uint32_t *)value = (uint32_t)BY_FLOW << 16 | (kernel.group[socket] - 1);
    return 0;
}

/* Three members, whatever the number that the kernel gave to the first. */
static void all_are_in_one_group(void **state)
{
    static const uint32_t ids[] = {0, 1, 0xffff};
    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        fanout group;
        fanout_begin(&group);
        kernel = (struct kernel){.next_id = ids[i]};
        for (int socket = 0; socket < 3; socket++) {
            assert_int_equal(fanout_join(&group, socket), 0);
            assert_int_equal(kernel.group[socket], ids[i] + 1);
        }
    }
}

/* Its number may be somebody else's by now. */
static void an_empty_group_is_founded_anew(void **state)
{
    fanout group;
    (void)state;
    fanout_begin(&group);
    kernel = (struct kernel){.next_id = 7};
    assert_int_equal(fanout_join(&group, 0), 0);
    assert_int_equal(fanout_join(&group, 1), 0);
    fanout_leave(&group);
    assert_int_equal(fanout_join(&group, 2), 0);
    assert_int_equal(kernel.group[2], 7 + 1);
    fanout_leave(&group);
    fanout_leave(&group);
    assert_int_equal(fanout_join(&group, 3), 0);
    assert_int_equal(kernel.group[3], 8 + 1);
}

static void who_is_refused_is_no_member(void **state)
{
    fanout group;
    (void)state;
    fanout_begin(&group);
    kernel = (struct kernel){.error = ENOMEM};
    assert_int_equal(fanout_join(&group, 0), ENOMEM);
    assert_int_equal(fanout_join(&group, 1), 0);
    kernel.error = EINVAL;
    assert_int_equal(fanout_join(&group, 2), EINVAL);
    fanout_leave(&group);
    assert_int_equal(fanout_join(&group, 3), 0);
    assert_int_equal(kernel.group[3], kernel.next_id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_in_one_group),
        cmocka_unit_test(an_empty_group_is_founded_anew),
        cmocka_unit_test(who_is_refused_is_no_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
