/* SPDX-License-Identifier: MIT */
/*
 * Many rotated files as one capture: a directory in the order of capture, packed or not, and what is
 * said of files in another order.
 */
#include "support/tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum { PARTS = 12, HEADER_BYTES = 24 };

static char *output(const tool_place *place, const char *line, const char *says)
{
    tool_result result = tool_run(place, NULL, line);
    if (result.exit_code != 0 || !strstr(result.err, says) || (!says[0] && result.err[0]))
        fail_msg("weir %s: exit %d: %s", line, result.exit_code, result.err);
    free(result.err);
    return result.out;
}

/* The end of the record that reaches `least`, from a record at `at` on. */
static size_t record_end(const char *bytes, size_t size, size_t at, size_t least)
{
    while (at < size && at < least) {
        uint32_t captured;
        memcpy(&captured, bytes + at + 8, 4); /* written little-endian, as most machines are */
        at += 16 + captured;
    }
    return at;
}

static void write_part(const char *path, const char *header, const char *bytes, size_t count,
                       int packed)
{
    FILE *file;
    gzFile gz;
    if (packed) {
        assert_non_null(gz = gzopen(path, "wb1"));
        assert_int_equal(gzwrite(gz, header, HEADER_BYTES), HEADER_BYTES);
        if (count > 0) assert_int_equal(gzwrite(gz, bytes, (unsigned)count), count);
        assert_int_equal(gzclose(gz), Z_OK);
        return;
    }
    assert_non_null(file = fopen(path, "wb"));
    assert_int_equal(fwrite(header, 1, HEADER_BYTES, file), HEADER_BYTES);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

/* As tcpdump -C names them: cap, cap1 … cap11. */
static const char *part_path(const tool_place *place, size_t part)
{
    char name[32];
    if (part == 0) return tool_path(place, "d/cap");
    snprintf(name, sizeof name, "d/cap%zu", part);
    return tool_path(place, name);
}

/* A capture, @/whole, and the same in parts in the directory @/d. */
static void rotate(const tool_place *place)
{
    size_t size, at = HEADER_BYTES;
    char *bytes;
    tool_traffic(tool_path(place, "whole"), "loss", 0.002);
    bytes = tool_read(tool_path(place, "whole"), &size);
    assert_int_equal(mkdir(tool_path(place, "d"), 0700), 0);
    for (size_t part = 0; part < PARTS; part++) {
        const size_t end = record_end(bytes, size, at, size / PARTS * (part + 1));
        const size_t last = part + 1 == PARTS ? size : end;
        write_part(part_path(place, part), bytes, bytes + at, last - at, part % 3 == 1);
        at = last;
    }
    free(bytes);
}

static void a_directory_is_read_in_order_of_time(void **state)
{
    const tool_place *place = *state;
    char *whole, *parts;
    rotate(place);
    whole = output(place, "run -r @/whole --jsonl", "");
    parts = output(place, "run -r @/d --jsonl", "");
    assert_string_equal(parts, whole);
    free(parts);
    /* Files of no packets, and others that have no business there. */
    tool_write(tool_path(place, "d/notes.txt"), "where this was captured\n", 24);
    tool_write(tool_path(place, "d/.cap.swp"), "editor", 6);
    assert_int_equal(mkdir(tool_path(place, "d/old"), 0700), 0);
    tool_write(tool_path(place, "d/old/cap"), "rubbish", 7);
    parts = tool_read(tool_path(place, "whole"), &(size_t){0});
    tool_write(tool_path(place, "d/empty"), parts, HEADER_BYTES);
    free(parts);
    parts = output(place, "run -r @/d/ --jsonl", "notes.txt: not a pcap");
    assert_string_equal(parts, whole);
    free(parts);
    free(whole);
}

static void other_orders_are_kept_and_told(void **state)
{
    const tool_place *place = *state;
    rotate(place);
    free(output(place, "run -r @/d/cap1 -r @/d/cap2 -r @/d/cap10", ""));
    free(output(place, "run -r @/d/cap1 -r @/d/cap10 -r @/d/cap2", "cap2 begins before"));
    free(output(place, "run -r @/d -r @/whole", "whole begins before"));
}

/* What is no capture is not missed; what may be one is: a task that has to read all must not succeed. */
static void what_may_be_a_capture_is_missed(void **state)
{
    static const struct {
        const char *bytes, *says;
        size_t count;
    } rows[] = {
        {"\xfd"
         "7zXZ\0 packed",
         "compressed with xz", 13},
        {"\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff\xff\xff", "damaged", 14},
        {"\x28\xb5\x2f\xfd\0\xff\0\0", "more than 8 MiB", 8},
    };
    const tool_place *place = *state;
    rotate(place);
    tool_write(tool_path(place, "d/notes.txt"), "where this was captured\n", 24);
    tool_write(tool_path(place, "d/new"), "", 0);
    tool_expect(place, "run -r @/d --strict", 0, "notes.txt: not a pcap");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *out;
        tool_write(tool_path(place, "d/odd"), rows[i].bytes, rows[i].count);
        tool_expect(place, "run -r @/d --strict", 3, rows[i].says);
        out = output(place, "run -r @/d --jsonl", rows[i].says);
        assert_non_null(strstr(out, "\"incomplete\":true"));
        free(out);
        out = output(place, "run -r @/d", rows[i].says);
        assert_non_null(strstr(out, "not readable: this is what there was without it"));
        free(out);
    }
}

/* Links to the newest file are usual beside rotated ones. */
static void a_file_of_two_names_is_read_once(void **state)
{
    const tool_place *place = *state;
    char *whole, *parts;
    rotate(place);
    whole = output(place, "run -r @/whole --jsonl", "");
    assert_int_equal(symlink("cap11", tool_path(place, "d/latest")), 0);
    parts = output(place, "run -r @/d --jsonl", "d/latest is the same file as ");
    assert_string_equal(parts, whole);
    free(parts);
    assert_int_equal(unlink(tool_path(place, "d/latest")), 0);
    parts = output(place, "run -r @/d/cap -r @/d --jsonl", "d/cap is the same file as ");
    assert_string_equal(parts, whole);
    free(parts);
    parts = output(place, "run -r @/whole -r @/whole --jsonl", "whole is given twice");
    assert_int_equal(tool_number(strstr(parts, "\"summary\""), "packets"),
                     2 * tool_number(strstr(whole, "\"summary\""), "packets"));
    free(parts);
    free(whole);
}

static void directories_without_captures(void **state)
{
    const tool_place *place = *state;
    assert_int_equal(mkdir(tool_path(place, "d"), 0700), 0);
    tool_expect(place, "run -r @/d", 1, "no capture is in this directory");
    tool_write(tool_path(place, "d/text"), "no capture\n", 11);
    tool_expect(place, "run -r @/d", 1, "no capture is in this directory");
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, tool_setup, tool_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_directory_is_read_in_order_of_time), ROW(other_orders_are_kept_and_told),
        ROW(what_may_be_a_capture_is_missed),      ROW(a_file_of_two_names_is_read_once),
        ROW(directories_without_captures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
