/* SPDX-License-Identifier: MIT */
/*
 * grep PATTERN FILE.pcap: where in which TCP stream these bytes are, however they were cut into
 * segments.
 *
 *      on_data    │ …… GE│                     "GE" may begin "GET /admin": weir_conn_keep(conn, 2)
 *      on_data           │GE T /adm│           it comes again in front of what follows; kept again
 *      on_data           │GE T /adm in HT…│    found
 *
 * Memory: the pool's 16 MiB, in which kept bytes are too, and 512 bytes of the stack. Only bytes that
 * begin the pattern are kept, so most segments cost no copy. A match never spans a hole: weir drops
 * what is kept where bytes are missing, and the last line says how many are.
 *
 * Ends as grep does: 0 if there were matches, 1 if there were none, 2 if it could not be said.
 *
 * cc grep.c -lweir -lpcap
 */
#define _GNU_SOURCE 1 /* memmem; <pcap.h> */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/weir_pcap.h>

enum { PATTERN_MAX = 256, EXIT_WRONG = 2 };

typedef struct {
    const char *pattern;
    size_t length; /* of it, 1 to PATTERN_MAX */
    uint64_t matches;
    uint64_t forgotten; /* times that the beginning of a match could not be kept */
} search;

/* The last bytes in front of where the search is: too few for a match of their own. */
typedef struct {
    char bytes[2 * PATTERN_MAX]; /* and room for the first of the next span */
    size_t count;
} border;

/* ──── what is printed ──── */

static const char *address(const weir_conn_info *info, const uint8_t *bytes, uint16_t port,
                           char text[static INET6_ADDRSTRLEN + 8])
{
    char host[INET6_ADDRSTRLEN] = "?";
    (void)inet_ntop(info->family == 4 ? AF_INET : AF_INET6, bytes, host, sizeof host);
    (void)snprintf(text, INET6_ADDRSTRLEN + 8, info->family == 4 ? "%s:%u" : "[%s]:%u", host, port);
    return text;
}

static void print_match(search *s, const weir_conn *conn, weir_direction direction, uint64_t offset)
{
    char client[INET6_ADDRSTRLEN + 8], server[INET6_ADDRSTRLEN + 8];
    weir_conn_info info;
    weir_conn_info_init(&info);
    (void)weir_conn_get_info(conn, &info);
    s->matches++;
    (void)printf("%s %s %s offset %" PRIu64 "\n",
                 address(&info, info.source, info.source_port, client),
                 direction == WEIR_C2S ? ">" : "<",
                 address(&info, info.destination, info.destination_port, server), offset);
}

/* ──── the search ──── */

/* All matches in `bytes`, of which the first has this offset in its stream. */
static void find(search *s, const weir_conn *conn, weir_direction direction, const void *bytes,
                 size_t count, uint64_t offset)
{
    const char *at = bytes, *end = at + count;
    while ((at = memmem(at, (size_t)(end - at), s->pattern, s->length)) != NULL) {
        print_match(s, conn, direction, offset + (uint64_t)(at - (const char *)bytes));
        at++;
    }
}

/* Matches that begin before the span and end in it, then those inside it. */
static void find_in_span(search *s, const weir_conn *conn, weir_direction direction,
                         const weir_span *span, border *b)
{
    const size_t reach = s->length - 1; /* the most that a match can have on one side */
    const size_t first = span->length < reach ? span->length : reach;
    size_t excess;
    memcpy(b->bytes + b->count, span->data, first);
    find(s, conn, direction, b->bytes, b->count + first, span->offset - b->count);
    find(s, conn, direction, span->data, span->length, span->offset);

    /* The border moves to the end of the span. */
    if (span->length >= reach) {
        memcpy(b->bytes, span->data + span->length - reach, reach);
        b->count = reach;
        return;
    }
    b->count += first;
    excess = b->count > reach ? b->count - reach : 0;
    memmove(b->bytes, b->bytes + excess, b->count - excess);
    b->count -= excess;
}

/* How many of the last bytes may be the beginning of a match. */
static size_t begun(const search *s, const border *b)
{
    size_t count = b->count;
    while (count > 0 && memcmp(b->bytes + b->count - count, s->pattern, count) != 0)
        count--;
    return count;
}

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    search *s = user;
    border b;
    b.count = 0; /* what was kept is in the first spans */
    for (size_t i = 0; i < count; i++)
        find_in_span(s, conn, direction, &spans[i], &b);
    if (weir_conn_keep(conn, begun(s, &b)) != WEIR_OK) s->forgotten++;
}

/* Memory was short: weir tells, so that the result can be honest. */
static void on_unkept(void *user, weir_conn *conn, weir_direction direction, uint64_t offset,
                      uint64_t length)
{
    search *s = user;
    (void)conn, (void)direction, (void)offset, (void)length;
    s->forgotten++;
}

/* ──── the run ──── */

static int say(const char *what_is_wrong)
{
    (void)fprintf(stderr, "grep: %s\n", what_is_wrong);
    return EXIT_WRONG;
}

static int run(search *s, pcap_t *pcap, weir_pool *pool)
{
    weir_callbacks callbacks;
    weir_engine *engine;
    weir_stats stats;
    int taken;
    weir_callbacks_init(&callbacks);
    callbacks.on_data = on_data;
    callbacks.on_unkept = on_unkept;
    taken = weir_engine_create(pool, NULL, &callbacks, s, &engine);
    if (taken != WEIR_OK) return say(weir_error_text(taken));
    while ((taken = weir_pcap_dispatch(engine, pcap, -1, NULL, 0)) > 0)
        continue;
    if (taken < 0) say(taken == WEIR_PCAP_FAILED ? pcap_geterr(pcap) : weir_error_text(taken));
    (void)weir_engine_destroy(engine); /* what waited behind holes is searched now */

    weir_stats_init(&stats);
    (void)weir_pool_stats(pool, &stats);
    (void)fprintf(stderr,
                  "grep: %" PRIu64 " matches in %" PRIu64 " bytes; %" PRIu64
                  " bytes are missing, %" PRIu64 " beginnings were forgotten\n",
                  s->matches, stats.delivered_bytes, stats.missing_bytes, s->forgotten);
    if (taken < 0) return EXIT_WRONG;
    return s->matches == 0;
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE] = "usage: grep PATTERN FILE.pcap; a pattern has 1 to 256 bytes";
    search s = {argc == 3 ? argv[1] : "", argc == 3 ? strlen(argv[1]) : 0, 0, 0};
    const int usable = s.length >= 1 && s.length <= PATTERN_MAX;
    pcap_t *pcap = usable ? pcap_open_offline(argv[2], error) : NULL;
    weir_pool_config config;
    weir_pool *pool;
    int code;
    if (!pcap) return say(error);
    weir_pool_config_init(&config);
    config.limit_bytes = 16 << 20;
    code = weir_pool_create(&config, &pool);
    if (code == WEIR_OK) {
        code = run(&s, pcap, pool);
        (void)weir_pool_destroy(pool);
    } else {
        code = say(weir_error_text(code));
    }
    pcap_close(pcap);
    return code;
}
