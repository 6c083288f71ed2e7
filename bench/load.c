/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "input.h"
#include "reader.h"
#include "unpack.h"

/* Where packets go. In the first pass there is no memory yet, and they are only counted. */
typedef struct sink {
    load *load;
    weir_packet *packets; /* NULL: counting */
    uint8_t *data;
    size_t count;
    uint64_t bytes;
    size_t room; /* of load->stretches */
} sink;

static bool fail(const char *what)
{
    (void)fprintf(stderr, "weir-bench: %s\n", what);
    return false;
}

/* ── Stretches ───────────────────────────────────────────────────────────────────────────────── */

static bool begin_stretch(sink *s, int link_type, traffic_phase phase)
{
    load *l = s->load;
    if (l->stretch_count == s->room) {
        const size_t room = s->room ? 2 * s->room : 16;
        load_stretch *more = realloc(l->stretches, room * sizeof *more);
        if (!more) return false;
        l->stretches = more;
        s->room = room;
    }
    l->stretches[l->stretch_count++] = (load_stretch){s->count, link_type, phase};
    return true;
}

static bool continues(const load *l, int link_type, traffic_phase phase)
{
    if (l->stretch_count == 0) return false;
    const load_stretch *last = &l->stretches[l->stretch_count - 1];
    return last->link_type == link_type && last->phase == phase;
}

static bool put(sink *s, const weir_packet *packet, int link_type, traffic_phase phase)
{
    if (s->packets) {
        load *l = s->load;
        if (!continues(l, link_type, phase) && !begin_stretch(s, link_type, phase))
            return fail("no memory for stretches");
        memcpy(s->data + s->bytes, packet->data, packet->captured_bytes);
        s->packets[s->count] = *packet;
        s->packets[s->count].data = s->data + s->bytes;
        l->stretches[l->stretch_count - 1].end = s->count + 1;
    }
    s->count++;
    s->bytes += packet->captured_bytes;
    return true;
}

/* After the first pass: memory for what it counted. */
static bool make_room(sink *s)
{
    load *l = s->load;
    const size_t list = s->count * sizeof(weir_packet);
    l->mapping_bytes = list + s->bytes + 1;
    l->mapping = mmap(NULL, l->mapping_bytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (l->mapping == MAP_FAILED) {
        l->mapping = NULL;
        (void)fprintf(stderr, "weir-bench: no %" PRIu64 " MiB for the packets; lower --scale\n",
                      (uint64_t)l->mapping_bytes >> 20);
        return false;
    }
    l->packets = s->packets = l->mapping;
    s->data = (uint8_t *)l->mapping + list;
    s->count = 0;
    s->bytes = 0;
    return true;
}

static bool finish(const sink *s)
{
    s->load->count = s->count;
    s->load->frame_bytes = s->bytes;
    return s->count > 0 || fail("there are no packets to measure");
}

/* ── A scenario ──────────────────────────────────────────────────────────────────────────────── */

static bool pass_traffic(sink *s, traffic *t)
{
    traffic_packet from;
    while (traffic_next(t, &from)) {
        const weir_packet packet = {.data = from.data,
                                    .time_ns = from.time_ns,
                                    .captured_bytes = from.captured_bytes,
                                    .wire_bytes = from.wire_bytes};
        if (!put(s, &packet, 1, from.phase)) return false;
    }
    return true;
}

bool load_scenario(load *l, const char *scenario, uint64_t seed, double scale)
{
    sink s = {.load = l};
    memset(l, 0, sizeof *l);
    for (int pass = 0; pass < 2; pass++) {
        traffic *t = traffic_open(scenario, seed, scale);
        if (!t) return fail("no memory for the scenario; lower --scale");
        const bool good = (pass == 0 || make_room(&s)) && pass_traffic(&s, t);
        if (pass == 1)
            l->traffic = t;
        else
            traffic_close(t);
        if (!good) return false;
    }
    return finish(&s);
}

/* ── Files ───────────────────────────────────────────────────────────────────────────────────── */

static bool take_batch(sink *s, const reader_batch *batch)
{
    if (!weir_link_type_supported(batch->link_type)) {
        if (s->packets) s->load->left_out += batch->count;
        return true;
    }
    for (size_t i = 0; i < batch->count; i++)
        if (!put(s, &batch->packets[i], batch->link_type, TRAFFIC_TALKING)) return false;
    return true;
}

static bool judge(const reader *r, const unpack *u, const char *path)
{
    const reader_trouble *trouble = reader_trouble_of(r);
    char text[UNPACK_TEXT_BYTES];
    if (trouble->state == READER_COMPLETE) return true;
    if (u->state != UNPACK_GOOD) {
        unpack_explain(u, path, text);
        (void)fprintf(stderr, "weir-bench: %s: %s\n", path, text);
        return false;
    }
    (void)fprintf(stderr, "weir-bench: %s: %s, at byte %" PRIu64 "; see weir run -r %s\n", path,
                  trouble->text ? trouble->text : strerror(trouble->error), trouble->offset, path);
    return false;
}

static bool pass_file(sink *s, reader *r, const char *path)
{
    reader_batch batch;
    input in;
    unpack unpacked;
    bool good = true;
    if (!input_open(&in, path)) return false;
    const reader_source packed = input_source(&in);
    unpack_open(&unpacked, &packed);
    const reader_source source = unpack_source(&unpacked);
    reader_open(r, &source);
    while (good && reader_next(r, READER_BATCH_MAX, &batch) > 0)
        good = take_batch(s, &batch);
    if (!s->packets) s->load->file_bytes += reader_offset(r);
    good = good && judge(r, &unpacked, path);
    unpack_close(&unpacked);
    input_close(&in);
    return good;
}

static bool pass_files(sink *s, reader *r, const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!pass_file(s, r, paths[i])) return false;
    return true;
}

bool load_files(load *l, const char *const *paths, size_t count)
{
    sink s = {.load = l};
    memset(l, 0, sizeof *l);
    for (size_t i = 0; i < count; i++)
        if (input_is_stream(paths[i]))
            return fail("packets are read twice: name a file, not standard input or a pipe");
    reader *r = reader_create();
    if (!r) return fail("no memory for a reader");
    const bool good = pass_files(&s, r, paths, count) && make_room(&s) &&
                      pass_files(&s, r, paths, count) && finish(&s);
    reader_destroy(r);
    return good;
}

bool load_move(load *l)
{
    char *to = mmap(NULL, l->mapping_bytes, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (to == MAP_FAILED) return false;
    memcpy(to, l->mapping, l->mapping_bytes);
    weir_packet *packets = (weir_packet *)(void *)to; /* the list is what the mapping begins with */
    for (size_t i = 0; i < l->count; i++)
        packets[i].data = (uint8_t *)to + (packets[i].data - (const uint8_t *)l->mapping);
    (void)munmap(l->mapping, l->mapping_bytes);
    l->mapping = to;
    l->packets = packets;
    return true;
}

void load_free(load *l)
{
    if (l->mapping) (void)munmap(l->mapping, l->mapping_bytes);
    free(l->stretches);
    traffic_close(l->traffic);
    memset(l, 0, sizeof *l);
}
