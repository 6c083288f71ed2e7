/* SPDX-License-Identifier: MIT */
#include "seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "tool.h"

enum { HOLES_MAX = 4096, CLUE_BYTES = 16, LINE_BYTES = 2048 };

/* A line of streams.jsonl, its bytes, and what they are to be compared with. */
struct stream {
    char src[64], dst[64], file[192], direction[8];
    int64_t sport, dport, delivered, missing, holes;
    char *bytes;
    size_t length;
    const char *truth;
    size_t truth_length;
};

struct span {
    size_t begin, end;
};

static const char *next_line(const char *at)
{
    const char *end = strchr(at, '\n');
    return end ? end + 1 : at + strlen(at);
}

/* ── One stream ──────────────────────────────────────────────────────────────────────────────── */

static bool find_truth(struct stream *s, const exchange *e, size_t count)
{
    const bool from_server = s->sport == EXCHANGE_PORT;
    const int64_t port = from_server ? s->dport : s->sport;
    char address[32];
    size_t i;
    for (i = 0; i < count; i++) {
        exchange_address(e[i].host, e[i].family, address);
        if (e[i].port != port || strcmp(address, from_server ? s->dst : s->src) != 0) continue;
        s->truth = from_server ? e[i].got : e[i].sent;
        s->truth_length = from_server ? e[i].got_bytes : e[i].sent_bytes;
        return true;
    }
    return false;
}

static struct stream read_stream(const char *folder, const char *line)
{
    struct stream s;
    char path[TOOL_PATH_BYTES + 200];
    memset(&s, 0, sizeof s);
    assert_true(tool_text(line, "file", s.file, sizeof s.file));
    assert_true(tool_text(line, "src", s.src, sizeof s.src));
    assert_true(tool_text(line, "dst", s.dst, sizeof s.dst));
    assert_true(tool_text(line, "direction", s.direction, sizeof s.direction));
    s.sport = tool_number(line, "sport");
    s.dport = tool_number(line, "dport");
    s.delivered = tool_number(line, "delivered_bytes");
    s.missing = tool_number(line, "missing_bytes");
    s.holes = tool_number(line, "holes");
    (void)snprintf(path, sizeof path, "%s/%s", folder, s.file);
    s.bytes = tool_read(path, &s.length);
    return s;
}

/* A byte each: 1 where it is in a hole. Free it. */
static uint8_t *map_of(const struct stream *s, const struct span *holes, size_t count)
{
    uint8_t *map = calloc(s->length + 1, 1);
    size_t i;
    assert_non_null(map);
    for (i = 0; i < count; i++)
        if (holes[i].begin < holes[i].end && holes[i].end <= s->length)
            memset(map + holes[i].begin, 1, holes[i].end - holes[i].begin);
    return map;
}

/* Where in the truth offset 0 of the stream is: by the first bytes that were delivered, of which
 * there is but one place like it. -1: nowhere. */
static ptrdiff_t base_of(const struct stream *s, const uint8_t *missing)
{
    size_t at = 0, run = 0;
    const char *found;
    while (at < s->length && run < CLUE_BYTES)
        run = missing[at++] ? 0 : run + 1;
    if (run < CLUE_BYTES) return 0; /* too little to go by: then from the beginning */
    found = memmem(s->truth, s->truth_length, s->bytes + at - run, run);
    return found ? found - s->truth - (ptrdiff_t)(at - run) : -1;
}

/* Whether all bytes are right, or in one of the holes. */
static bool is_right(const struct stream *s, const uint8_t *missing, bool from_syn)
{
    const ptrdiff_t base = base_of(s, missing);
    size_t at, in_holes = 0;
    if (base < 0 || (from_syn && base != 0)) return false;
    if ((size_t)base + s->length > s->truth_length) return false;
    for (at = 0; at < s->length; at++) {
        const bool right = s->bytes[at] == s->truth[(size_t)base + at];
        in_holes += missing[at];
        if (!right && (!missing[at] || s->bytes[at] != 0)) return false;
    }
    return in_holes == (size_t)s->missing;
}

static bool agrees(const struct stream *s, const struct span *holes, size_t count, bool from_syn)
{
    uint8_t *missing = map_of(s, holes, count);
    const bool right = (int64_t)count == s->holes && is_right(s, missing, from_syn);
    free(missing);
    return right;
}

/* ── Its connection ──────────────────────────────────────────────────────────────────────────── */

/* The holes of one direction of a connection. */
static size_t holes_of(const char *jsonl, int64_t id, const char *direction,
                       struct span holes[HOLES_MAX])
{
    size_t count = 0;
    const char *at;
    for (at = jsonl; *at; at = next_line(at)) {
        char which[8];
        int64_t offset;
        if (strncmp(at, "{\"type\":\"hole\"", 14) != 0 || tool_number(at, "id") != id) continue;
        if (!tool_text(at, "direction", which, sizeof which) || strcmp(which, direction) != 0)
            continue;
        assert_true(count < HOLES_MAX);
        offset = tool_number(at, "offset");
        holes[count].begin = (size_t)offset;
        holes[count++].end = (size_t)(offset + tool_number(at, "missing_bytes"));
    }
    return count;
}

static bool is_of(const char *line, const struct stream *s)
{
    const bool c2s = strcmp(s->direction, "c2s") == 0;
    char src[64], dst[64];
    if (strncmp(line, "{\"type\":\"connection\"", 20) != 0) return false;
    if (tool_number(line, "sport") != (c2s ? s->sport : s->dport)) return false;
    if (tool_number(line, "dport") != (c2s ? s->dport : s->sport)) return false;
    assert_true(tool_text(line, "src", src, sizeof src));
    assert_true(tool_text(line, "dst", dst, sizeof dst));
    return strcmp(src, c2s ? s->src : s->dst) == 0 && strcmp(dst, c2s ? s->dst : s->src) == 0;
}

/* Several interfaces see one connection, each its own holes: one of them must be this stream's. */
static bool explained(const struct stream *s, const char *jsonl)
{
    static struct span holes[HOLES_MAX];
    const char *at;
    for (at = jsonl; *at; at = next_line(at)) {
        char opened[16] = "";
        size_t count;
        if (!is_of(at, s)) continue;
        (void)tool_text(at, "opened_by", opened, sizeof opened);
        count = holes_of(jsonl, tool_number(at, "id"), s->direction, holes);
        if (agrees(s, holes, count, strcmp(opened, "syn") == 0)) return true;
    }
    return false;
}

seen seen_compare(const char *folder, const char *jsonl, const exchange *e, size_t count)
{
    seen sum = {0, 0, 0, 0, 0};
    char path[TOOL_PATH_BYTES + 32];
    char *index;
    const char *at;
    (void)snprintf(path, sizeof path, "%s/streams.jsonl", folder);
    index = tool_read(path, NULL);
    for (at = index; *at; at = next_line(at)) {
        struct stream s = read_stream(folder, at);
        if (!find_truth(&s, e, count)) fail_msg("%s: nobody sent that", s.file);
        if (s.length != (size_t)(s.delivered + s.missing))
            fail_msg("%s: %zu bytes, %lld delivered, %lld missing", s.file, s.length,
                     (long long)s.delivered, (long long)s.missing);
        if (!explained(&s, jsonl)) fail_msg("%s: a byte is wrong, or missing in silence", s.file);
        sum.streams++;
        sum.whole += s.missing == 0 && s.length == s.truth_length;
        sum.delivered_bytes += (uint64_t)s.delivered;
        sum.missing_bytes += (uint64_t)s.missing;
        sum.holes += (uint64_t)s.holes;
        free(s.bytes);
    }
    free(index);
    return sum;
}
