/* SPDX-License-Identifier: MIT */
#include "whole.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "apart.h"
#include "clock.h"
#include "input.h"
#include "libpcap.h"
#include "reader.h"
#include "unpack.h"

/* What is wanted of libpcap. */
typedef struct bare {
    void *library;
    pcap_t *(*open)(const char *path, char *why);
    int (*loop)(pcap_t *pcap, int count, pcap_handler handler, u_char *user);
    void (*close)(pcap_t *pcap);
} bare;

typedef struct whole {
    bare bare;
    const drive_plan *plan;
    const char *const *paths;
    size_t count;
    result *result;
} whole;

static void look_away(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
    (void)user, (void)header, (void)data;
}

static void load_bare(bare *b)
{
    b->library = libpcap_open();
    if (!b->library) return;
    if (libpcap_find(b->library, "pcap_open_offline", &b->open) &&
        libpcap_find(b->library, "pcap_loop", &b->loop) &&
        libpcap_find(b->library, "pcap_close", &b->close))
        return;
    libpcap_close(b->library);
    b->library = NULL;
}

/* CPU time, or 0: libpcap cannot read it all. */
static uint64_t read_bare(const whole *w)
{
    const bare *b = &w->bare;
    char why[PCAP_ERRBUF_SIZE];
    const uint64_t since = clock_cpu_ns();
    if (!b->library) return 0;
    for (size_t i = 0; i < w->count; i++) {
        pcap_t *pcap = b->open(w->paths[i], why);
        if (!pcap) return 0;
        const int left = b->loop(pcap, -1, look_away, NULL);
        b->close(pcap);
        if (left != 0) return 0;
    }
    return clock_cpu_ns() - since;
}

static bool feed_file(reader *r, const drive *d, const char *path)
{
    reader_batch batch;
    unpack unpacked;
    input in;
    if (!input_open(&in, path)) return false;
    const reader_source packed = input_source(&in);
    unpack_open(&unpacked, &packed);
    const reader_source source = unpack_source(&unpacked);
    reader_open(r, &source);
    while (reader_next(r, d->plan->batch, &batch) > 0)
        (void)weir_engine_packets(d->engine, batch.link_type, batch.packets, batch.count, NULL);
    unpack_close(&unpacked);
    input_close(&in);
    return true;
}

static uint64_t read_weir(const whole *w)
{
    const uint64_t since = clock_cpu_ns();
    uint64_t spent = 0;
    drive d;
    reader *r = reader_create();
    if (!r || !drive_open_empty(&d, w->plan)) {
        reader_destroy(r);
        return 0;
    }
    bool good = true;
    for (size_t i = 0; i < w->count && good; i++)
        good = feed_file(r, &d, w->paths[i]);
    drive_flush(&d);
    if (good) spent = clock_cpu_ns() - since;
    drive_close(&d);
    reader_destroy(r);
    return spent;
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool run(void *argument)
{
    whole *w = argument;
    const uint32_t n = w->result->repetitions;
    uint64_t bare_ns[RESULT_REPETITIONS_MAX] = {0}, weir_ns[RESULT_REPETITIONS_MAX] = {0};
    load_bare(&w->bare);
    for (uint32_t i = 0; i < n; i++) {
        bare_ns[i] = read_bare(w);
        weir_ns[i] = read_weir(w);
        if (!weir_ns[i]) return false;
    }
    qsort(bare_ns, n, sizeof *bare_ns, compare);
    qsort(weir_ns, n, sizeof *weir_ns, compare);
    w->result->file.libpcap_cpu_ns = bare_ns[n / 2];
    w->result->file.weir_cpu_ns = weir_ns[n / 2];
    libpcap_close(w->bare.library);
    return true;
}

bool whole_run(const drive_plan *plan, const char *const *paths, size_t count, result *r)
{
    whole w = {.plan = plan, .paths = paths, .count = count, .result = r};
    return apart_run(run, &w);
}
