/* SPDX-License-Identifier: MIT */
/*
 * A live capture above a libpcap that is played by this file: what the real one does rarely, or not
 * on every machine. tests/test_live.c has the real one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture.h"
#include "pcap_calls.h"

enum { PACKET_BYTES_MAX = 70000, PACKETS_MAX = 200 };

static struct play {
    int status; /* of the activation */
    int precision;
    const char *error;
    struct pcap_stat counts;
    struct pcap_pkthdr header;
    const uint32_t *lengths; /* of packets, up to a 0; NULL: one with the header */
    bool fails;              /* after them */
} play;

/* ── A libpcap ───────────────────────────────────────────────────────────────────────────────── */

static int one_handle;

static pcap_t *create(const char *name, char *why)
{
    (void)name, (void)why;
    return (pcap_t *)(void *)&one_handle;
}

static int set_number(pcap_t *pcap, int number)
{
    (void)pcap, (void)number;
    return 0;
}

static int get_none(pcap_t *pcap)
{
    (void)pcap;
    return 0;
}

static int activate(pcap_t *pcap)
{
    (void)pcap;
    return play.status;
}

static int get_precision(pcap_t *pcap)
{
    (void)pcap;
    return play.precision;
}

static int get_link_type(pcap_t *pcap)
{
    (void)pcap;
    return DLT_EN10MB;
}

static int set_nonblock(pcap_t *pcap, int on, char *why)
{
    (void)pcap, (void)on, (void)why;
    return 0;
}

static int stats(pcap_t *pcap, struct pcap_stat *counts)
{
    (void)pcap;
    *counts = play.counts;
    return 0;
}

/* As the real one lends them: they are gone when the handler returns. */
static int dispatch(pcap_t *pcap, int packets, pcap_handler handler, u_char *user)
{
    u_char bytes[PACKET_BYTES_MAX] = {0};
    int count = 0;
    (void)pcap, (void)packets;
    if (!play.lengths) {
        handler(user, &play.header, bytes);
        return 1;
    }
    for (; play.lengths[count]; count++) {
        const uint32_t length = play.lengths[count];
        const struct pcap_pkthdr header = {.ts = {1, count}, .caplen = length, .len = length + 1};
        memset(bytes, count, length);
        handler(user, &header, bytes);
        memset(bytes, 0xff, length);
    }
    return play.fails ? -1 : count;
}

static char *get_error(pcap_t *pcap)
{
    static char text[128];
    (void)pcap;
    (void)snprintf(text, sizeof text, "%s", play.error);
    return text;
}

static const char *status_text(int status)
{
    (void)status;
    return "Generic";
}

static void close_handle(pcap_t *pcap)
{
    (void)pcap;
}

bool pcap_calls_load(pcap_calls *calls)
{
    memset(calls, 0, sizeof *calls);
    calls->library = &play;
    calls->create = create;
    calls->set_snaplen = calls->set_promisc = calls->set_timeout = set_number;
    calls->set_immediate_mode = calls->set_buffer_size = calls->set_tstamp_precision = set_number;
    calls->activate = activate;
    calls->get_tstamp_precision = get_precision;
    calls->setnonblock = set_nonblock;
    calls->datalink = get_link_type;
    calls->get_selectable_fd = get_none;
    calls->dispatch = dispatch;
    calls->stats = stats;
    calls->geterr = get_error;
    calls->statustostr = status_text;
    calls->close = close_handle;
    return true;
}

void pcap_calls_unload(pcap_calls *calls)
{
    calls->library = NULL;
}

/* ── What is made of it ──────────────────────────────────────────────────────────────────────── */

static const capture_settings settings = {.buffer_bytes = 1 << 20, .snap_bytes = 262144};

static capture *open_it(void)
{
    capture *c = capture_create("played", &settings);
    capture_why why;
    assert_non_null(c);
    assert_int_equal(capture_open(c, &why), CAPTURE_OK);
    return c;
}

static void begin_play(void)
{
    memset(&play, 0, sizeof play);
    play.precision = PCAP_TSTAMP_PRECISION_NANO;
    play.error = "";
}

static void keep_time(void *user, weir_packet *packets, size_t count)
{
    assert_int_equal(count, 1);
    *(uint64_t *)user = packets->time_ns;
}

/* What a sink got. */
struct got {
    size_t packets;
    size_t largest; /* of its batches */
    size_t calls;
};

/* Each is whole, and in its place. */
static void look_at_them(void *user, weir_packet *packets, size_t count)
{
    struct got *got = user;
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        const uint32_t length = play.lengths[got->packets];
        assert_int_equal(packets[i].captured_bytes, length);
        assert_int_equal(packets[i].wire_bytes, length + 1);
        assert_int_equal(packets[i].time_ns, WEIR_SECOND + got->packets);
        for (uint32_t k = 0; k < length; k++)
            if (packets[i].data[k] != (uint8_t)got->packets) fail_msg("%zu: %u", got->packets, k);
        got->packets++;
        if (length > CAPTURE_COPIED_BYTES) assert_int_equal(count, 1);
    }
    if (count > got->largest) got->largest = count;
    got->calls++;
    memset(packets, 0, count * sizeof *packets); /* it is its own */
}

static struct got read_lengths(const uint32_t *lengths, size_t together, bool fails)
{
    struct got got = {0, 0, 0};
    capture_why why;
    capture *c;
    int count;
    begin_play();
    play.lengths = lengths;
    play.fails = fails;
    c = open_it();
    for (int again = 0; again < 2; again++) {
        got = (struct got){0, 0, 0};
        count = capture_read(c, together, look_at_them, &got, &why);
        assert_int_equal(count, fails ? -1 : (int)got.packets);
    }
    capture_destroy(c);
    return got;
}

static void small_ones_come_together_and_all_in_order(void **state)
{
    uint32_t lengths[PACKETS_MAX + 1] = {0};
    struct got got;
    (void)state;
    for (size_t i = 0; i < 100; i++)
        lengths[i] = CAPTURE_COPIED_BYTES;
    got = read_lengths(lengths, CAPTURE_BATCH, false);
    assert_int_equal(got.packets, 100);
    assert_int_equal(got.largest, CAPTURE_BATCH);
    assert_int_equal(got.calls, 4);
    got = read_lengths(lengths, 1, false);
    assert_int_equal(got.packets, 100);
    assert_int_equal(got.largest, 1);
    for (size_t i = 0; i < PACKETS_MAX; i++)
        lengths[i] = i % 10 == 9 ? CAPTURE_COPIED_BYTES + 1 : 40 + (uint32_t)i;
    lengths[7] = PACKET_BYTES_MAX;
    got = read_lengths(lengths, CAPTURE_BATCH, false);
    assert_int_equal(got.packets, PACKETS_MAX);
    assert_int_equal(got.largest, 9);
    got = read_lengths(lengths, CAPTURE_BATCH, true);
    assert_int_equal(got.packets, PACKETS_MAX);
}

/* Netfilter's interfaces have microseconds, whatever was asked for. */
static void stamps_have_the_unit_they_have(void **state)
{
    static const uint64_t wanted[] = {
        [PCAP_TSTAMP_PRECISION_MICRO] = UINT64_C(7123456000),
        [PCAP_TSTAMP_PRECISION_NANO] = UINT64_C(7000123456),
    };
    (void)state;
    for (int precision = 0; precision < 2; precision++) {
        uint64_t time_ns = 0;
        capture_why why;
        capture *c;
        begin_play();
        play.precision = precision;
        play.header = (struct pcap_pkthdr){.ts = {7, 123456}, .caplen = 60, .len = 60};
        c = open_it();
        assert_int_equal(capture_read(c, 1, keep_time, &time_ns, &why), 1);
        assert_int_equal(time_ns, wanted[precision]);
        capture_destroy(c);
    }
}

static void counters_come_round_and_go_on(void **state)
{
    capture *c;
    (void)state;
    begin_play();
    play.counts = (struct pcap_stat){.ps_recv = 0x7fffffff, .ps_drop = 10, .ps_ifdrop = 5};
    c = open_it();
    assert_int_equal(capture_count(c).received_packets, 0x7fffffff);
    play.counts.ps_recv = 0xfffffff0;
    (void)capture_count(c);
    play.counts.ps_recv = 0x10;
    play.counts.ps_drop = 11;
    assert_int_equal(capture_count(c).received_packets, UINT64_C(0x100000010));
    capture_close(c);
    play.counts = (struct pcap_stat){.ps_recv = 1, .ps_drop = 1, .ps_ifdrop = 1};
    {
        capture_why why;
        assert_int_equal(capture_open(c, &why), CAPTURE_OK);
    }
    assert_int_equal(capture_count(c).received_packets, UINT64_C(0x100000011));
    assert_int_equal(capture_count(c).dropped_packets, 12);
    assert_int_equal(capture_count(c).interface_dropped, 6);
    capture_destroy(c);
}

/* What the system says of an interface that vanished is 0 less what was there at the beginning. */
static void what_a_vanished_interface_lost_stays(void **state)
{
    capture *c;
    (void)state;
    begin_play();
    c = open_it();
    play.counts.ps_ifdrop = 3;
    assert_int_equal(capture_count(c).interface_dropped, 3);
    play.counts.ps_ifdrop = (u_int)-1000;
    assert_int_equal(capture_count(c).interface_dropped, 3);
    capture_close(c);
    assert_int_equal(capture_count(c).interface_dropped, 3);
    capture_destroy(c);
}

static void answers_are_told(void **state)
{
    static const struct {
        int status;
        const char *error;
        capture_answer answer;
        const char *says;
    } rows[] = {
        {0, "not a word", CAPTURE_OK, ""},
        {PCAP_WARNING, "of a kind", CAPTURE_OK, "of a kind"},
        {PCAP_WARNING_TSTAMP_TYPE_NOTSUP, "", CAPTURE_OK, "Generic"},
        {PCAP_ERROR, "a cause", CAPTURE_FAILED, "a cause"},
        {PCAP_ERROR_RFMON_NOTSUP, "a cause", CAPTURE_FAILED, "Generic: a cause"},
        {PCAP_ERROR_IFACE_NOT_UP, "", CAPTURE_NOT_UP, "is down; use: ip link set played up"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        capture *c = capture_create("played", &settings);
        capture_why why = {"what was there"};
        begin_play();
        play.status = rows[i].status;
        play.error = rows[i].error;
        assert_int_equal(capture_open(c, &why), rows[i].answer);
        assert_string_equal(why.text, rows[i].says);
        assert_int_equal(capture_is_open(c), rows[i].answer == CAPTURE_OK);
        capture_destroy(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_ones_come_together_and_all_in_order),
        cmocka_unit_test(stamps_have_the_unit_they_have),
        cmocka_unit_test(counters_come_round_and_go_on),
        cmocka_unit_test(what_a_vanished_interface_lost_stays),
        cmocka_unit_test(answers_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
