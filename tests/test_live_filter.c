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

#include <net/if.h>
#include <netpacket/packet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "support/network.h"
#include "support/tool.h"
#include "support/wire.h"

enum { SKIPPED = 77 /* the exit code for it */, TAGS_MAX = 2 };

static network net;

/* A segment to `port`, with so many tags. */
static void send_tagged(int socket, const struct sockaddr_ll *to, uint16_t port, uint32_t tags)
{
    static const uint8_t outer[] = {0x88, 0xa8, 0, 7}, inner[] = {0x81, 0, 0, 9};
    uint8_t frame[WIRE_HEADER_BYTES + 64], made[sizeof frame + 8];
    weir_segment s;
    weir_packet packet;
    uint32_t at = 12;
    memset(&s, 0, sizeof s);
    s.payload = (const uint8_t *)"hello";
    s.payload_bytes = s.wire_bytes = 5;
    s.seq = 1000;
    s.flags = WEIR_TCP_ACK;
    s.family = 4;
    s.source_port = 4000;
    s.destination_port = port;
    memcpy(s.source, "\x0a\x4d\0\1", 4);
    memcpy(s.destination, "\x0a\x4d\0\2", 4);
    packet = wire_packet(&s, frame);
    memcpy(made, packet.data, 12);
    if (tags > 1) memcpy(made + at, outer, 4), at += 4;
    if (tags > 0) memcpy(made + at, inner, 4), at += 4;
    memcpy(made + at, packet.data + 12, packet.captured_bytes - 12);
    at += packet.captured_bytes - 12;
    assert_int_equal(sendto(socket, made, at, 0, (const struct sockaddr *)to, sizeof *to), at);
}

/* Host 2's end of its pair, for frames as they are. */
static int open_raw(struct sockaddr_ll *to)
{
    const int raw = network_socket(&net, 2, AF_PACKET, SOCK_RAW);
    struct ifreq about;
    memset(&about, 0, sizeof about);
    memset(to, 0, sizeof *to);
    assert_true(raw >= 0);
    memcpy(about.ifr_name, "e2", 3);
    assert_int_equal(ioctl(raw, SIOCGIFINDEX, &about), 0);
    to->sll_family = AF_PACKET;
    to->sll_ifindex = about.ifr_ifindex;
    to->sll_halen = 6;
    return raw;
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
    raw = open_raw(&to);
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
