/* SPDX-License-Identifier: MIT */
/*
 * One direction of a connection, for the model: all that was fed for it, byte by byte, and what came out.
 *
 *      place    of a sequence number: 0 is the one that was expected when the first payload came
 *      base     the place of offset 0, known from the first event on
 *      next     the offset up to which events have come
 */
#ifndef WEIR_TESTS_MODEL_SIDE_H
#define WEIR_TESTS_MODEL_SIDE_H

#include "support/model_keep.h"
#include "support/tape.h"
#include "weir/weir.h"

struct model;

/* A number in a header that may matter later: an ACK, a FIN, a SYN. */
typedef struct model_mark {
    uint64_t clock_ns;
    uint32_t seq;
} model_mark;

typedef struct model_marks {
    model_mark *list;
    size_t count, room;
} model_marks;

/* A segment with payload, or cut, or a FIN. */
typedef struct model_source {
    uint64_t packet, time_ns;
    uint32_t seq, length, wire;
} model_source;

typedef struct model_side {
    tape bytes;
    uint32_t anchor; /* sequence number of place 0 */
    int anchored, based;
    int64_t base;
    int64_t top; /* one past the highest place that arrived or was passed */
    uint64_t next;
    uint64_t was_next; /* before this packet */
    uint64_t data_end; /* of the last data that was delivered */
    uint64_t held;     /* cells beyond next that wait */
    uint64_t payload, delivered, missing;
    uint64_t
        waits_ns; /* its front hole cannot be older: the last event, or since something waits */
    uint64_t holes;
    int64_t last_hole[2]; /* places; */
    uint32_t last_offers; /* late bytes of it that were offered: how often */
    uint64_t moved_at;    /* the packet of the last hole, or that fixed the base */
    uint64_t stop;        /* UINT64_MAX: none */
    model_marks acks;     /* of this side's bytes */
    model_marks fins;
    model_marks urgents; /* urgent bytes of segments that arrived; instead of the time, the place */
    model_marks
        offers; /* ACKs that were surely taken; instead of the time, the window that came with each */
    model_mark stamp; /* the last time stamp that surely counted */
    int stamped;      /* … is valid */
    int crowded;      /* more of them were ahead at once than weir remembers */
    uint64_t taken;   /* urgent bytes that were taken out */
    model_kept kept;
    model_marks fars; /* ends of segments that were refused as too far */
    model_source *sources;
    size_t source_count, source_room;
} model_side;

/* What became of each byte of the payload in hand. */
enum {
    MODEL_OUTSIDE,
    MODEL_FRESH,
    MODEL_EQUAL,
    MODEL_DIFFERENT,
    MODEL_UNSURE, /* equal or different */
    MODEL_PASSED
};

/* The payload in hand: bytes [begin, end) of it have arrived in `side`. */
typedef struct model_arrival {
    model_side *side; /* NULL: nothing has */
    int64_t place;    /* of its first byte */
    uint32_t begin, end, length;
    int based;     /* the side was, before it came: conflicts are told */
    uint8_t *what; /* by byte: MODEL_* */
    uint32_t room;
    uint64_t counts[MODEL_PASSED + 1];
} model_arrival;

/* Prints and ends the program. */
_Noreturn void model_fail(const struct model *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void model_mark_add(model_marks *marks, uint32_t seq, uint64_t clock_ns);
int model_mark_has(const model_marks *marks, uint32_t seq);

/* The place of a sequence number, nearest to what is expected next. */
int64_t model_place(const model_side *side, uint32_t seq);

/* Notes a segment that may be named as the origin of bytes. */
void model_source_add(struct model *m, model_side *side, const weir_segment *segment);

/* 1 if nothing more is wanted of it. */
int model_side_over(const model_side *side);

/* [begin, end) of the payload have arrived, or what is left of them after more was discarded. */
void model_arrive(struct model *m, model_side *side, const weir_segment *segment, uint32_t begin,
                  uint32_t end);

/* The first event fixes where offset 0 is. */
void model_side_base(struct model *m, model_side *side, uint32_t base_seq);

/* The events, verified. */
void model_side_data(struct model *m, model_side *side, const weir_span *span);
void model_side_hole(struct model *m, model_side *side, const weir_hole *hole);
void model_side_late(struct model *m, model_side *side, const weir_span *span);

/* Nothing is held at offset `top`, where the side is, or beyond: what waited there was dropped, so the receiver must
 * have acknowledged an end there. Returns how many bytes that were. */
uint64_t model_side_end(struct model *m, model_side *side, uint64_t top);

void model_side_urgent(struct model *m, model_side *side, const weir_span *span);

/* The engine is at `offset`: up to there urgent bytes were dropped without a word, and nothing else. */
void model_side_pass(struct model *m, model_side *side, uint64_t offset);

/* Notes the urgent byte of the segment in hand, which has arrived. */
void model_urgent_add(const struct model *m, model_side *side);

/* The segment in hand was refused for where it lies, or for its time stamp; or it was not refused for that. What it
 * says that may matter later is noted. */
void model_check_window(const struct model *m, const model_side *side);
void model_check_stamp(const struct model *m, model_side *side, int refused);
void model_offer(const struct model *m, model_side *side);
void model_side_conflict(const struct model *m, const model_side *side,
                         const weir_conflict *conflict);

/* What came of the last hole with the packet in hand was offered. */
void model_side_offered(const struct model *m, const model_side *side);

/* All but `left` bytes that wait were discarded: those of the packet in hand last. */
void model_side_drop(struct model *m, model_side *side, uint64_t left);

void model_side_free(model_side *side);

#endif
