/* SPDX-License-Identifier: MIT */
#include "support/capture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lenses/decode.h"
#include "reader.h"

static ptrdiff_t read_file(void *user, void *into, size_t bytes)
{
    return read(*(int *)user, into, bytes);
}

static void *grown(void *array, size_t count, size_t item)
{
    if (count & (count - 1)) return array; /* full at each power of two */
    return realloc(array, (count ? 2 * count : 1) * item);
}

static int same_way(const weir_segment *a, const weir_segment *b)
{
    return a->family == b->family && a->source_port == b->source_port &&
           a->destination_port == b->destination_port && !memcmp(a->source, b->source, 16) &&
           !memcmp(a->destination, b->destination, 16);
}

static weir_segment turned(const weir_segment *segment)
{
    weir_segment back = *segment;
    back.source_port = segment->destination_port;
    back.destination_port = segment->source_port;
    memcpy(back.source, segment->destination, 16);
    memcpy(back.destination, segment->source, 16);
    return back;
}

/* Tags the newest segment: as an earlier one of its direction, or with the next free pair. */
static void tag_newest(capture *c)
{
    weir_segment *newest = &c->segments[c->segment_count - 1];
    weir_segment back = turned(newest);
    for (size_t i = c->segment_count - 1; i-- > 0;) {
        const weir_segment *s = &c->segments[i];
        if (!same_way(s, newest) && !same_way(s, &back)) continue;
        newest->tag = same_way(s, newest) ? s->tag : s->tag ^ 1;
        return;
    }
    newest->tag = c->directions;
    c->directions += 2;
}

static void add_packet(capture *c, int link_type, const weir_packet *packet)
{
    uint8_t *copy = malloc(packet->captured_bytes + 1);
    memcpy(copy, packet->data, packet->captured_bytes);
    c->packets = grown(c->packets, c->packet_count, sizeof *c->packets);
    capture_packet *own = &c->packets[c->packet_count++];
    *own = (capture_packet){.packet = *packet, .link_type = link_type};
    own->packet.data = copy;
    if (!weir_link_type_supported(link_type)) return;
    c->segments = grown(c->segments, c->segment_count, sizeof *c->segments);
    const weir_decoding how = {.checksum = WEIR_CHECKSUM_OFF, .tunnels = WEIR_TUNNELS_ALL};
    weir_decoded decoded;
    int cause = weir_decode_packet(&how, link_type, &own->packet, &decoded);
    if (cause == WEIR_DECODED) {
        c->segments[c->segment_count++] = decoded.segment;
        tag_newest(c);
    }
    c->fragments += cause == WEIR_IGNORED_FRAGMENT;
    c->tunnelled += cause == WEIR_DECODED && decoded.depth != 0;
}

int capture_load(const char *path, capture *into)
{
    int file = open(path, O_RDONLY);
    reader *r = reader_create();
    reader_source source = {.read = read_file, .user = &file};
    reader_batch batch;
    *into = (capture){.packets = NULL};
    if (file < 0 || !r) return -1;
    reader_open(r, &source);
    while (reader_next(r, READER_BATCH_MAX, &batch))
        for (size_t i = 0; i < batch.count; i++)
            add_packet(into, batch.link_type, &batch.packets[i]);
    reader_state state = reader_trouble_of(r)->state;
    reader_destroy(r);
    close(file);
    return state == READER_NO_CAPTURE || state == READER_FAILED ? -1 : 0;
}

void capture_free(capture *c)
{
    for (size_t i = 0; i < c->packet_count; i++)
        free((void *)(uintptr_t)c->packets[i].packet.data);
    free(c->packets);
    free(c->segments);
    *c = (capture){.packets = NULL};
}
