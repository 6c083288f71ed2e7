/* SPDX-License-Identifier: MIT */
/*
 * weir: TCP streams from packets, inside one memory budget.
 *
 *      packets ──> engine ──> open, data, hole, late, close      (your callbacks)
 *                    │
 *                    └── pool: every byte of it, for all engines, under one limit
 *
 * WHAT IT IS. You capture packets, weir gives you the bytes of each TCP direction in order. A
 * capture loses packets that the receiver got; nobody will send them again. weir waits for them as
 * long as the evidence says it is worth it, then tells you exactly what is missing and goes on.
 *
 * WHAT IT IS NOT. No capture loop, no threads of its own, no parser of application protocols, no
 * TLS. It never reads a clock, never prints, and never calls malloc.
 *
 * MEMORY. weir_pool_config.limit_bytes bounds everything: bytes held behind holes, connection
 * records, tables, and the bookkeeping of all engines on the pool. Address space is reserved once;
 * the library takes memory from nowhere else. In-order data is never copied and needs none of it;
 * what comes first of a direction whose SYN was not seen waits for what may lie before it: until an
 * ACK tells, or 10 ms.
 *
 * THREADS. A weir_pool is thread-safe and shared. A weir_engine belongs to one thread at a time,
 * and so does all that it hands out. Engines on one pool take no lock on the packet path but to
 * move pages to and from their own small stock. An engine must be called (weir_engine_packets or
 * weir_engine_advance) at least every 100 ms, or others cannot have back what it holds.
 *
 * TIME is packet time, in nanoseconds since any epoch. It moves when packets arrive and when you
 * call weir_engine_advance. It never goes back; see clock_back and clock_doubted below. After 64
 * stamps in a row that are more than 10 s behind it follows them, from where it is: then
 * weir_engine_now, start_ns and the like are ahead of stamps by what was between.
 *
 * THE LIFE OF A CONNECTION
 *      on_open      its SYN was seen, or its first payload (taken up midstream)
 *      on_data      bytes in order, spans that point into your packet or into the pool
 *      on_hole      bytes that will not come: where, how many, why, how long waited
 *      on_late      bytes of such a hole that came after all, for those who can still use them
 *      on_conflict  bytes that came twice with different values: which were kept, which lost
 *      on_urgent    a byte that was taken out of the stream as urgent, where you want that
 *      on_unkept    bytes that you keep (weir_conn_keep) and that had to go
 *      on_close     exactly once for each on_open
 *
 * FRAGMENTS. IP packets that come in pieces are joined, IPv4 and IPv6, inside the pool and within
 * frag_share_percent of its limit, oldest first to go. A piece that waits is counted in
 * fragments_held; when its packet is whole it is in fragments_joined, and the piece that completed
 * it is counted as what the packet is. Its time and tag are those of all bytes of the packet. A
 * packet is given up, and its pieces ignored (`fragment`), if they
 *      do not come in fragment_timeout_ns         timed_out_datagrams
 *      contradict each other about its end, or
 *      overlap (IPv6, RFC 5722)                   conflicting_datagrams
 *      were cut by the capture so that nobody
 *      can tell what lies where                   cut_datagrams
 *      find no memory                             evicted_datagrams
 * or if its first piece does not hold all headers (IPv6, RFC 8200 section 4.5). Pieces of IPv4 that
 * overlap are joined by fragment_overlap; with WEIR_OVERLAP_LINUX their packet is given up as with
 * IPv6, which is what Linux does. A piece without bytes, one that ends beyond 65,535, and
 * one that is not the last and no multiple of 8 bytes long are `malformed`. What the first piece
 * shows to be no TCP is `not_tcp` or `tunnel` at once. Where the capture cut pieces, the segment is
 * cut at the first byte that is missing.
 *
 * CALLBACKS. What each returns, what may be called inside, what is valid until when:
 *
 *      callback      returns           borrowed until it returns
 *      on_open       weir_verdict      conn
 *      on_data       nothing           conn, spans, and the bytes they point to
 *      on_hole       nothing           conn, hole
 *      on_urgent     nothing           conn, span, and the byte it points to
 *      on_late       nothing           conn, span, and the bytes it points to
 *      on_conflict   nothing           conn, conflict, and the bytes it points to
 *      on_unkept     nothing           conn
 *      on_close      nothing           conn; its weir_ref finds nothing from then on
 *      on_watermark  nothing           -
 *
 *      call                              inside a callback   between calls into the engine
 *      weir_conn_*                       yes                 yes, on what weir_engine_find lent
 *      weir_engine_find, _stats, _now,   yes                 yes
 *        _next_deadline
 *      weir_pool_memory, _stats,         yes                 yes, and from any thread
 *        _set_limit, _trim
 *      weir_pool_create,                 yes                 yes
 *        weir_engine_create
 *      weir_engine_packets, _segments,   WEIR_ERR_BUSY       yes
 *        _advance, _flush, _destroy,
 *        _check
 *      weir_pool_destroy                 WEIR_ERR_BUSY       WEIR_ERR_BUSY while it has engines
 *
 * What you change inside a callback of the connection that it is about takes effect when the
 * callback returns; ignore and stop of another connection take effect at once. on_close of a
 * connection that you close comes when the packet in hand is dealt with, or, between calls, with
 * the next packet, advance or flush. No callback is called from inside one.
 *
 * ERRORS AND VERDICTS. A negative int is an error: misuse, or a refusal (WEIR_ERR_*), and nothing
 * was changed. What a packet contains is never an error: it is a counted verdict.
 *
 * Structs that begin with struct_size are set up by their _init function, so that a program built
 * against an older header keeps working with a newer library.
 */
#ifndef WEIR_WEIR_H
#define WEIR_WEIR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && !defined(WEIR_STATIC)
#define WEIR_API __attribute__((visibility("default")))
#else
#define WEIR_API
#endif

/* ──────────────────────────────────────────────────────────────────────────────── version
 * ABI policy: the soname carries WEIR_VERSION_MAJOR. While it is 0, a minor version may change the
 * ABI. From 1 on, functions are only added, structs with struct_size only grow at their end, enum
 * values are only appended. weir_packet, weir_segment, weir_span and weir_ref do not change within
 * a major version: their reserved fields must be 0. Nobody looks at reserved fields yet.
 */
#define WEIR_VERSION_MAJOR 0
#define WEIR_VERSION_MINOR 1
#define WEIR_VERSION_PATCH 0
#define WEIR_VERSION       "0.1.0"

/* The version of the library that is linked, as "major.minor.patch". Static storage. */
WEIR_API const char *weir_version(void);

/* ───────────────────────────────────────────────────────────────────────── lists of names
 * Each list is written once: the enum, the names in reports (weir_*_name) and the tests come
 * from it.
 */

/* Errors: X(constant, value, what to tell the user). */
#define WEIR_ERRORS(X)                                                                             \
    X(WEIR_OK, 0, "no error")                                                                      \
    X(WEIR_ERR_ARGUMENT, -1, "an argument is null, or out of its range")                           \
    X(WEIR_ERR_STRUCT_SIZE, -2, "struct_size is not set: call the matching _init function first")  \
    X(WEIR_ERR_BUSY, -3, "not possible now: called inside a callback, or the pool has engines")    \
    X(WEIR_ERR_MEMORY, -4, "the pool's limit, or the system, refuses the memory")                  \
    X(WEIR_ERR_LIMIT_TOO_SMALL, -5, "limit too small: raise it (see weir_pool_smallest_limit)")    \
    X(WEIR_ERR_LIMIT_TOO_LARGE, -6,                                                                \
      "limit above ceiling_bytes, or more than the page size can index")                           \
    X(WEIR_ERR_PAGE_SIZE, -7, "page_bytes must be 1024, 2048, 4096, 8192 or 16384")                \
    X(WEIR_ERR_SHARE, -8, "a share must be 1 to 90 percent, and shares together at most 95")       \
    X(WEIR_ERR_CONN_LIMIT, -9, "conn_held_bytes must be at least 65536 and at most the limit")     \
    X(WEIR_ERR_CONN_RECORDS, -10, "conn_records must be 64 to 1048576")                            \
    X(WEIR_ERR_TIMEOUT, -11, "a timeout must be 1 ms to 30 days")                                  \
    X(WEIR_ERR_POLICY, -12,                                                                        \
      "unknown overlap policy, checksum mode, tunnel or treatment of urgent data")                 \
    X(WEIR_ERR_ENGINES, -13, "the pool has max_engines engines already")                           \
    X(WEIR_ERR_LINK_TYPE, -14, "link type not supported")                                          \
    X(WEIR_ERR_STALE, -15, "the connection is gone")                                               \
    X(WEIR_ERR_CHECK, -16, "an internal equation does not hold: please report it")                 \
    X(WEIR_ERR_RECENT, -17, "recent_bytes must be at most 65536")                                  \
    X(WEIR_ERR_KEEP, -18, "more than may be kept: 65536 bytes, conn_held_bytes with what is held")

/* Why a packet was not looked at as TCP of a connection: X(ENUM, name). Counts packets. */
#define WEIR_IGNORED(X)                                                                            \
    X(NOT_IP, "not_ip")                     /* no IPv4 or IPv6 found by the link type's rules */   \
    X(NOT_TCP, "not_tcp")                   /* another protocol in it */                           \
    X(MALFORMED, "malformed")               /* a header contradicts itself */                      \
    X(TRUNCATED_HEADER, "truncated_header") /* the capture ends inside a header */                 \
    X(FRAGMENT, "fragment")                 /* a piece of an IP packet that was not joined */      \
    X(TUNNEL, "tunnel") /* a tunnel that is not opened: switched off, or nested too deeply */      \
    X(ENCRYPTED, "encrypted")         /* the frame's payload is (802.11, MACsec) */                \
    X(CHECKSUM, "checksum")           /* WEIR_CHECKSUM_ON, and it is wrong */                      \
    X(NO_CONNECTION, "no_connection") /* pure ACK, FIN or RST of nothing known; midstream off */   \
    X(NO_MEMORY, "no_memory")         /* no record could be had */                                 \
    X(OTHER_SHARD, "other_shard")     /* TCP of a flow that is another shard's (shard_count) */

/* Why payload of a connection was not delivered: X(ENUM, name). Counts bytes. */
#define WEIR_DISCARDED(X)                                                                          \
    X(LATE, "late")               /* their hole had been given up; see on_late */                  \
    X(CONFLICT, "conflict")       /* other bytes were kept at the same place */                    \
    X(RST, "rst")                 /* payload of a reset */                                         \
    X(AFTER_FIN, "after_fin")     /* beyond the end of the direction */                            \
    X(BEFORE_BASE, "before_base") /* before the first byte of a stream taken up midstream */       \
    X(WINDOW, "window")           /* too far ahead to be of this stream, or beyond its window */   \
    X(IMPLAUSIBLE,                                                                                 \
      "implausible")          /* waited behind more than 1 MiB of nothing while data went on */    \
    X(KEEPALIVE, "keepalive") /* a probe's byte */                                                 \
    X(URGENT, "urgent")       /* urgent data taken out of the stream */                            \
    X(IGNORED, "ignored")     /* you did not want it */                                            \
    X(CLOSED, "closed")       /* the connection was closed */                                      \
    X(CANDIDATE, "candidate") /* of a new connection on a live tuple, not yet believed */          \
    X(PAWS, "paws")           /* its time stamp is older than the last one, where that is checked */

/* Why weir stopped waiting for missing bytes: X(ENUM, name). */
#define WEIR_HOLE_CAUSES(X)                                                                        \
    X(ACKED, "acked")         /* the receiver acknowledged past it: it has the bytes */            \
    X(TIMEOUT, "timeout")     /* hole_timeout_ns passed */                                         \
    X(CONN_CAP, "conn_cap")   /* the connection's own cap was reached */                           \
    X(POOL_CAP, "pool_cap")   /* the pool's limit was reached, and this one was to pay first */    \
    X(TRUNCATED, "truncated") /* the capture cut the packet (snaplen) */                           \
    X(CLOSE, "close")         /* the connection ended */                                           \
    X(FLUSH, "flush")         /* you asked */

/* Why a connection ended: X(ENUM, name). */
#define WEIR_CLOSE_CAUSES(X)                                                                       \
    X(FIN, "fin")           /* both directions ended, as far as seen */                            \
    X(RST, "rst")           /* reset */                                                            \
    X(IDLE, "idle")         /* silent for idle_ns, or half_open_ns */                              \
    X(EVICTED, "evicted")   /* its record was needed for another */                                \
    X(REPLACED, "replaced") /* a new connection took its addresses and ports */                    \
    X(END, "end")           /* weir_engine_flush, weir_engine_destroy, or weir_conn_close */

/*
 * Who wins when the same byte arrives twice with different values: X(ENUM, name). A byte that was
 * delivered has won already. The last four do what the receiving host would have done with the
 * same segments, so that you see what it saw; where only two segments overlap they are:
 *      linux      the one that begins first; from the same begin the longer; else the stored one
 *      bsd        the one that begins first, else the stored one
 *      old-linux  as linux, but from the same begin the new one unless it is shorter
 *      solaris    the new one if it covers the stored one, or begins later and ends later
 * and beyond that they keep the books of the receiver's queue (hold/contest.h). There is no
 * policy for Windows: there are no published measurements to test one against.
 */
#define WEIR_OVERLAPS(X)                                                                           \
    X(FIRST, "first")         /* the byte that arrived first */                                    \
    X(LAST, "last")           /* the byte that arrived last */                                     \
    X(LINUX, "linux")         /* Linux since 4.9 */                                                \
    X(BSD, "bsd")             /* FreeBSD since 12.1 */                                             \
    X(OLD_LINUX, "old-linux") /* Linux up to 2.2 */                                                \
    X(SOLARIS, "solaris")     /* Solaris, illumos */

/* Tunnels that are opened: X(ENUM, name). See weir_engine_config.tunnels. */
#define WEIR_TUNNELS(X)                                                                            \
    X(IPIP, "ipip")       /* IPv4 in IPv4 (RFC 2003) */                                            \
    X(4IN6, "4in6")       /* IPv4 in IPv6 (RFC 2473) */                                            \
    X(6IN4, "6in4")       /* IPv6 in IPv4 (RFC 4213; 6to4, 6rd, ISATAP) */                         \
    X(6IN6, "6in6")       /* IPv6 in IPv6 (RFC 2473; SRv6) */                                      \
    X(ETHERIP, "etherip") /* Ethernet in IP (RFC 3378) */                                          \
    X(MPLS, "mpls")       /* MPLS in IP or UDP (RFC 4023, RFC 7510); on a link it is no tunnel */  \
    X(GRE, "gre")         /* GRE in IP or UDP (RFC 2784, 2890, 8086); NVGRE; WCCP */               \
    X(ERSPAN, "erspan")   /* mirrored frames in GRE, types I, II and III */                        \
    X(PPTP, "pptp")       /* PPP in GRE version 1 (RFC 2637) */                                    \
    X(VXLAN, "vxlan")     /* RFC 7348, UDP ports 4789, 8472; VXLAN-GPE, 4790 */                    \
    X(GENEVE, "geneve")   /* RFC 8926, UDP port 6081 */                                            \
    X(GTP, "gtp")         /* GTP-U version 1 (3GPP TS 29.281), UDP port 2152 */                    \
    X(TEREDO, "teredo")   /* IPv6 in UDP (RFC 4380), port 3544 */                                  \
    X(L2TP, "l2tp")       /* PPP in L2TP version 2 (RFC 2661), UDP port 1701 */

/* What becomes of urgent data: X(ENUM, name). One byte is urgent: the one in front of where the
 * urgent pointer points, as hosts have it (RFC 6093, section 3). Taken out, its offset counts as
 * ignored and the byte as discarded (`urgent`). A direction remembers 8 urgent bytes ahead of what
 * was delivered; those beyond, and all while there is no memory to note them, stay in the stream.
 */
#define WEIR_URGENTS(X)                                                                            \
    X(INLINE, "inline")   /* it stays in the stream */                                             \
    X(OUT_OF_BAND, "oob") /* it is taken out and given to on_urgent */                             \
    X(DROPPED, "drop")    /* it is taken out */

/* What became of a packet: X(ENUM, name). From WEIR_PACKET_IGNORED on: that plus a weir_ignored. */
#define WEIR_PACKET_VERDICTS(X)                                                                    \
    X(CONTROL, "control")     /* of a connection, no payload */                                    \
    X(DELIVERED, "delivered") /* at least one new byte went out */                                 \
    X(HELD, "held")           /* at least one byte waits behind a hole, or for what came first */  \
    X(DUPLICATE, "duplicate") /* nothing new in it */                                              \
    X(DISCARDED, "discarded") /* payload, all of it discarded */                                   \
    X(FRAGMENT, "fragment")   /* a piece of an IP packet that waits for the others */

/* Plain counters of weir_stats: X(name, meaning). See CAUSES below for those that are split. */
#define WEIR_COUNTERS(X)                                                                           \
    X(packets, "packets handed in; those of an aggregate of 802.11 count each")                    \
    X(tcp_segments, "of them TCP with a whole header")                                             \
    X(tunnelled_segments, "of these, in a tunnel")                                                 \
    X(connections, "connections opened")                                                           \
    X(evicted, "of them closed to make room")                                                      \
    X(payload_bytes, "captured payload of tracked connections")                                    \
    X(delivered_bytes, "of it given to on_data")                                                   \
    X(duplicate_bytes, "of it seen before, and equal or delivered already")                        \
    X(held_bytes, "of it waiting now: behind holes, or for what came first")                       \
    X(held_peak_bytes, "the most that ever waited")                                                \
    X(missing_bytes, "bytes in holes that were given up")                                          \
    X(ignored_bytes, "offsets passed over: not wanted, or an urgent byte taken out")               \
    X(late_bytes, "offered to on_late")                                                            \
    X(unkept_bytes, "kept by weir_conn_keep, and given up for want of memory")                     \
    X(conflict_bytes, "came twice with different values")                                          \
    X(duplicate_packets, "captured twice (same packet within 10 ms)")                              \
    X(retransmitted_segments, "sent again by the sender")                                          \
    X(out_of_order_segments, "arrived ahead of missing bytes")                                     \
    X(bad_checksums, "TCP checksums that do not fit, where computed")                              \
    X(clock_back, "packets stamped before the clock; the clock stayed")                            \
    X(clock_doubted, "packets stamped more than 10 s ahead; not believed at once")                 \
    X(resets_doubted,                                                                              \
      "resets whose sequence number proves nothing, or whose signature does not fit")              \
    X(fins_cancelled, "ends of stream that later traffic disproved")                               \
    X(candidates_dropped, "SYNs on a live tuple that came to nothing")                             \
    X(partial_connections, "closed without their rare counters, for want of memory")               \
    X(fragments_held, "pieces of IP packets that wait for the others now")                         \
    X(fragments_joined, "pieces that waited until another completed their packet")                 \
    X(fragments_duplicate, "pieces that came twice")                                               \
    X(fragments_overlapping, "pieces that overlap others of their packet")                         \
    X(fragments_tiny, "first pieces too short for the headers, second ones inside TCP's")          \
    X(joined_datagrams, "IP packets that were joined")                                             \
    X(conflicting_datagrams, "IP packets given up: their pieces overlap or contradict each other") \
    X(cut_datagrams, "IP packets given up: the capture cut their pieces")                          \
    X(timed_out_datagrams, "IP packets given up: pieces did not come in fragment_timeout_ns")      \
    X(evicted_datagrams, "IP packets given up for want of memory")

#define WEIR_ENUM_(prefix, NAME) prefix##NAME

typedef enum weir_error {
#define X(name, value, text) name = value,
    WEIR_ERRORS(X)
#undef X
} weir_error;

typedef enum weir_ignored {
#define X(NAME, text) WEIR_IGNORED_##NAME,
    WEIR_IGNORED(X)
#undef X
        WEIR_IGNORED_COUNT
} weir_ignored;

typedef enum weir_discarded {
#define X(NAME, text) WEIR_DISCARDED_##NAME,
    WEIR_DISCARDED(X)
#undef X
        WEIR_DISCARDED_COUNT
} weir_discarded;

typedef enum weir_hole_cause {
#define X(NAME, text) WEIR_HOLE_##NAME,
    WEIR_HOLE_CAUSES(X)
#undef X
        WEIR_HOLE_CAUSE_COUNT
} weir_hole_cause;

typedef enum weir_close_cause {
#define X(NAME, text) WEIR_CLOSE_##NAME,
    WEIR_CLOSE_CAUSES(X)
#undef X
        WEIR_CLOSE_CAUSE_COUNT
} weir_close_cause;

typedef enum weir_overlap {
#define X(NAME, text) WEIR_OVERLAP_##NAME,
    WEIR_OVERLAPS(X)
#undef X
        WEIR_OVERLAP_COUNT
} weir_overlap;

typedef enum weir_tunnel {
#define X(NAME, text) WEIR_TUNNEL_##NAME,
    WEIR_TUNNELS(X)
#undef X
        WEIR_TUNNEL_COUNT
} weir_tunnel;

/* All bits of weir_engine_config.tunnels. */
#define WEIR_TUNNELS_ALL ((UINT32_C(1) << WEIR_TUNNEL_COUNT) - 1)

typedef enum weir_urgent {
#define X(NAME, text) WEIR_URGENT_##NAME,
    WEIR_URGENTS(X)
#undef X
        WEIR_URGENT_COUNT
} weir_urgent;

typedef enum weir_packet_verdict {
#define X(NAME, text) WEIR_PACKET_##NAME,
    WEIR_PACKET_VERDICTS(X)
#undef X
        WEIR_PACKET_IGNORED /* + weir_ignored */
} weir_packet_verdict;

/* Names as they stand in reports, "?" for a value that is none. Static storage. */
WEIR_API const char *weir_error_text(int error);
WEIR_API const char *weir_ignored_name(int cause);
WEIR_API const char *weir_discarded_name(int cause);
WEIR_API const char *weir_hole_cause_name(int cause);
WEIR_API const char *weir_close_cause_name(int cause);
WEIR_API const char *weir_overlap_name(int policy);
WEIR_API const char *weir_tunnel_name(int tunnel);
WEIR_API const char *weir_urgent_name(int urgent);
WEIR_API const char *weir_packet_verdict_name(int verdict);

/* ───────────────────────────────────────────────────────────────────────── objects, times */

typedef struct weir_pool weir_pool;     /* the budget; thread-safe */
typedef struct weir_engine weir_engine; /* one capture thread's reassembler */
typedef struct weir_conn weir_conn;     /* a connection, while it is lent to you */

/* Directions. Client to server is the way of the SYN; without one, see weir_conn_info. */
typedef enum weir_direction { WEIR_C2S = 0, WEIR_S2C = 1 } weir_direction;

#define WEIR_MILLISECOND UINT64_C(1000000)    /* in ns */
#define WEIR_SECOND      UINT64_C(1000000000) /* in ns */
#define WEIR_NEVER       UINT64_MAX /* where a time says that it may be this: no timeout */

/* ─────────────────────────────────────────────────────────────────────────────── the pool */

/*
 * Where the pool's memory comes from. Leave it zero for the system's (Linux: one private mapping
 * without access, committed with mprotect so that a refusal is an error and not a kill, given back
 * with MADV_DONTNEED). Supply it for a fixed arena, a memfd, huge pages, or a test that refuses.
 *
 * Contract: reserve returns an address aligned to unit_bytes, or NULL. commit makes [address,
 * address + bytes) readable and writable and returns 0, or refuses with another value and changes
 * nothing; it is called on a range once before its first use and not again after give_back. It runs
 * up to 64 KiB ahead of use in each of four areas (engines, scratch, descriptors, pages). What it is
 * ahead is neither in committed_bytes nor bounded by the limit: so it must not touch memory that
 * nobody has asked for.
 * give_back returns 0 when the memory went back to the system and reads as zero from then on;
 * another value means that it did not (it is then counted as kept). release takes back what reserve
 * gave. Addresses and sizes are multiples of unit_bytes. Calls come from any thread that uses the
 * pool, never two at once for one range. None may call weir.
 */
typedef struct weir_platform {
    void *user;          /* passed back in each call */
    uint64_t unit_bytes; /* smallest piece that goes back; a power of two, 4096 to 2 MiB */
    void *(*reserve)(void *user, uint64_t bytes);
    int (*commit)(void *user, void *address, uint64_t bytes);
    int (*give_back)(void *user, void *address, uint64_t bytes);
    void (*release)(void *user, void *address, uint64_t bytes);
} weir_platform;

typedef struct weir_pool_config {
    size_t struct_size;
    /* bounds everything; default 64 MiB; smallest: weir_pool_smallest_limit */
    uint64_t limit_bytes;
    /* address space reserved: the most that weir_pool_set_limit can ever set; default 0, which
     * means limit_bytes */
    uint64_t ceiling_bytes;
    uint32_t page_bytes; /* 1024 to 16384, a power of two; default 4096 */
    /* most of the limit for connections and tables; 1 to 90, default 50 */
    uint32_t conn_share_percent;
    /* most of the limit for IP fragments, half of it in equal parts for the engines; 1 to 90,
     * default 5 */
    uint32_t frag_share_percent;
    uint32_t max_engines; /* 1 to 256, default 16; each costs some 73 KiB of address space */
    /* of the limit, in use: on_watermark at this; 1 to 100, default 90 */
    uint32_t watermark_percent;
    weir_platform platform; /* all zero: the system's */
} weir_pool_config;

/* What the pool holds. A snapshot: other threads go on meanwhile. */
typedef struct weir_memory {
    size_t struct_size;
    uint64_t limit_bytes;
    /* memory the system has given and not got back: never above the limit, but while a lowered
     * limit is being met */
    uint64_t committed_bytes;
    uint64_t peak_bytes;         /* the most that was ever committed */
    uint64_t used_bytes;         /* of the committed: in use by engines, their stock included */
    uint64_t returned_bytes;     /* given back to the system, in total */
    uint64_t not_returned_bytes; /* give-backs that the platform refused, in total */
    uint64_t conn_bytes;         /* of the used: connection records and tables */
    uint64_t refused;            /* pages refused; none where a connection takes another's place */
    uint32_t engines;
    uint32_t silent_engines; /* engines asked for memory that have not been called since */
    uint64_t frag_bytes;     /* of the used: IP fragments, and memory to join them in */
} weir_memory;

/* Defaults as stated above. */
static inline void weir_pool_config_init(weir_pool_config *config);
static inline void weir_memory_init(weir_memory *memory);

/* The smallest limit that a pool of this configuration works with: its own bookkeeping, one engine,
 * and some room to hold. More engines need more: the floor of each. 0 if the configuration itself
 * is impossible. */
WEIR_API uint64_t weir_pool_smallest_limit(const weir_pool_config *config);

/* Reserves the address space and sets *pool. `config` must not be NULL, and is copied. Destroy the
 * pool with weir_pool_destroy, after its engines. Does not exist in a forked child.
 * WEIR_ERR_STRUCT_SIZE, _LIMIT_TOO_SMALL, _LIMIT_TOO_LARGE, _PAGE_SIZE, _SHARE, _ARGUMENT, _MEMORY. */
WEIR_API int weir_pool_create(const weir_pool_config *config, weir_pool **pool);

/* Gives everything back. WEIR_ERR_BUSY while it has engines. NULL is allowed. */
WEIR_API int weir_pool_destroy(weir_pool *pool);

/* Changes the limit, from any thread. Lowered below what is in use: free memory goes back at once,
 * then the engines close connections beyond their share of the new limit, then give up holes, then
 * close others, each at its next calls, until the limit holds. Errors: WEIR_ERR_LIMIT_TOO_SMALL,
 * WEIR_ERR_LIMIT_TOO_LARGE (above the ceiling). */
WEIR_API int weir_pool_set_limit(weir_pool *pool, uint64_t limit_bytes);

/* Gives back all free memory now and asks the engines for their stock. Returns the bytes given
 * back. */
WEIR_API uint64_t weir_pool_trim(weir_pool *pool);

/* Fills *memory (struct_size set by weir_memory_init). From any thread. */
WEIR_API int weir_pool_memory(weir_pool *pool, weir_memory *memory);

/* ─────────────────────────────────────────────────────────────────────────────── counters */

/*
 * CAUSES. Always, in total and for each connection:
 *      payload_bytes = delivered_bytes + duplicate_bytes + sum(discarded_bytes) + held_bytes
 * and for each direction: offset reached = delivered + missing + ignored.
 * Every packet handed in has one outcome:
 *      packets = tcp_segments + fragments_joined + fragments_held + sum(ignored_packets),
 *                without ignored_packets of checksum, no_connection and no_memory: those are of
 *                segments
 * Inside a callback payload_bytes may be ahead by what is still to be dealt with of the packet in
 * hand. A counter moves before the callback that tells of it. Nothing is counted twice, but that
 * conflict_bytes repeats what the loser of an overlap put in duplicate_bytes or discarded_bytes,
 * and late_bytes repeats discarded_bytes[WEIR_DISCARDED_LATE].
 */
typedef struct weir_stats {
    size_t struct_size;
#define X(name, text) uint64_t name;
    WEIR_COUNTERS(X)
#undef X
    uint64_t ignored_packets[WEIR_IGNORED_COUNT];
    uint64_t discarded_bytes[WEIR_DISCARDED_COUNT];
    uint64_t holes[WEIR_HOLE_CAUSE_COUNT];
    uint64_t closed[WEIR_CLOSE_CAUSE_COUNT];
    uint64_t connections_open; /* now */
} weir_stats;

static inline void weir_stats_init(weir_stats *stats);

/* The sum over the pool's engines, those destroyed included. From any thread; while other threads
 * work it is a little behind, and the equations above hold only approximately. held_peak_bytes is
 * the sum of the engines' peaks. */
WEIR_API int weir_pool_stats(weir_pool *pool, weir_stats *stats);

/* ──────────────────────────────────────────────────────────────────────────── connections */

/* Names a connection between callbacks, by value. Never reused in its engine. */
typedef struct weir_ref {
    uint64_t id;
    uint32_t hash;
    uint32_t reserved;
} weir_ref;

/* One direction, in weir_conn_info. */
typedef struct weir_flow {
    uint64_t seen;   /* 1: a segment of this direction was captured, with payload or not */
    uint64_t offset; /* bytes of the stream passed so far */
    uint64_t delivered_bytes;
    uint64_t missing_bytes;
    uint64_t ignored_bytes;
    uint64_t held_bytes;      /* waiting now */
    uint64_t duplicate_bytes; /* this and the following: 0 if weir_conn_info.partial */
    uint64_t discarded_bytes;
    uint64_t conflict_bytes;
    uint64_t holes;
    uint64_t out_of_order_segments;
    uint64_t held_peak_bytes;
} weir_flow;

typedef struct weir_conn_info {
    size_t struct_size;
    uint64_t id;       /* 1, 2, 3 … in its engine */
    uint8_t family;    /* 4 or 6 */
    uint8_t midstream; /* 1: taken up without a SYN */
    uint8_t partial;   /* 1: rare counters could not all be kept */
    uint8_t reserved;
    /* The source is who sent the SYN; without one the receiver of a SYN+ACK, else the sender of the
     * first payload. Ports are numbers of this machine, addresses are as on the wire. */
    uint16_t source_port;
    uint16_t destination_port;
    uint8_t source[16]; /* IPv4: the first 4 */
    uint8_t destination[16];
    uint32_t vlan;     /* inner VLAN id + outer VLAN id << 16; 0: none, or not in the key */
    uint32_t tunnel;   /* as in weir_segment; 0: none, or not in the key */
    uint64_t start_ns; /* the clock at its first packet */
    uint64_t end_ns;   /* and at the last packet that counted */
    weir_flow flow[2]; /* by weir_direction */
} weir_conn_info;

static inline void weir_conn_info_init(weir_conn_info *info);

/* Fills *info (struct_size set by weir_conn_info_init). O(1). WEIR_ERR_STRUCT_SIZE,
 * WEIR_ERR_ARGUMENT. */
WEIR_API int weir_conn_get_info(const weir_conn *conn, weir_conn_info *info);

/* Your own pointer, NULL at first. weir never looks at it. */
WEIR_API void weir_conn_set_user(weir_conn *conn, void *user);
WEIR_API void *weir_conn_user(const weir_conn *conn);

/* The connection's name, for use after the callback; an id of 0 is nobody's. */
WEIR_API weir_ref weir_conn_ref(const weir_conn *conn);

/* No more data, holes or late bytes of this direction from here on. What it holds is dropped
 * (`ignored`). Needs a few bytes of memory at most once a connection: WEIR_ERR_MEMORY changes
 * nothing. WEIR_ERR_STALE: it is closed. WEIR_ERR_ARGUMENT. */
WEIR_API int weir_conn_ignore(weir_conn *conn, weir_direction direction);

/* As weir_conn_ignore, from stream offset `bytes` on; bytes before it are delivered as ever. An
 * offset already passed means now. Called again it moves the stop, as long as that was not reached.
 * What lies beyond it behind a hole is held until the hole ends. The same errors. */
WEIR_API int weir_conn_stop_after(weir_conn *conn, weir_direction direction, uint64_t bytes);

/*
 * In on_data: the last `bytes` of what this call was given are kept, and come again as the first
 * spans of the direction's next on_data, with the same offsets; then what is new follows. For a
 * parser that needs more before it can go on: a header that ends in the next segment.
 *
 * Kept bytes may be kept again, with some or all of the new ones. What is not kept again is gone,
 * and all of it at a hole, a stop, or the close: of these you are told. They were delivered once
 * and count once. Spans that come again are one a page; their time and tag are those of the packet
 * that brought the first byte in the page. Nothing is joined: who wants some bytes in a row that
 * lie across two spans copies these few.
 *
 * They are copied into the pool: a page for each direction that keeps any. When memory is short
 * they may be given up: see on_unkept. At most 65,536 bytes of a direction, and not above
 * conn_held_bytes with what the connection holds behind holes and keeps of the other direction:
 * WEIR_ERR_KEEP. WEIR_ERR_MEMORY: the pool has no page; the engine makes one free at the next call
 * into it. WEIR_ERR_ARGUMENT: this call was given less. WEIR_ERR_BUSY: not in on_data of this
 * connection. After an error what was asked for before in this callback stands, at first nothing:
 * copy it yourself, or do without. The last call counts.
 */
WEIR_API int weir_conn_keep(weir_conn *conn, uint64_t bytes);

/* Ends the connection: no more data, on_close with WEIR_CLOSE_END, what it holds is dropped
 * (`closed`). What still arrives for it is counted as `closed` for linger_ns. WEIR_ERR_STALE: it is
 * closed already. WEIR_ERR_ARGUMENT. */
WEIR_API int weir_conn_close(weir_conn *conn);

/* ────────────────────────────────────────────────────────────────────────────── callbacks */

/* What on_open answers. */
typedef enum weir_verdict {
    WEIR_FOLLOW = 0,     /* both directions */
    WEIR_IGNORE = 1,     /* neither; the connection is tracked and closes as any other */
    WEIR_FOLLOW_C2S = 2, /* only this one */
    WEIR_FOLLOW_S2C = 3
} weir_verdict;

/* Consecutive bytes of a stream, all from one packet. */
typedef struct weir_span {
    const uint8_t *data;
    /* of data[0] in its direction; 0 is the byte after the SYN, or the first seen */
    uint64_t offset;
    /* the raw stamp of the packet it came from (of an IP packet that came in pieces, that of the
     * piece that completed it, as is the tag); where bytes waited together that were captured
     * more than 2 s apart, to 1 us within an hour, to 1.1 ms within 52 days; stamps still further
     * apart (a clock was set meanwhile) are put that near to each other */
    uint64_t time_ns;
    uint32_t length; /* bytes, never 0 */
    uint32_t tag;    /* of that packet */
} weir_span;

/* Bytes [offset, offset + length) of a direction that will not be delivered. */
typedef struct weir_hole {
    uint64_t offset;
    uint64_t length;
    uint64_t waited_ns;  /* since the first byte behind it was captured, or its front last moved */
    uint64_t held_bytes; /* what waited in the direction when it was given up */
    weir_hole_cause cause;
    uint32_t reserved;
} weir_hole;

/*
 * Bytes [offset, offset + length) came twice: the first and the last of them differ, and
 * `differing` of them in all. One event for each record that a segment meets (a record is what is
 * held of one segment in one page), in the order of the stream, before the bytes that were kept go
 * out; the `differing` of all events add up to conflict_bytes, with two exceptions: conflicts of
 * bytes that wait for the first offset of a connection taken up midstream are counted, but not
 * told, because their offsets are not known yet; and those that came before there was an
 * on_conflict. Time and tag of the older bytes are as exact as those of weir_span; where one
 * segment covered many small records they may be that segment's.
 */
typedef struct weir_conflict {
    uint64_t offset;
    const uint8_t *kept;   /* `length` bytes: what is delivered */
    const uint8_t *lost;   /* `length` bytes: what is not */
    uint64_t kept_time_ns; /* when they were captured … */
    uint64_t lost_time_ns;
    uint32_t kept_tag; /* … and the tags of their packets */
    uint32_t lost_tag;
    uint32_t length;
    uint32_t differing;
    uint8_t kept_is_new; /* 1: the packet in hand brought the bytes that are kept */
    /* 1: they were delivered already (recent_bytes); kept_time_ns and kept_tag are not known then,
     * and 0 */
    uint8_t kept_is_delivered;
    uint8_t reserved[6];
} weir_conflict;

/* Each may be NULL. `user` is the pointer given to weir_engine_create. */
typedef struct weir_callbacks {
    size_t struct_size;
    weir_verdict (*on_open)(void *user, weir_conn *conn);
    void (*on_data)(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count);
    void (*on_hole)(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole);
    void (*on_late)(void *user, weir_conn *conn, weir_direction direction, const weir_span *span);
    void (*on_close)(void *user, weir_conn *conn, weir_close_cause cause);
    /* The pool's memory in use crossed watermark_percent of its limit, upwards (above = 1) or, by a
     * sixteenth of the limit, back down (above = 0). Called on the engine that notices. */
    void (*on_watermark)(void *user, int above, uint64_t used_bytes, uint64_t limit_bytes);
    /* With WEIR_URGENT_OUT_OF_BAND: an urgent byte, in its place between two on_data. */
    void (*on_urgent)(void *user, weir_conn *conn, weir_direction direction, const weir_span *span);
    void (*on_conflict)(void *user, weir_conn *conn, weir_direction direction,
                        const weir_conflict *conflict);
    /* Bytes [offset, offset + length) that weir_conn_keep kept do not come again: memory is short,
     * or an urgent byte behind them was taken out of the stream. */
    void (*on_unkept)(void *user, weir_conn *conn, weir_direction direction, uint64_t offset,
                      uint64_t length);
} weir_callbacks;

static inline void weir_callbacks_init(weir_callbacks *callbacks);

/* ───────────────────────────────────────────────────────────────────────────── the engine */

typedef enum weir_checksum {
    /* computed for nothing: on a host's own captures they are wrong as a rule */
    WEIR_CHECKSUM_OFF = 0,
    WEIR_CHECKSUM_COUNT = 1, /* computed and counted */
    WEIR_CHECKSUM_ON = 2     /* wrong ones are ignored (`checksum`) */
} weir_checksum;

typedef struct weir_engine_config {
    size_t struct_size;
    /* most that one connection holds behind holes, both directions together; 65536 to the limit;
     * default 0: the smaller of 8 MiB and limit / 8, at least 65536. Of the limit as it is when the
     * engine is made; weir_pool_set_limit does not change it */
    uint64_t conn_held_bytes;
    /* most pieces that one direction holds there; 64 to 1048576, default 8192. With
     * WEIR_OVERLAP_LINUX also most blocks of the receiver's queue, and these are at most 5397,
     * 21802, 87125 with pages of 1, 2, 4 KiB, and more with larger ones */
    uint32_t conn_records;
    weir_overlap overlap; /* default WEIR_OVERLAP_FIRST */
    /* of each direction the last bytes delivered are kept, so many, to be compared with what comes
     * again: bytes that differ are told (on_conflict) and counted (conflict_bytes), and duplicates
     * nevertheless. 0 to 65536, default 0: none. They are taken from the pool while less than half
     * of it is used, and are the first to go when memory is short; a window begins anew behind a
     * hole. In-order data is copied then. */
    uint32_t recent_bytes;
    /* of the pieces of an IPv4 packet; default WEIR_OVERLAP_FIRST. A packet of IPv6 whose pieces
     * overlap is given up (RFC 5722), as Linux does with IPv4 too since 4.19 */
    weir_overlap fragment_overlap;
    weir_checksum checksum; /* default WEIR_CHECKSUM_OFF */
    weir_urgent urgent;     /* default WEIR_URGENT_INLINE */
    /* which tunnels are opened: bits 1 << weir_tunnel, default WEIR_TUNNELS_ALL; packets in others
     * are ignored (`tunnel`). They nest up to 4 deep. */
    uint32_t tunnels;
    /* where there is an on_data: so many bytes of each payload are asked for ahead of their turn,
     * while packets before it are taken; of the first in a call twice as many, while its connection
     * is found. Only of TCP in plain Ethernet and IP, without checksums. Default 768: the rest comes
     * by itself to who reads from the front; more than there is means all. 0: for an on_data that
     * reads none of them, for which they would come in vain */
    uint32_t prefetch_bytes;
    /* 1 ms to 30 days, default 2 s; five times that while the receiver itself asks for the missing
     * bytes */
    uint64_t hole_timeout_ns;
    uint64_t acked_hole_ns; /* the same range or WEIR_NEVER; default 20 ms */
    uint64_t idle_ns;       /* the same range; default 300 s; up to a quarter of it or 9 s later */
    uint64_t half_open_ns;  /* the same range; default 20 s */
    /* the same range; default 5 s. So long a connection is remembered that closed (by FIN, RST or
     * weir_conn_close, not by flush): what still comes of it is `closed`. Another SYN opens anew,
     * and so, after RST, does payload that goes beyond what was delivered */
    uint64_t linger_ns;
    /* of an IP packet, from its first piece on; the same range; default 30 s */
    uint64_t fragment_timeout_ns;
    /* switches: 0 or 1; what is not 0 is 1 */
    uint8_t key_vlan;   /* 1: VLAN ids tell connections apart (default); 0: they do not */
    uint8_t key_tunnel; /* 1: so do tunnel ids (default); 0: they do not */
    uint8_t midstream;  /* 1: take up connections without their SYN (default); 0: do not */
    uint8_t fragments;  /* 1: join the pieces of IP packets (default); 0: count them only */
    /* 1: a segment whose time stamp is older than the last one of its direction is not believed
     * (`paws`; RFC 7323, section 5); 0: it is (default), because a tap may show packets in another
     * order than their receiver saw, and each connection with time stamps costs 250 bytes more */
    uint8_t paws;
    /* 1: a segment that begins beyond the window that its receiver offered is not believed
     * (`window`), until another goes on where it ended; 0: only what is more than 2^30 ahead
     * (default), because the capture may have lost the ACK that opened the window. Costs 250
     * bytes a connection */
    uint8_t validate_window;
    uint8_t reserved[2]; /* 0 */
    /* 16 bytes for the table's hash, read at creation; NULL (default): random. Nothing that weir
     * reports depends on it. */
    const uint8_t *hash_key;
    /* of shard_count engines that are all given the same packets, this is number shard_index, from
     * 0: it follows the connections whose weir_shard_hash % shard_count is that, and ignores TCP of
     * others (`other_shard`), which it does not count as segments either. Default 0 of 0, which is
     * all, as is 0 of 1. See SHARDS below. */
    uint32_t shard_index;
    uint32_t shard_count;
} weir_engine_config;

static inline void weir_engine_config_init(weir_engine_config *config);

/* Creates an engine on the pool and sets *engine. Takes its floor of 16 pages at once. `config` and
 * `callbacks` are copied; NULL for either means the defaults, and no callbacks. Errors:
 * WEIR_ERR_STRUCT_SIZE, _ARGUMENT, _CONN_LIMIT, _CONN_RECORDS, _RECENT, _TIMEOUT, _POLICY,
 * _ENGINES, _MEMORY. */
WEIR_API int weir_engine_create(weir_pool *pool, const weir_engine_config *config,
                                const weir_callbacks *callbacks, void *user, weir_engine **engine);

/* Closes all connections (as weir_engine_flush) and gives all memory back. NULL is allowed. */
WEIR_API int weir_engine_destroy(weir_engine *engine);

/* A captured packet. */
typedef struct weir_packet {
    const uint8_t *data;     /* the link header and on, not NULL; borrowed until the call returns */
    uint64_t time_ns;        /* stamp */
    uint32_t captured_bytes; /* at data */
    uint32_t wire_bytes;     /* as it was on the wire; less than captured_bytes counts as these */
    uint32_t tag;            /* yours: an interface, a packet number; comes back in spans */
    uint32_t reserved;       /* 0 */
} weir_packet;

/*
 * Takes `count` packets of one link type (a DLT_ or LINKTYPE_ number, as pcap_datalink gives it),
 * in the order given. A batch gives the same callbacks as its packets one by one. If verdicts is
 * not NULL it receives a weir_packet_verdict for each: of an aggregate of 802.11 (A-MSDU), that of
 * its last packet.
 * Returns WEIR_OK, or WEIR_ERR_BUSY, WEIR_ERR_LINK_TYPE, WEIR_ERR_ARGUMENT (engine is NULL, or
 * packets with a count): then nothing was taken. What is in a packet's fields is believed.
 */
WEIR_API int weir_engine_packets(weir_engine *engine, int link_type, const weir_packet *packets,
                                 size_t count, uint8_t *verdicts);

/* 1 if weir_engine_packets takes this link type, else 0. */
WEIR_API int weir_link_type_supported(int link_type);

/* TCP flags, as on the wire. */
enum {
    WEIR_TCP_FIN = 0x01,
    WEIR_TCP_SYN = 0x02,
    WEIR_TCP_RST = 0x04,
    WEIR_TCP_PSH = 0x08,
    WEIR_TCP_ACK = 0x10,
    WEIR_TCP_URG = 0x20
};

/* What weir_segment.options may say. */
enum {
    WEIR_OPTION_SCALE = 0x01,     /* window_scale is set */
    WEIR_OPTION_TIMESTAMP = 0x02, /* ts_value, ts_echo are set */
    WEIR_OPTION_MSS = 0x04,       /* mss is set */
    WEIR_OPTION_SACK_OK = 0x08,   /* selective acknowledgements permitted */
    WEIR_OPTION_SACK = 0x10,      /* there were SACK blocks */
    WEIR_OPTION_MD5 = 0x20,       /* signed (RFC 2385, or RFC 5925) */
    WEIR_OPTION_BAD = 0x40        /* the options contradict themselves: those before were read */
};

/* A TCP segment, for those who decode packets themselves. Numbers in host byte order. */
typedef struct weir_segment {
    const uint8_t *payload; /* borrowed until the call returns */
    uint64_t time_ns;
    uint32_t payload_bytes; /* at payload */
    uint32_t wire_bytes;    /* payload as sent; more than payload_bytes if the capture cut it */
    uint32_t seq;
    uint32_t ack;
    uint8_t flags;   /* WEIR_TCP_* */
    uint8_t options; /* WEIR_OPTION_* */
    uint8_t family;  /* 4 or 6 */
    uint8_t window_scale;
    uint16_t window; /* as sent, not scaled */
    uint16_t urgent; /* pointer */
    uint16_t source_port;
    uint16_t destination_port;
    uint8_t source[16]; /* IPv4: the first 4, the others 0 */
    uint8_t destination[16];
    /* inner VLAN id + outer VLAN id << 16, of more than two tags the two innermost, whether before
     * a tunnel or in it; 0: none */
    uint32_t vlan;
    uint32_t tunnel; /* see below; 0: none */
    uint32_t ip_id;  /* IPv4 identification; tells a packet captured twice from one sent twice */
    uint32_t ts_value;
    uint32_t ts_echo;
    uint32_t tag;
    uint16_t mss;
    uint16_t reserved[3]; /* 0 */
} weir_segment;

/*
 * WEIR_SEGMENT.TUNNEL tells networks apart that use the same addresses. It is made of numbers that
 * name a network, the same both ways, and of the kind of tunnel, so that VXLAN 7 is not GENEVE 7:
 *
 *      VXLAN, GENEVE (VNI), ERSPAN (session)   the number in the lower 24 bits, the kind above them
 *      GRE (key)                               the key, with its upper 8 bits changed by the kind
 *      nested                                  mixed, in their order
 *      all others, and GRE without a key       nothing: 0, or what the tunnels around them gave
 *
 * GTP-U's TEID and the call and session ids of PPTP and L2TP are not in it, though they look like
 * such numbers: each end chooses its own, and a connection would fall into two halves. Nor are the
 * addresses of a tunnel's ends: answers may come another way or without a tunnel (direct server
 * return), a host that opens the tunnel shows each packet twice, and a phone changes them as it
 * moves. So 10.0.0.1 > 10.0.0.2 in plain IPIP and outside of it are one connection. Where a GRE key
 * differs by direction (NVGRE's FlowID may), set key_tunnel to 0.
 */

/*
 * SHARDS. Which engine a connection belongs to, where several share a capture. In 64-bit arithmetic
 * that wraps, with A . B for A rotated left by 32 bits, then exclusive or with B:
 *
 *      mix(x)         x ^= x >> 33, x *= 0xff51afd7ed558ccd, x ^= x >> 33, x *= 0xc4ceb9fe1a85ec53,
 *                     x ^= x >> 33 (MurmurHash3 calls this fmix64)
 *      end(IPv4)      mix(port . address)
 *      end(IPv6)      mix(mix(mix(mix(port . word 0) . word 1) . word 2) . word 3)
 *      hash           mix(end(source) + end(destination) + 6) >> 32
 *
 * Address and words are 32 bits, in network byte order; 6 is TCP's number. Both directions have one
 * hash. It is frozen: it will be the same in every version, so that whoever routes packets can
 * compute it too. For 1.2.3.4:1000 and 5.6.7.8:80 it is 0x2f45364a, for [2001:db8::1]:1000 and
 * [2001:db8::2]:80 0xea51021f.
 *
 * Of a packet in a tunnel that the engine opens, the innermost addresses and ports count, as they
 * do for connections. VLAN and tunnel ids do not: where a tap tags one direction only, both still
 * meet. Only the first piece of an IP packet in pieces has ports, so each engine joins all pieces
 * and then looks whose the packet is: who routes packets himself sends pieces to all. An engine
 * that is given everything has the clock of the whole capture, so that each connection ends as it
 * would in one engine; given its own packets only, it forgets a silent connection when the next of
 * these comes. A packet of another shard costs an engine some 50 ns (60 bytes, Ethernet, in
 * batches). The hash has no key: who knows it can send all his connections to one shard, whose
 * limits then hold as ever.
 *
 * Of *segment, which must not be NULL, family, addresses and ports are read.
 */
WEIR_API uint32_t weir_shard_hash(const weir_segment *segment);

/* As weir_engine_packets, for segments. They count as packets too. WEIR_ERR_ARGUMENT: family is not
 * 4 or 6, payload_bytes is above wire_bytes (which must be set), wire_bytes is above 1 MiB, or
 * there is no payload at all where payload_bytes says so; then none of the batch was taken. */
WEIR_API int weir_engine_segments(weir_engine *engine, const weir_segment *segments, size_t count,
                                  uint8_t *verdicts);

/* Moves the clock on an idle link, to now_ns as stamps count, and does what is due: at most 32
 * timeouts (fewer if more than 1,024 spans and holes come of them) and one run of unused memory
 * given back a call, up to 256 KiB as a rule. WEIR_NEVER leaves the clock as it is. Returns 1 if
 * more of these is due: call again, or it waits for the next packets. 0 if not, or an error. What a
 * lowered limit still demands is not in it: committed_bytes tells. */
WEIR_API int weir_engine_advance(weir_engine *engine, uint64_t now_ns);

/* When, as stamps count, weir_engine_advance has to look again: nothing times out before, and at
 * that time it may turn out that there is reason to wait longer. WEIR_NEVER if nothing waits.
 * Memory goes back on the calls every 100 ms that an engine needs anyway. */
WEIR_API uint64_t weir_engine_next_deadline(const weir_engine *engine);

/* The engine's clock. 0 before the first packet or weir_engine_advance. */
WEIR_API uint64_t weir_engine_now(const weir_engine *engine);

/* Ends all connections: holes are given up (`flush`), what is held is delivered, on_close with
 * WEIR_CLOSE_END. Not bounded: it does all at once. The engine can be used on. */
WEIR_API int weir_engine_flush(weir_engine *engine);

/* The connection of that name, lent until the next call into the engine, the end of the callback,
 * or 15 further calls of this; NULL if it is gone. O(1). */
WEIR_API weir_conn *weir_engine_find(weir_engine *engine, weir_ref ref);

/* Fills *stats (struct_size set by weir_stats_init) with the engine's counters.
 * WEIR_ERR_STRUCT_SIZE, WEIR_ERR_ARGUMENT. */
WEIR_API int weir_engine_stats(const weir_engine *engine, weir_stats *stats);

/* Verifies every equation and every list of the engine and its part of the pool: for tests and
 * fuzzers. Slow: it reads everything. WEIR_OK or WEIR_ERR_CHECK. */
WEIR_API int weir_engine_check(weir_engine *engine);

/* ───────────────────────────────────────────────────────────── below: how structs are set up
 * An init function tells the library how large the program's struct is, so that a newer library
 * fills no more than an older program has.
 */

WEIR_API void weir_pool_config_init_sized(weir_pool_config *given, size_t struct_size);
WEIR_API void weir_memory_init_sized(weir_memory *given, size_t struct_size);
WEIR_API void weir_stats_init_sized(weir_stats *given, size_t struct_size);
WEIR_API void weir_conn_info_init_sized(weir_conn_info *given, size_t struct_size);
WEIR_API void weir_callbacks_init_sized(weir_callbacks *given, size_t struct_size);
WEIR_API void weir_engine_config_init_sized(weir_engine_config *given, size_t struct_size);

static inline void weir_pool_config_init(weir_pool_config *config)
{
    weir_pool_config_init_sized(config, sizeof *config);
}

static inline void weir_memory_init(weir_memory *memory)
{
    weir_memory_init_sized(memory, sizeof *memory);
}

static inline void weir_stats_init(weir_stats *stats)
{
    weir_stats_init_sized(stats, sizeof *stats);
}

static inline void weir_conn_info_init(weir_conn_info *info)
{
    weir_conn_info_init_sized(info, sizeof *info);
}

static inline void weir_callbacks_init(weir_callbacks *callbacks)
{
    weir_callbacks_init_sized(callbacks, sizeof *callbacks);
}

static inline void weir_engine_config_init(weir_engine_config *config)
{
    weir_engine_config_init_sized(config, sizeof *config);
}

#ifdef __cplusplus
}
#endif
#endif
