/* SPDX-License-Identifier: MIT */
/*
 * agent: watches HTTP/1 API traffic on interfaces, and says which endpoints were asked, what they
 * answered and how long that took, inside a number of bytes.
 *
 *      agent -i eth0 -i eth1 --mem 16MiB 'tcp port 8080'     until SIGINT or SIGTERM
 *      agent -r capture.pcap                                 files, for tests
 *      kill -USR1 $(pidof agent)                             a report now
 *
 *      tap 0 ──> engine, table ──┐                tap.h  table.h  exchange.h  http.h  pairs.h
 *      tap 1 ──> engine, table ──┼──> ledger      ledger.h  path.h
 *       …                        ┘
 *
 * MEMORY. --mem is shared out once: PROCESS_BYTES and TAP_BYTES for what libc, libpcap and the
 * stacks take; the ledger; a quarter of the rest for connections, sizeof(exchange) each; and what
 * remains is the pool's limit. None of them grows. Outside of it are the program's code and the
 * kernel's rings, --ring for each interface. Bodies are streamed: their size costs nothing.
 *
 * WHEN BYTES ARE MISSING it goes on and counts what it lost: see http.h and pairs.h. HTTP/2, TLS
 * and what else is not HTTP/1 is left alone after its first bytes.
 *
 * It needs CAP_NET_RAW to capture, and nothing else: see systemd/ and kubernetes/.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tap.h"

enum { TAPS_MAX = 16, LOOK_MS = 200, DAY_S = 86400, EXIT_USAGE = 2 };

#define MIB           (UINT64_C(1) << 20)
#define MEM_MIN       (4 * MIB)
#define PROCESS_BYTES MIB
#define TAP_BYTES     (UINT64_C(96) << 10) /* of its thread's stack and of libpcap's buffers */

typedef struct agent {
    tap taps[TAPS_MAX];
    size_t count;
    uint64_t mem_bytes;
    uint64_t pool_bytes; /* of it */
    uint64_t ring_bytes;
    uint64_t every_s; /* 0: reports at the end only */
    const char *filter;
    ledger *ledger;
    weir_pool *pool;
    atomic_int stop;
    uint64_t peak_bytes; /* the most that the kernel counted */
} agent;

/* ──── memory ──── */

/* What the kernel counts as this process's own: anonymous resident memory. */
static uint64_t own_bytes(void)
{
    char line[128];
    unsigned long long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    if (!status) return 0;
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "RssAnon: %llu kB", &kib) == 1) break;
    (void)fclose(status);
    return (uint64_t)kib * 1024;
}

static uint64_t look_at_memory(agent *a)
{
    const uint64_t bytes = own_bytes();
    if (bytes > a->peak_bytes) a->peak_bytes = bytes;
    return bytes;
}

/* Shares out --mem. Returns how many connections a tap may follow; 0: a line said why not. */
static size_t share_out(agent *a)
{
    const uint64_t fixed = PROCESS_BYTES + a->count * TAP_BYTES + sizeof(ledger);
    const uint64_t rest = a->mem_bytes - fixed;
    const uint64_t slots = rest / 4 / a->count / sizeof(exchange);
    weir_pool_config config;
    int error;
    weir_pool_config_init(&config);
    a->pool_bytes = rest - a->count * slots * sizeof(exchange);
    config.limit_bytes = a->pool_bytes;
    config.max_engines = (uint32_t)a->count;
    error = weir_pool_create(&config, &a->pool);
    a->ledger = calloc(1, sizeof *a->ledger);
    if (error == WEIR_OK && a->ledger) {
        ledger_begin(a->ledger);
        return (size_t)slots;
    }
    (void)fprintf(stderr, "agent: --mem: %s\n",
                  weir_error_text(error == WEIR_OK ? WEIR_ERR_MEMORY : error));
    return 0;
}

/* ──── the report ──── */

static void print_taps(const agent *a)
{
    for (size_t i = 0; i < a->count; i++) {
        const tap *t = &a->taps[i];
        if (t->is_live)
            (void)printf("interface %s: received %llu packets, dropped %llu%s\n", t->name,
                         atomic_load(&t->received), atomic_load(&t->dropped),
                         atomic_load(&t->dropped) ? " (raise --ring)" : "");
    }
}

static void print_memory(agent *a)
{
    const uint64_t now = look_at_memory(a);
    size_t slots = 0, touched = 0;
    weir_memory memory;
    weir_memory_init(&memory);
    (void)weir_pool_memory(a->pool, &memory);
    for (size_t i = 0; i < a->count; i++) {
        slots += a->taps[i].table.count;
        touched += atomic_load(&a->taps[i].connections);
    }
    (void)printf("memory: own %" PRIu64 " bytes, peak %" PRIu64 ", limit %" PRIu64 "; pool %" PRIu64
                 ", peak %" PRIu64 ", limit %" PRIu64
                 "; connections at once %zu, limit %zu, bytes each %zu\n",
                 now, a->peak_bytes, a->mem_bytes, memory.committed_bytes, memory.peak_bytes,
                 memory.limit_bytes, touched, slots, sizeof(exchange));
}

static void print_report(agent *a)
{
    weir_stats stats;
    uint64_t holes = 0;
    weir_stats_init(&stats);
    (void)weir_pool_stats(a->pool, &stats);
    for (int i = 0; i < WEIR_HOLE_CAUSE_COUNT; i++)
        holes += stats.holes[i];
    ledger_print(a->ledger, stdout);
    print_taps(a);
    (void)printf("capture: packets %" PRIu64 ", connections %" PRIu64 ", bytes %" PRIu64
                 ", holes %" PRIu64 ", missing bytes %" PRIu64 "\n",
                 stats.packets, stats.connections, stats.delivered_bytes, holes,
                 stats.missing_bytes);
    print_memory(a);
    (void)fflush(stdout);
}

/* ──── the run ──── */

/* Why a tap ended before it should. */
static void tell_error(tap *t)
{
    if (t->error[0] && !t->told) (void)fprintf(stderr, "agent: %s: %s\n", t->name, t->error);
    t->told = 1;
}

/* One that ends early is told of at once, because the others go on. */
static int all_ended(agent *a)
{
    size_t ended = 0;
    for (size_t i = 0; i < a->count; i++) {
        if (!atomic_load(&a->taps[i].ended)) continue;
        tell_error(&a->taps[i]);
        ended++;
    }
    return ended == a->count;
}

/* Until a signal says that it is enough, or nothing is left to read. */
static void watch(agent *a, const sigset_t *signals)
{
    const struct timespec look = {.tv_nsec = LOOK_MS * 1000000};
    uint64_t looks = 0;
    while (!all_ended(a)) {
        const int number = sigtimedwait(signals, NULL, &look);
        (void)look_at_memory(a);
        if (number == SIGINT || number == SIGTERM) break;
        if (number < 0) looks++;
        if (number == SIGUSR1 ||
            (number < 0 && a->every_s > 0 && looks % (a->every_s * 1000 / LOOK_MS) == 0))
            print_report(a);
    }
    atomic_store(&a->stop, 1);
}

/* Whoever waits for it knows from here on that nothing is missed. */
static void say_begun(const agent *a)
{
    (void)fputs("agent: watching", stderr);
    for (size_t i = 0; i < a->count; i++)
        (void)fprintf(stderr, "%s %s", i ? "," : "", a->taps[i].name);
    (void)fputs("; SIGINT or SIGTERM ends it, SIGUSR1 prints a report\n", stderr);
}

static size_t start_taps(agent *a, size_t slots)
{
    size_t started = 0;
    while (started < a->count && tap_start(&a->taps[started], a->pool, a->ledger, slots, &a->stop))
        started++;
    return started;
}

static int run(agent *a)
{
    sigset_t signals;
    const size_t slots = share_out(a);
    size_t started;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGUSR1);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before there are threads: all inherit it */
    if (slots == 0) return EXIT_FAILURE;
    started = start_taps(a, slots);
    if (started == a->count) {
        say_begun(a);
        watch(a, &signals);
    }
    atomic_store(&a->stop, 1);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(a->taps[i].thread, NULL);
    print_report(a);
    return EXIT_SUCCESS;
}

static int end(agent *a, int exit_code)
{
    for (size_t i = 0; i < a->count; i++) {
        tap *t = &a->taps[i];
        if (t->error[0]) exit_code = EXIT_FAILURE;
        tell_error(t);
        tap_close(t);
    }
    (void)weir_pool_destroy(a->pool);
    free(a->ledger);
    return exit_code;
}

/* ──── options ──── */

static int usage(void)
{
    (void)fputs("usage: agent {-i INTERFACE | -r FILE}... [--mem 16MiB] [--ring 4MiB] "
                "[--every SECONDS] [FILTER]\n"
                "       --mem: 4MiB or more; up to 16 interfaces or files; a FILTER is one word\n",
                stderr);
    return EXIT_USAGE;
}

/* "16MiB", "64KiB", "1GiB" or bytes. 0: none of these. */
static uint64_t parse_size(const char *text)
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB"};
    char *unit;
    unsigned long long number;
    if (!isdigit((unsigned char)text[0])) return 0;
    errno = 0;
    number = strtoull(text, &unit, 10);
    for (unsigned i = 0; i < 4; i++)
        if (strcmp(unit, units[i]) == 0 && errno == 0 && number <= UINT64_MAX >> (10 * i))
            return (uint64_t)number << (10 * i);
    return 0;
}

/* "60", up to a day. 0: it is none of these. */
static uint64_t parse_seconds(const char *text)
{
    const uint64_t seconds = text[strspn(text, "0123456789")] == '\0' ? parse_size(text) : 0;
    return seconds <= DAY_S ? seconds : 0;
}

typedef struct source {
    const char *name;
    int is_live;
} source;

/* Returns how many sources there are; 0: usage. */
static size_t parse(agent *a, int argc, char **argv, source sources[static TAPS_MAX])
{
    static const struct option options[] = {{"mem", required_argument, NULL, 'm'},
                                            {"ring", required_argument, NULL, 'b'},
                                            {"every", required_argument, NULL, 'e'},
                                            {NULL, 0, NULL, 0}};
    size_t count = 0;
    int option;
    while ((option = getopt_long(argc, argv, "i:r:", options, NULL)) != -1) {
        if (option == 'm')
            a->mem_bytes = parse_size(optarg);
        else if (option == 'b')
            a->ring_bytes = parse_size(optarg);
        else if (option == 'e')
            a->every_s = parse_seconds(optarg);
        else if (option != '?' && count < TAPS_MAX)
            sources[count++] = (source){optarg, option == 'i'};
        else
            return 0;
        if (option == 'e' && a->every_s == 0) return 0;
    }
    if (argc - optind > 1 || a->mem_bytes < MEM_MIN || a->ring_bytes == 0 ||
        a->ring_bytes > INT32_MAX)
        return 0;
    a->filter = argv[optind];
    return count;
}

int main(int argc, char **argv)
{
    agent a = {.mem_bytes = 16 * MIB, .ring_bytes = 4 * MIB};
    source sources[TAPS_MAX];
    const size_t count = parse(&a, argc, argv, sources);
    int exit_code = count > 0 ? EXIT_SUCCESS : usage();
    if (exit_code != EXIT_SUCCESS) return exit_code;
    (void)mallopt(M_ARENA_MAX, 1); /* glibc would give each thread a heap of its own */
    while (a.count < count && exit_code == EXIT_SUCCESS) {
        const source *s = &sources[a.count];
        if (!tap_open(&a.taps[a.count++], s->name, s->is_live, a.filter, (int)a.ring_bytes))
            exit_code = EXIT_FAILURE;
    }
    if (exit_code == EXIT_SUCCESS) exit_code = run(&a);
    return end(&a, exit_code);
}
