/* SPDX-License-Identifier: MIT */
/*
 * Thousands of connections on a live interface, so that packets go to the engine in batches: made up
 * by a host of the test's own, a segment of each in turn, small and large ones.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <netpacket/packet.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "support/network.h"
#include "support/tool.h"
#include "support/wire.h"

enum {
    SKIPPED = 77, /* the exit code for it */
    CONNECTIONS = 5000,
    ROUNDS = 3,
    TRIES = 5,
    SMALL_BYTES = 100,
    LARGE_BYTES = 1000, /* of each seventh segment */
    PORT = 8080
};

static network net;

static uint32_t payload_of(uint32_t connection, uint32_t round)
{
    return (connection + round) % 7 == 0 ? LARGE_BYTES : SMALL_BYTES;
}

static weir_segment segment_of(uint32_t connection, uint32_t seq, uint32_t bytes)
{
    static const uint8_t payload[LARGE_BYTES];
    weir_segment s;
    memset(&s, 0, sizeof s);
    s.payload = payload;
    s.payload_bytes = s.wire_bytes = bytes;
    s.seq = seq;
    s.flags = WEIR_TCP_ACK;
    s.family = 4;
    s.source_port = (uint16_t)(10000 + connection);
    s.destination_port = PORT;
    memcpy(s.source, "\x0a\x4d\0\1", 4);
    memcpy(s.destination, "\x0a\x4d\0\2", 4);
    return s;
}

/* Not faster than the other end takes it in: veth has room for some hundred packets. */
static void send_round(int raw, const struct sockaddr_ll *to, uint32_t round, uint32_t *seq)
{
    const struct timespec pause = {0, 1000 * 1000};
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        const uint32_t bytes = payload_of(i, round);
        uint8_t frame[WIRE_HEADER_BYTES + LARGE_BYTES];
        const weir_segment s = segment_of(i, seq[i], bytes);
        const weir_packet packet = wire_packet(&s, frame);
        assert_int_equal(sendto(raw, packet.data, packet.captured_bytes, 0,
                                (const struct sockaddr *)to, sizeof *to),
                         packet.captured_bytes);
        seq[i] += bytes;
        if (i % 100 == 0) (void)nanosleep(&pause, NULL);
    }
}

/* Sends all rounds to a capture. Returns what it says, and how many bytes that were. */
static tool_result run_rounds(const tool_place *place, int64_t *sent)
{
    const tool_job job = tool_start(place, NULL, "run -i v2 --direction in --jsonl tcp port 8080");
    const struct timespec moment = {0, 600 * 1000 * 1000}; /* lanes look four times a second */
    static uint32_t seq[CONNECTIONS];
    struct sockaddr_ll to;
    int raw;
    memset(seq, 0, sizeof seq);
    assert_true(tool_await(tool_path(place, TOOL_ERR), "capturing"));
    raw = network_raw(&net, 2, &to);
    assert_true(raw >= 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        send_round(raw, &to, round, seq);
        (void)nanosleep(&moment, NULL);
    }
    (void)close(raw);
    *sent = 0;
    for (uint32_t i = 0; i < CONNECTIONS; i++)
        *sent += seq[i];
    return tool_finish(&job, SIGTERM);
}

/* A machine that is busy enough loses packets before they come to the interface: then again. */
static void every_byte_of_many_connections(void **state)
{
    for (int tries = 1;; tries++) {
        int64_t sent;
        tool_result result = run_rounds(*state, &sent);
        const char *summary = strstr(result.out, "{\"type\":\"summary\"");
        bool all;
        assert_int_equal(result.exit_code, 0);
        assert_non_null(summary);
        all = tool_number(summary, "received_packets") == CONNECTIONS * ROUNDS;
        if (all || tries == TRIES) {
            assert_int_equal(tool_number(summary, "packets"), CONNECTIONS * ROUNDS);
            assert_int_equal(tool_number(summary, "connections"), CONNECTIONS);
            assert_int_equal(tool_number(summary, "delivered_bytes"), sent);
            assert_int_equal(tool_number(summary, "missing_bytes"), 0);
        }
        tool_free(&result);
        if (all || tries == TRIES) return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_byte_of_many_connections, tool_setup, tool_teardown),
    };
    int failed = SKIPPED;
    if (network_begin(&net, 2))
        failed = cmocka_run_group_tests(tests, NULL, NULL);
    else
        printf("skipped: %s\n", net.why_not);
    network_end(&net);
    return failed;
}
