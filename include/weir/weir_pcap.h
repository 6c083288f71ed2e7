/* SPDX-License-Identifier: MIT */
/*
 * weir and libpcap: packets of a pcap_t, live or from a file, into an engine.
 *
 *      pcap_t ──> weir_pcap_dispatch ──> weir_engine_packets        the loop is ours
 *      pcap_t ──> pcap_loop ──> your handler ──> weir_pcap_feed     the loop is yours
 *
 * WHAT IT IS. A header and nothing else: all functions are static inline, and libweir itself does
 * not know libpcap. Include it in the files that capture and link those with -lpcap. <pcap.h> wants
 * the BSD types (u_char, u_int): compile with -D_DEFAULT_SOURCE or -D_GNU_SOURCE under -std=c11.
 *
 * THE SIMPLE WAY
 *      while ((taken = weir_pcap_dispatch(engine, pcap, -1, NULL, 0)) > 0) { }
 *      if (taken == WEIR_PCAP_FAILED) fprintf(stderr, "%s\n", pcap_geterr(pcap));
 *
 * BATCHES. libpcap promises one packet at a time: the bytes it shows to a handler are gone when the
 * handler returns. So packets go to the engine one by one, straight from libpcap's buffer and
 * without a copy, unless you lend a weir_pcap_buffer: then they are copied there and go in batches.
 * A batch gives the same callbacks as its packets one by one. The copy pays where the engine's
 * tables miss the cache (hundreds of thousands of connections) and costs where they do not; measure
 * before lending.
 *
 * TIME. Stamps become nanoseconds, whether the pcap_t hands out micro or nanoseconds. A live pcap_t
 * on an idle link says nothing: call weir_engine_advance yourself, at least every 100 ms.
 *
 * THREADS. As the engine: one thread at a time for a pcap_t and its engine.
 *
 * ERRORS are negative. Those of weir (WEIR_ERR_*) are above WEIR_PCAP_FAILED, so the two do not
 * meet.
 */
#ifndef WEIR_WEIR_PCAP_H
#define WEIR_WEIR_PCAP_H

#include <pcap.h>
#include <string.h>

#include "weir/weir.h"

#ifdef __cplusplus
extern "C" {
#endif

/* libpcap reported an error: pcap_geterr(pcap) says which. */
#define WEIR_PCAP_FAILED (-1001)

/* pcap_breakloop was called, and no packet had been taken before it took effect. */
#define WEIR_PCAP_STOPPED (-1002)

/*
 * Memory that the caller lends for batches. It stays yours; weir writes to it during a call of
 * weir_pcap_dispatch and keeps nothing between calls, so that one buffer serves any number of
 * pcap_t in one thread.
 */
typedef struct weir_pcap_buffer {
    uint8_t *data;        /* room for copies of packets */
    size_t data_bytes;    /* how much; a packet larger than this is handed over without a copy */
    weir_packet *packets; /* room for their descriptions */
    size_t max_packets;   /* how many: the largest batch; 32 is a good one, 0 means no batches */
} weir_pcap_buffer;

/*
 * The stamp of a packet in nanoseconds, by the precision that the pcap_t was opened with. A stamp
 * before 1970 is 0.
 */
static inline uint64_t weir_pcap_time_ns(pcap_t *pcap, const struct pcap_pkthdr *header);

/*
 * Describes a packet of libpcap for weir_engine_packets. `data` is lent by libpcap until the
 * handler that got it returns, or until the next pcap_next_ex: *packet dies then. `tag` comes back
 * in the spans of its bytes.
 */
static inline void weir_pcap_packet(weir_packet *packet, pcap_t *pcap,
                                    const struct pcap_pkthdr *header, const u_char *data,
                                    uint32_t tag);

/*
 * Hands one packet to the engine: for use inside a handler of pcap_loop or pcap_dispatch, or after
 * pcap_next_ex. Nothing of `header` and `data` is kept. Not inside a callback of weir.
 * Returns WEIR_OK, or what weir_engine_packets answers: WEIR_ERR_LINK_TYPE if pcap_datalink(pcap)
 * is not supported, WEIR_ERR_BUSY, WEIR_ERR_ARGUMENT. WEIR_PCAP_FAILED if the pcap_t is not
 * activated.
 */
static inline int weir_pcap_feed(weir_engine *engine, pcap_t *pcap,
                                 const struct pcap_pkthdr *header, const u_char *data,
                                 uint32_t tag);

/*
 * Reads packets as pcap_dispatch does and hands them to the engine: at most max_packets, or, if
 * that is 0 or less, as many as libpcap gives in one go (a file: all; live: one buffer of the
 * kernel's). `lend` may be NULL. All packets read have been taken when it returns; none waits in
 * `lend`. pcap_breakloop ends it, also from a callback of weir.
 *
 * Returns the packets taken; 0 at the end of a file, and when a live capture had none within its
 * timeout; or an error. WEIR_ERR_LINK_TYPE, WEIR_ERR_ARGUMENT (engine or pcap is NULL) and
 * WEIR_ERR_BUSY are told before a packet is read. WEIR_PCAP_FAILED and WEIR_PCAP_STOPPED: packets
 * read before the failure have been taken.
 */
static inline int weir_pcap_dispatch(weir_engine *engine, pcap_t *pcap, int max_packets,
                                     const weir_pcap_buffer *lend, uint32_t tag);

/* ──────────────────────────────────────────────────────────────────── below: how, not what */

static inline uint64_t weir_pcap_time_ns(pcap_t *pcap, const struct pcap_pkthdr *header)
{
    /* libpcap keeps nanoseconds in tv_usec where the precision says so. */
    const int nano = pcap_get_tstamp_precision(pcap) == PCAP_TSTAMP_PRECISION_NANO;
    const int64_t seconds = (int64_t)header->ts.tv_sec;
    const int64_t fraction = (int64_t)header->ts.tv_usec;
    if (seconds < 0 || fraction < 0) return 0;
    return (uint64_t)seconds * WEIR_SECOND + (uint64_t)fraction * (nano ? 1u : 1000u);
}

static inline void weir_pcap_packet(weir_packet *packet, pcap_t *pcap,
                                    const struct pcap_pkthdr *header, const u_char *data,
                                    uint32_t tag)
{
    packet->data = data;
    packet->time_ns = weir_pcap_time_ns(pcap, header);
    packet->captured_bytes = header->caplen;
    packet->wire_bytes = header->len > header->caplen ? header->len : header->caplen;
    packet->tag = tag;
    packet->reserved = 0;
}

static inline int weir_pcap_feed(weir_engine *engine, pcap_t *pcap,
                                 const struct pcap_pkthdr *header, const u_char *data, uint32_t tag)
{
    const int link_type = pcap_datalink(pcap);
    weir_packet packet;
    if (link_type < 0) return WEIR_PCAP_FAILED;
    weir_pcap_packet(&packet, pcap, header, data, tag);
    return weir_engine_packets(engine, link_type, &packet, 1, NULL);
}

/* One weir_pcap_dispatch: what its handler needs to know. */
struct weir_pcap_run_ {
    weir_engine *engine;
    pcap_t *pcap;
    const weir_pcap_buffer *lend; /* NULL: no batches */
    size_t count;                 /* packets waiting in it */
    size_t used_bytes;            /* bytes waiting in it */
    size_t taken;
    int link_type;
    int error; /* the first; then the loop is broken */
    uint32_t tag;
};

static inline void weir_pcap_hand_over_(struct weir_pcap_run_ *run, const weir_packet *packets,
                                        size_t count)
{
    const int error = run->error
                          ? run->error
                          : weir_engine_packets(run->engine, run->link_type, packets, count, NULL);
    if (error == WEIR_OK) {
        run->taken += count;
        return;
    }
    run->error = error;
}

static inline void weir_pcap_empty_(struct weir_pcap_run_ *run)
{
    if (run->count > 0) weir_pcap_hand_over_(run, run->lend->packets, run->count);
    run->count = 0;
    run->used_bytes = 0;
}

static inline void weir_pcap_handler_(u_char *user, const struct pcap_pkthdr *header,
                                      const u_char *data)
{
    struct weir_pcap_run_ *run = (struct weir_pcap_run_ *)(void *)user;
    const weir_pcap_buffer *lend = run->lend;
    weir_packet packet;
    weir_pcap_packet(&packet, run->pcap, header, data, run->tag);
    if (lend && (run->count == lend->max_packets ||
                 packet.captured_bytes > lend->data_bytes - run->used_bytes))
        weir_pcap_empty_(run);
    if (!lend || packet.captured_bytes > lend->data_bytes) {
        weir_pcap_hand_over_(run, &packet, 1);
    } else {
        packet.data = lend->data + run->used_bytes;
        memcpy(lend->data + run->used_bytes, data, packet.captured_bytes);
        run->used_bytes += packet.captured_bytes;
        lend->packets[run->count++] = packet;
    }
    if (run->error != WEIR_OK) pcap_breakloop(run->pcap);
}

static inline int weir_pcap_dispatch(weir_engine *engine, pcap_t *pcap, int max_packets,
                                     const weir_pcap_buffer *lend, uint32_t tag)
{
    const int batches = lend && lend->data && lend->packets && lend->max_packets > 0;
    struct weir_pcap_run_ run = {engine, pcap, batches ? lend : NULL, 0, 0, 0, 0, WEIR_OK, tag};
    weir_packet none;
    int answer;
    if (!engine || !pcap) return WEIR_ERR_ARGUMENT;
    run.link_type = pcap_datalink(pcap);
    if (run.link_type < 0) return WEIR_PCAP_FAILED;
    /* An empty batch: refuses what would be refused later, while no packet is lost by it. */
    answer = weir_engine_packets(engine, run.link_type, &none, 0, NULL);
    if (answer != WEIR_OK) return answer;
    answer = pcap_dispatch(pcap, max_packets > 0 ? max_packets : -1, weir_pcap_handler_,
                           (u_char *)(void *)&run);
    weir_pcap_empty_(&run);
    if (run.error != WEIR_OK) return run.error;
    if (answer == PCAP_ERROR_BREAK) return run.taken > 0 ? (int)run.taken : WEIR_PCAP_STOPPED;
    if (answer < 0) return WEIR_PCAP_FAILED;
    return (int)run.taken;
}

#ifdef __cplusplus
}
#endif
#endif
