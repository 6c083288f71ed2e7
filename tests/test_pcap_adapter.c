/* SPDX-License-Identifier: MIT */
/*
 * The libpcap adapter: whatever way packets go from a pcap_t to an engine, the engine tells the
 * same story. A story is a digest of all callbacks: what, which connection, offset, bytes, stamp
 * and tag.
 */
#include "weir/weir_pcap.h"

#include "../bench/traffic.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TAG = 77, PACKETS = 3000 };

/* ── A capture in memory, as a pcap_t ────────────────────────────────────────────────────────── */

typedef struct {
    char *bytes;
    size_t size;
    FILE *stream; /* to compose with */
} capture;

static void put32(capture *c, uint32_t value)
{
    assert_int_equal(fwrite(&value, 4, 1, c->stream), 1);
}

static void begin_capture(capture *c, uint32_t magic, uint32_t link_type)
{
    c->stream = open_memstream(&c->bytes, &c->size);
    assert_non_null(c->stream);
    put32(c, magic);
    put32(c, 2 | 4 << 16);
    put32(c, 0);
    put32(c, 0);
    put32(c, 262144);
    put32(c, link_type);
}

static void put_packet(capture *c, uint32_t seconds, uint32_t fraction, const uint8_t *data,
                       uint32_t captured, uint32_t wire)
{
    put32(c, seconds);
    put32(c, fraction);
    put32(c, captured);
    put32(c, wire);
    assert_int_equal(fwrite(data, 1, captured, c->stream), captured);
}

/* Traffic with reordering and losses. */
static void make_traffic(capture *c)
{
    traffic *t = traffic_open("reorder", 1, 0.01);
    traffic_packet packet;
    int i;
    assert_non_null(t);
    begin_capture(c, 0xa1b23c4d, 1);
    for (i = 0; i < PACKETS && traffic_next(t, &packet); i++)
        put_packet(c, (uint32_t)(packet.time_ns / WEIR_SECOND),
                   (uint32_t)(packet.time_ns % WEIR_SECOND), packet.data, packet.captured_bytes,
                   packet.wire_bytes);
    assert_int_equal(i, PACKETS);
    traffic_close(t);
}

static void end_capture(capture *c)
{
    assert_int_equal(fclose(c->stream), 0);
}

static pcap_t *open_capture(const capture *c, u_int precision)
{
    char why[PCAP_ERRBUF_SIZE];
    FILE *stream = fmemopen(c->bytes, c->size, "rb");
    pcap_t *pcap;
    assert_non_null(stream);
    pcap = pcap_fopen_offline_with_tstamp_precision(stream, precision, why);
    if (!pcap) fail_msg("%s", why);
    return pcap;
}

/* ── An engine that digests its story ────────────────────────────────────────────────────────── */

typedef struct {
    weir_pool *pool;
    weir_engine *engine;
    pcap_t *pcap;
    uint64_t digest;
    uint64_t last_time_ns; /* of the last span */
    int answer;            /* of a call from inside a callback */
    int break_after;       /* spans; 0: never */
} story;

static void tell(story *s, uint64_t value)
{
    size_t i;
    for (i = 0; i < 8; i++)
        s->digest = (s->digest ^ (value >> (8 * i) & 0xff)) * UINT64_C(1099511628211);
}

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    story *s = user;
    size_t i, k;
    tell(s, weir_conn_ref(conn).id * 2 + (direction == WEIR_S2C));
    for (i = 0; i < count; i++) {
        tell(s, spans[i].offset);
        tell(s, spans[i].time_ns);
        for (k = 0; k < spans[i].length; k++)
            tell(s, spans[i].data[k]);
        assert_int_equal(spans[i].tag, TAG);
        s->last_time_ns = spans[i].time_ns;
    }
    s->answer = weir_pcap_dispatch(s->engine, s->pcap, 1, NULL, 0);
    if (s->break_after > 0 && --s->break_after == 0) pcap_breakloop(s->pcap);
}

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    story *s = user;
    tell(s, weir_conn_ref(conn).id * 2 + (direction == WEIR_S2C));
    tell(s, hole->offset);
    tell(s, hole->length);
    tell(s, hole->waited_ns);
}

static void begin_story(story *s, const capture *c, u_int precision)
{
    weir_pool_config pool;
    weir_engine_config engine;
    weir_callbacks callbacks;
    memset(s, 0, sizeof *s);
    weir_pool_config_init(&pool);
    weir_engine_config_init(&engine);
    weir_callbacks_init(&callbacks);
    callbacks.on_data = on_data;
    callbacks.on_hole = on_hole;
    s->pcap = open_capture(c, precision);
    assert_int_equal(weir_pool_create(&pool, &s->pool), WEIR_OK);
    assert_int_equal(weir_engine_create(s->pool, &engine, &callbacks, s, &s->engine), WEIR_OK);
}

static uint64_t packets_of(const story *s)
{
    weir_stats stats;
    weir_stats_init(&stats);
    assert_int_equal(weir_engine_stats(s->engine, &stats), WEIR_OK);
    return stats.packets;
}

static uint64_t end_story(story *s)
{
    assert_int_equal(weir_engine_flush(s->engine), WEIR_OK);
    assert_int_equal(weir_engine_destroy(s->engine), WEIR_OK);
    assert_int_equal(weir_pool_destroy(s->pool), WEIR_OK);
    pcap_close(s->pcap);
    return s->digest;
}

static uint64_t plain_story(const capture *c)
{
    story s;
    begin_story(&s, c, PCAP_TSTAMP_PRECISION_NANO);
    assert_int_equal(weir_pcap_dispatch(s.engine, s.pcap, -1, NULL, TAG), PACKETS);
    assert_int_equal(weir_pcap_dispatch(s.engine, s.pcap, -1, NULL, TAG), 0);
    assert_int_equal(packets_of(&s), PACKETS);
    assert_int_equal(s.answer, WEIR_ERR_BUSY); /* from inside on_data */
    return end_story(&s);
}

/* ── Ways ────────────────────────────────────────────────────────────────────────────────────── */

static int make_capture(void **state)
{
    static capture shared;
    make_traffic(&shared);
    end_capture(&shared);
    *state = &shared;
    return 0;
}

static int free_capture(void **state)
{
    capture *c = *state;
    free(c->bytes);
    return 0;
}

static void handler(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
    story *s = (story *)(void *)user;
    assert_int_equal(weir_pcap_feed(s->engine, s->pcap, header, data, TAG), WEIR_OK);
}

static void feed_in_a_loop_of_yours(void **state)
{
    story s;
    begin_story(&s, *state, PCAP_TSTAMP_PRECISION_NANO);
    assert_int_equal(pcap_loop(s.pcap, -1, handler, (u_char *)(void *)&s), 0);
    assert_int_equal(packets_of(&s), PACKETS);
    assert_int_equal(end_story(&s), plain_story(*state));
}

static void a_portion_at_a_time(void **state)
{
    story s;
    int left = PACKETS;
    begin_story(&s, *state, PCAP_TSTAMP_PRECISION_NANO);
    while (left > 0) {
        const int taken = weir_pcap_dispatch(s.engine, s.pcap, 7, NULL, TAG);
        assert_int_equal(taken, left < 7 ? left : 7);
        left -= taken;
    }
    assert_int_equal(end_story(&s), plain_story(*state));
}

/* Room for few packets, for few bytes, for none: packets that do not fit go by without a copy. */
static void batches_in_lent_memory(void **state)
{
    static const struct {
        size_t packets, bytes;
    } rows[] = {{32, 65536}, {256, 524288}, {7, 65536}, {1, 2000},
                {32, 1500},  {32, 100},     {32, 1},    {0, 65536}};
    const uint64_t plain = plain_story(*state);
    size_t i;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_packet packets[256];
        uint8_t *bytes = malloc(rows[i].bytes);
        const weir_pcap_buffer lend = {bytes, rows[i].bytes, packets, rows[i].packets};
        story s;
        assert_non_null(bytes);
        begin_story(&s, *state, PCAP_TSTAMP_PRECISION_NANO);
        assert_int_equal(weir_pcap_dispatch(s.engine, s.pcap, 1000, &lend, TAG), 1000);
        assert_int_equal(packets_of(&s), 1000); /* none waits in the buffer */
        assert_int_equal(weir_pcap_dispatch(s.engine, s.pcap, 0, &lend, TAG), PACKETS - 1000);
        assert_int_equal(weir_pcap_dispatch(s.engine, s.pcap, 0, &lend, TAG), 0);
        assert_int_equal(end_story(&s), plain);
        free(bytes);
    }
}

/* ── Stamps ──────────────────────────────────────────────────────────────────────────────────── */

static uint64_t stamp(uint32_t magic, u_int precision, uint32_t seconds, uint32_t fraction)
{
    static const uint8_t frame[60];
    struct pcap_pkthdr *header;
    const u_char *data;
    capture c;
    pcap_t *pcap;
    weir_packet packet;
    begin_capture(&c, magic, 1);
    put_packet(&c, seconds, fraction, frame, sizeof frame, 90);
    end_capture(&c);
    pcap = open_capture(&c, precision);
    assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
    weir_pcap_packet(&packet, pcap, header, data, 5);
    assert_ptr_equal(packet.data, data);
    assert_int_equal(packet.captured_bytes, 60);
    assert_int_equal(packet.wire_bytes, 90);
    assert_int_equal(packet.tag, 5);
    assert_int_equal(packet.reserved, 0);
    pcap_close(pcap);
    free(c.bytes);
    return packet.time_ns;
}

static void stamps_are_nanoseconds(void **state)
{
    const u_int micro = PCAP_TSTAMP_PRECISION_MICRO, nano = PCAP_TSTAMP_PRECISION_NANO;
    (void)state;
    assert_int_equal(stamp(0xa1b2c3d4, micro, 7, 8), UINT64_C(7000008000));
    assert_int_equal(stamp(0xa1b2c3d4, nano, 7, 8), UINT64_C(7000008000));
    assert_int_equal(stamp(0xa1b23c4d, nano, 7, 8), UINT64_C(7000000008));
    assert_int_equal(stamp(0xa1b23c4d, micro, 7, 8000), UINT64_C(7000008000));
}

static void lengths_and_stamps_that_cannot_be(void **state)
{
    static const u_char frame[4];
    struct pcap_pkthdr header;
    pcap_t *pcap = pcap_open_dead(1, 65535);
    weir_packet packet;
    (void)state;
    memset(&header, 0, sizeof header);
    header.caplen = 4;
    header.len = 2;
    header.ts.tv_sec = -1;
    weir_pcap_packet(&packet, pcap, &header, frame, 0);
    assert_int_equal(packet.wire_bytes, 4);
    assert_int_equal(packet.time_ns, 0);
    pcap_close(pcap);
}

/* ── Refusals ────────────────────────────────────────────────────────────────────────────────── */

static void misuse_is_refused(void **state)
{
    story s;
    begin_story(&s, *state, PCAP_TSTAMP_PRECISION_NANO);
    assert_int_equal(weir_pcap_dispatch(NULL, s.pcap, -1, NULL, 0), WEIR_ERR_ARGUMENT);
    assert_int_equal(weir_pcap_dispatch(s.engine, NULL, -1, NULL, 0), WEIR_ERR_ARGUMENT);
    assert_int_equal(packets_of(&s), 0);
    assert_int_equal(weir_pcap_dispatch(s.engine, s.pcap, -1, NULL, TAG), PACKETS);
    (void)end_story(&s);
}

/* Refused before a packet is read: the pcap_t still has them all. */
static void a_link_type_that_is_not_supported(void **state)
{
    static const uint8_t frame[60];
    struct pcap_pkthdr *header;
    const u_char *data;
    capture c;
    story s;
    (void)state;
    begin_capture(&c, 0xa1b2c3d4, 220); /* USB */
    put_packet(&c, 1, 2, frame, sizeof frame, 60);
    end_capture(&c);
    begin_story(&s, &c, PCAP_TSTAMP_PRECISION_NANO);
    assert_int_equal(weir_link_type_supported(220), 0);
    assert_int_equal(weir_pcap_dispatch(s.engine, s.pcap, -1, NULL, TAG), WEIR_ERR_LINK_TYPE);
    assert_int_equal(pcap_next_ex(s.pcap, &header, &data), 1);
    assert_int_equal(weir_pcap_feed(s.engine, s.pcap, header, data, TAG), WEIR_ERR_LINK_TYPE);
    assert_int_equal(packets_of(&s), 0);
    (void)end_story(&s);
    free(c.bytes);
}

static void a_file_that_is_cut_short(void **state)
{
    capture cut = *(const capture *)*state;
    weir_packet packets[32];
    uint8_t bytes[65536];
    const weir_pcap_buffer lend = {bytes, sizeof bytes, packets, 32};
    story s;
    cut.size -= 10;
    begin_story(&s, &cut, PCAP_TSTAMP_PRECISION_NANO);
    assert_int_equal(weir_pcap_dispatch(s.engine, s.pcap, -1, &lend, TAG), WEIR_PCAP_FAILED);
    assert_int_equal(packets_of(&s), PACKETS - 1); /* those before it were taken */
    (void)end_story(&s);
}

static void a_callback_may_break_the_loop(void **state)
{
    story s;
    int taken;
    begin_story(&s, *state, PCAP_TSTAMP_PRECISION_NANO);
    s.break_after = 10;
    taken = weir_pcap_dispatch(s.engine, s.pcap, -1, NULL, TAG);
    assert_in_range(taken, 10, PACKETS - 1);
    assert_int_equal(packets_of(&s), taken);
    /* libpcap tells it once more when packets had been taken; then all goes on. */
    assert_int_equal(weir_pcap_dispatch(s.engine, s.pcap, -1, NULL, TAG), WEIR_PCAP_STOPPED);
    assert_int_equal(weir_pcap_dispatch(s.engine, s.pcap, -1, NULL, TAG), PACKETS - taken);
    assert_int_equal(end_story(&s), plain_story(*state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feed_in_a_loop_of_yours),
        cmocka_unit_test(a_portion_at_a_time),
        cmocka_unit_test(batches_in_lent_memory),
        cmocka_unit_test(stamps_are_nanoseconds),
        cmocka_unit_test(lengths_and_stamps_that_cannot_be),
        cmocka_unit_test(misuse_is_refused),
        cmocka_unit_test(a_link_type_that_is_not_supported),
        cmocka_unit_test(a_file_that_is_cut_short),
        cmocka_unit_test(a_callback_may_break_the_loop),
    };
    return cmocka_run_group_tests(tests, make_capture, free_capture);
}
