/* SPDX-License-Identifier: MIT */
/*
 * Looking ahead in a batch: what is known of packets before their turn comes.
 *
 *      packets    │ i … i + n │ … i + 2n │
 *      headers     fetched ───────────────>          while those before are taken
 *      segments    decoded, hashed ─>
 *      buckets              fetched ─>  records fetched ─>           only of a large table
 *      records                                             found ─>
 *
 * Nothing is changed here. A packet is decoded and hashed alike at any time, and what was found in
 * the table counts only while no record has come, gone or moved since: so batches of any size give
 * the same callbacks.
 *
 * Memory that was not touched lately takes 100 to 400 ns to come, and ten such loads take as long as
 * one if none waits for another. So bytes are asked for before they are needed: headers always;
 * buckets and records where the table has more than WEIR_AHEAD_RECORDS, which do not fit the caches
 * near a core; of payload, if there is somebody to read it, as much as comes while a packet is dealt
 * with. A batch of one has nothing ahead of it but its own payload, while its connection is found.
 */
#ifndef WEIR_AHEAD_H
#define WEIR_AHEAD_H

#include "rooms/core.h"

#define WEIR_AHEAD_PACKETS 16u   /* looked at in one go */
#define WEIR_AHEAD_NEAR    2u    /* packets until the user reads what is asked for */
#define WEIR_AHEAD_PAYLOAD 768u  /* bytes of each, as a rule: a core brings the rest by itself */
#define WEIR_AHEAD_RECORDS 2048u /* 176 bytes each: 352 KiB */

typedef struct weir_ahead {
    weir_segment segment;
    weir_key key;
    weir_found found; /* what the table had then */
    int plain;        /* 1: these are valid; 0: all lenses are needed */
} weir_ahead;

/* Looks at `count` packets, at most WEIR_AHEAD_PACKETS. */
void weir_ahead_look(weir_core *core, int link_type, const weir_packet *packets, size_t count,
                     weir_ahead *ahead);

/* The first lines of a packet that will be looked at next. */
static inline void weir_ahead_fetch(const weir_packet *packet)
{
    WEIR_PREFETCH(packet->data);
    if (packet->captured_bytes > 64) WEIR_PREFETCH(packet->data + 64);
}

/* The first, whose turn is now: its payload comes while its connection is found. Nothing else is
 * asked for beside it, so there is time for twice as much. */
static inline void weir_ahead_fetch_first(const weir_packet *packet, uint32_t most)
{
    uint64_t bytes = weir_min64(packet->captured_bytes, UINT64_C(2) * most);
    for (uint64_t at = 0; at < bytes; at += 64)
        WEIR_PREFETCH(packet->data + at);
}

/* Payload that will go to the user soon, at most so much of it. */
static inline void weir_ahead_fetch_payload(const weir_ahead *ahead, uint32_t most)
{
    uint32_t bytes = ahead->plain ? weir_min32(ahead->segment.payload_bytes, most) : 0;
    for (uint32_t at = 64; at < bytes; at += 64) /* the first line came with the header */
        WEIR_PREFETCH(ahead->segment.payload + at);
}

#endif
