/* SPDX-License-Identifier: MIT */
/*
 * Packed captures: gzip and zstd as packers write them, cut at every byte, with every byte changed,
 * in pieces of every size; and what weir run says of them.
 */
#include "support/tool.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#include "unpack.h"

/* ── Packing ─────────────────────────────────────────────────────────────────────────────────── */

typedef struct bytes {
    uint8_t *at;
    size_t count;
} bytes;

static void append(bytes *to, const void *what, size_t count)
{
    to->at = realloc(to->at, to->count + count + 1);
    assert_non_null(to->at);
    memcpy(to->at + to->count, what, count);
    to->count += count;
}

static void forget(bytes *b)
{
    free(b->at);
    b->at = NULL;
    b->count = 0;
}

/* A member. */
static void add_gzip(bytes *to, const uint8_t *what, size_t count)
{
    const size_t room = count + count / 100 + 100;
    uint8_t *packed = malloc(room);
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    assert_non_null(packed);
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (uint8_t *)(uintptr_t)what;
    stream.avail_in = (uInt)count;
    stream.next_out = packed;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    append(to, packed, room - stream.avail_out);
    assert_int_equal(deflateEnd(&stream), Z_OK);
    free(packed);
}

/* A frame with a checksum that does not say how much is in it, as of a pipe. */
static void add_zstd_window(bytes *to, const uint8_t *what, size_t count, int window_log)
{
    const size_t room = ZSTD_compressBound(count) + 100;
    uint8_t *packed = malloc(room);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_inBuffer in = {what, count, 0}, nothing = {what, 0, 0};
    ZSTD_outBuffer out = {packed, room, 0};
    assert_true(packed && context);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    while (in.pos < in.size)
        assert_false(ZSTD_isError(ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue)));
    assert_int_equal(ZSTD_compressStream2(context, &out, &nothing, ZSTD_e_end), 0);
    append(to, packed, out.pos);
    ZSTD_freeCCtx(context);
    free(packed);
}

static void add_zstd(bytes *to, const uint8_t *what, size_t count)
{
    add_zstd_window(to, what, count, 17);
}

typedef void (*packer)(bytes *to, const uint8_t *what, size_t count);
static const packer packers[] = {add_gzip, add_zstd};

/* Something that packs, but not to nothing. */
static bytes sample(size_t count)
{
    bytes made = {malloc(count), count};
    uint32_t random = 1;
    assert_non_null(made.at);
    for (size_t i = 0; i < count; i++) {
        random = random * 1664525 + 1013904223;
        made.at[i] = (uint8_t)(random >> 24 & (i / 512 % 2 ? 0x0f : 0xff));
    }
    return made;
}

/* ── Unpacking ───────────────────────────────────────────────────────────────────────────────── */

/* Memory as a source, `grain` bytes at a time; then an error, if there is one. */
typedef struct tray {
    const uint8_t *at;
    size_t left, grain;
    int error;
} tray;

static ptrdiff_t read_tray(void *user, void *into, size_t count)
{
    tray *t = user;
    if (count > t->grain) count = t->grain;
    if (count > t->left) count = t->left;
    if (count == 0 && t->error) return -t->error;
    memcpy(into, t->at, count);
    t->at += count;
    t->left -= count;
    return (ptrdiff_t)count;
}

typedef struct outcome {
    bytes out;
    unpack_state state;
    ptrdiff_t end; /* 0, or an errno negated */
    bool packed;
    uint64_t taken;
} outcome;

static outcome unpacked(const bytes *in, size_t grain, size_t piece, int error)
{
    tray t = {in->at, in->count, grain, error};
    const reader_source packed = {read_tray, &t};
    outcome o;
    uint8_t *into = malloc(piece);
    unpack u;
    memset(&o, 0, sizeof o);
    assert_non_null(into);
    unpack_open(&u, &packed);
    const reader_source source = unpack_source(&u);
    while ((o.end = source.read(source.user, into, piece)) > 0)
        append(&o.out, into, (size_t)o.end);
    assert_int_equal(source.read(source.user, into, piece), o.end); /* it stays at its end */
    o.state = u.state;
    o.packed = unpack_is_packed(&u);
    o.taken = u.taken;
    unpack_close(&u);
    free(into);
    return o;
}

static void check_same(const outcome *o, const bytes *wanted)
{
    assert_int_equal(o->state, UNPACK_GOOD);
    assert_int_equal(o->end, 0);
    assert_int_equal(o->out.count, wanted->count);
    if (wanted->count > 0) assert_memory_equal(o->out.at, wanted->at, wanted->count);
}

static void check_unpacks(const bytes *packed, const bytes *wanted)
{
    static const size_t grains[] = {1, 7, 4096, 1 << 20}, pieces[] = {4, 4096, 65536};
    for (size_t g = 0; g < sizeof grains / sizeof *grains; g++)
        for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
            outcome o = unpacked(packed, grains[g], pieces[p], 0);
            check_same(&o, wanted);
            assert_true(o.packed);
            assert_int_equal(o.taken, packed->count);
            forget(&o.out);
        }
}

static void what_is_packed_comes_out(void **state)
{
    bytes wanted = sample(200 * 1024);
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        bytes packed = {NULL, 0};
        packers[k](&packed, wanted.at, wanted.count);
        assert_true(packed.count < wanted.count);
        check_unpacks(&packed, &wanted);
        forget(&packed);
    }
    forget(&wanted);
}

/* Members and frames one behind the other, empty ones and padding among them. */
static void what_follows_comes_too(void **state)
{
    static const uint8_t skipped[] = {0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'x', 'y', 'z'};
    bytes wanted = sample(50 * 1024);
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        bytes packed = {NULL, 0};
        if (packers[k] == add_zstd) append(&packed, skipped, sizeof skipped);
        packers[k](&packed, wanted.at, 1000);
        packers[k](&packed, wanted.at + 1000, 0);
        packers[k](&packed, wanted.at + 1000, wanted.count - 1000);
        if (packers[k] == add_zstd) append(&packed, skipped, sizeof skipped);
        if (packers[k] == add_gzip) append(&packed, "\0\0\0\0\0\0\0", 7);
        check_unpacks(&packed, &wanted);
        forget(&packed);
    }
    forget(&wanted);
}

static void what_is_not_packed_passes(void **state)
{
    static const char *const rows[] = {"",
                                       "\x1f",
                                       "\x1f\x8b",
                                       "\x1f\x8b\x08",
                                       "\x28\xb5\x2f",
                                       "\xd4\xc3\xb2\xa1 and more",
                                       "\x1f\x8b\x01\x01 is not deflated"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bytes wanted = {NULL, 0};
        append(&wanted, rows[i], strlen(rows[i]));
        for (size_t grain = 1; grain < 8; grain += 3) {
            outcome o = unpacked(&wanted, grain, 65536, 0);
            check_same(&o, &wanted);
            assert_false(o.packed);
            forget(&o.out);
        }
        forget(&wanted);
    }
}

static void a_cut_is_told_after_what_was_before(void **state)
{
    bytes wanted = sample(3000);
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        bytes packed = {NULL, 0};
        size_t before = 0;
        packers[k](&packed, wanted.at, wanted.count);
        for (size_t count = 4; count < packed.count; count++) {
            const bytes cut = {packed.at, count};
            outcome o = unpacked(&cut, 100, 4096, 0);
            assert_int_equal(o.state, UNPACK_CUT);
            assert_int_equal(o.end, -EBADMSG);
            assert_true(o.out.count >= before && o.out.count <= wanted.count);
            if (o.out.count > 0) assert_memory_equal(o.out.at, wanted.at, o.out.count);
            before = o.out.count;
            forget(&o.out);
        }
        assert_int_equal(before, wanted.count); /* all but the checksum behind it */
        forget(&packed);
    }
    forget(&wanted);
}

/* A changed byte is found, or (a time in the header) changes nothing. */
static void damage_is_told(void **state)
{
    bytes wanted = sample(3000);
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        bytes packed = {NULL, 0};
        size_t damaged = 0;
        packers[k](&packed, wanted.at, wanted.count);
        for (size_t i = 4; i < packed.count; i++) {
            outcome o;
            packed.at[i] ^= 0x10;
            o = unpacked(&packed, 1 << 20, 65536, 0);
            if (o.state == UNPACK_GOOD)
                check_same(&o, &wanted);
            else
                assert_int_equal(o.end, -EBADMSG);
            damaged += o.state == UNPACK_DAMAGED;
            forget(&o.out);
            packed.at[i] ^= 0x10;
        }
        assert_true(damaged > packed.count / 2);
        append(&packed, "rubbish", 7);
        outcome o = unpacked(&packed, 1 << 20, 65536, 0);
        assert_int_equal(o.state, UNPACK_DAMAGED);
        assert_int_equal(o.out.count, wanted.count);
        forget(&o.out);
        forget(&packed);
    }
    forget(&wanted);
}

static void a_large_window_is_refused(void **state)
{
    bytes wanted = sample(1000);
    (void)state;
    for (int log = UNPACK_WINDOW_LOG; log <= UNPACK_WINDOW_LOG + 1; log++) {
        bytes packed = {NULL, 0};
        add_zstd_window(&packed, wanted.at, wanted.count, log);
        outcome o = unpacked(&packed, 1 << 20, 65536, 0);
        if (log == UNPACK_WINDOW_LOG)
            check_same(&o, &wanted);
        else
            assert_int_equal(o.state, UNPACK_UNABLE);
        forget(&o.out);
        forget(&packed);
    }
    forget(&wanted);
}

static void the_sources_own_failure_passes(void **state)
{
    bytes wanted = sample(3000);
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        bytes packed = {NULL, 0};
        packers[k](&packed, wanted.at, wanted.count);
        for (size_t count = 0; count < packed.count; count += 100) {
            const bytes part = {packed.at, count};
            outcome o = unpacked(&part, 50, 4096, EIO);
            assert_int_equal(o.state, UNPACK_GOOD);
            assert_int_equal(o.end, -EIO);
            forget(&o.out);
        }
        forget(&packed);
    }
    forget(&wanted);
}

/* ── The tool ────────────────────────────────────────────────────────────────────────────────── */

static char *summary_of(const tool_place *place, const char *input, const char *line, int exit_code,
                        const char *says)
{
    tool_result result = tool_run(place, input, line);
    if (result.exit_code != exit_code || !strstr(result.err, says) || (!says[0] && result.err[0]))
        fail_msg("weir %s: exit %d: %s", line, result.exit_code, result.err);
    free(result.err);
    return result.out;
}

static bytes read_file(const char *path)
{
    bytes made;
    made.at = (uint8_t *)tool_read(path, &made.count);
    return made;
}

static void pack_file(const tool_place *place, const char *to, packer pack, const bytes *what)
{
    bytes packed = {NULL, 0};
    pack(&packed, what->at, what->count / 3);
    pack(&packed, what->at + what->count / 3, what->count - what->count / 3);
    tool_write(tool_path(place, to), packed.at, packed.count);
    forget(&packed);
}

static void packed_captures_are_captures(void **state)
{
    const tool_place *place = *state;
    bytes whole;
    tool_traffic(tool_path(place, "in"), "loss", 0.002);
    whole = read_file(tool_path(place, "in"));
    pack_file(place, "one", add_gzip, &whole);
    pack_file(place, "two.pcap", add_zstd, &whole);
    char *plain = summary_of(place, NULL, "run -r @/in --jsonl", 0, "");
    static const char *const rows[][2] = {{NULL, "run -r @/one --jsonl"},
                                          {NULL, "run -r @/two.pcap --jsonl"},
                                          {"one", "run -r - --jsonl"},
                                          {"two.pcap", "run -r - --jsonl"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *input = rows[i][0] ? tool_path(place, rows[i][0]) : NULL;
        char *out = summary_of(place, input, rows[i][1], 0, "");
        assert_string_equal(out, plain);
        free(out);
    }
    tool_expect(place, "cat -r @/in -o @/plain", 0, "files with");
    tool_expect(place, "cat -r @/one -o @/packed", 0, "files with");
    bytes streams = read_file(tool_path(place, "plain/streams.jsonl"));
    bytes again = read_file(tool_path(place, "packed/streams.jsonl"));
    assert_true(streams.count > 0 && streams.count == again.count);
    assert_memory_equal(streams.at, again.at, again.count);
    forget(&streams);
    forget(&again);
    free(plain);
    forget(&whole);
}

/* What stood before is reported, and that there should be more. */
static void faults_of_packed_captures(void **state)
{
    const tool_place *place = *state;
    bytes whole, packed = {NULL, 0};
    char *out;
    tool_traffic(tool_path(place, "in"), "loss", 0.002);
    whole = read_file(tool_path(place, "in"));
    add_gzip(&packed, whole.at, whole.count);
    tool_write(tool_path(place, "cut"), packed.at, packed.count / 2);
    packed.at[packed.count / 2] ^= 0x55;
    tool_write(tool_path(place, "bad"), packed.at, packed.count);
    forget(&packed);
    out = summary_of(place, NULL, "run -r @/cut --jsonl", 0, "cut short: its gzip data");
    assert_true(tool_number(strstr(out, "{\"type\":\"summary\""), "packets") > 100);
    assert_non_null(strstr(out, "\"incomplete\":true"));
    free(out);
    out = summary_of(place, NULL, "run -r @/bad --jsonl", 0, "damaged: its gzip data");
    assert_true(tool_number(strstr(out, "{\"type\":\"summary\""), "packets") > 100);
    assert_non_null(strstr(out, "\"incomplete\":true"));
    free(out);
    tool_expect(place, "run -r @/cut --strict", 3, "packets before are used");
    add_zstd_window(&packed, whole.at, whole.count, UNPACK_WINDOW_LOG + 1);
    tool_write(tool_path(place, "wide"), packed.at, packed.count);
    tool_expect(place, "run -r @/in -r @/wide", 1, "zstdcat --long=31");
    forget(&packed);
    add_gzip(&packed, (const uint8_t *)"no capture", 10);
    tool_write(tool_path(place, "other"), packed.at, packed.count);
    tool_expect(place, "run -r @/other", 1, "not a pcap");
    forget(&packed);
    forget(&whole);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, tool_setup, tool_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_out),
        cmocka_unit_test(what_follows_comes_too),
        cmocka_unit_test(what_is_not_packed_passes),
        cmocka_unit_test(a_cut_is_told_after_what_was_before),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(a_large_window_is_refused),
        cmocka_unit_test(the_sources_own_failure_passes),
        ROW(packed_captures_are_captures),
        ROW(faults_of_packed_captures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
