/* SPDX-License-Identifier: MIT */
/*
 * --vlan on a live interface, where the kernel has taken the outer tag off before it filters: packets
 * with no, one and two tags, sent by a host of the test's own.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netpacket/packet.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "support/network.h"
#include "support/tagged.h"
#include "support/tool.h"

enum { SKIPPED = 77 /* the exit code for it */, TAGS_MAX = 2 };

static network net;

static void send_tagged(int socket, const struct sockaddr_ll *to, uint16_t port, uint32_t tags)
{
    uint8_t frame[TAGGED_FRAME_BYTES];
    const uint32_t bytes = tagged_frame(frame, port, tags);
    assert_int_equal(sendto(socket, frame, bytes, 0, (const struct sockaddr *)to, sizeof *to),
                     bytes);
}

/* What the summary says of packets, when all were sent to two ports. */
static int64_t passed(const tool_place *place, const char *line)
{
    const tool_job job = tool_start(place, NULL, line);
    struct sockaddr_ll to;
    int raw;
    tool_result result;
    const char *summary;
    int64_t packets;
    assert_true(tool_await(tool_path(place, TOOL_ERR), "capturing"));
    raw = network_raw(&net, 2, &to);
    assert_true(raw >= 0);
    for (uint32_t tags = 0; tags <= TAGS_MAX; tags++) {
        send_tagged(raw, &to, 8098, tags);
        send_tagged(raw, &to, 8099, tags);
    }
    (void)close(raw);
    result = tool_finish(&job, SIGTERM);
    summary = strstr(result.out, "{\"type\":\"summary\"");
    if (result.exit_code != 0 || !summary) fail_msg("weir %s: %s", line, result.err);
    packets = tool_number(summary, "packets");
    tool_free(&result);
    return packets;
}

static void tags_are_looked_behind(void **state)
{
    const tool_place *place = *state;
    assert_int_equal(passed(place, "run -i v2 --direction in --jsonl --vlan tcp port 8099"), 3);
    assert_int_equal(
        passed(place, "run -i v2 --direction in --jsonl --vlan port 8099 or port 8098"), 6);
    assert_int_equal(passed(place, "run -i v2 --direction in --jsonl --vlan tcp port 8097"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tags_are_looked_behind, tool_setup, tool_teardown),
    };
    int failed = SKIPPED;
    if (network_begin(&net, 2))
        failed = cmocka_run_group_tests(tests, NULL, NULL);
    else
        printf("skipped: %s\n", net.why_not);
    network_end(&net);
    return failed;
}
