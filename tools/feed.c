/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "filter.h"
#include "input.h"
#include "input_list.h"
#include "link_name.h"
#include "reader.h"
#include "say.h"
#include "trouble.h"
#include "units.h"

enum { REFUSED_MAX = 8 }; /* link types that are named; further ones are only counted */

struct feed {
    const options *options;
    weir_engine *engine;
    feed_totals *totals;
    reader *reader;
    filter *filter; /* NULL: everything passes */
    upkeep *upkeep;
    const char *name; /* of the input */
    int link_type;    /* of the last batch, -1 before the first */
    bool taken;       /* whether the engine takes it */
    size_t refused_count;
    int refused[REFUSED_MAX];
    uint64_t bytes_before;
};

/* ── Link types ──────────────────────────────────────────────────────────────────────────────── */

static void say_refused(struct feed *f, int link_type)
{
    size_t i;
    for (i = 0; i < f->refused_count; i++)
        if (f->refused[i] == link_type) return;
    if (i == REFUSED_MAX) return;
    f->refused[f->refused_count++] = link_type;
    upkeep_hush(f->upkeep);
    say("%s: link type %s (%d) is not supported, its packets are left out; "
        "capture on an Ethernet, raw IP or 'any' interface",
        f->name, link_name(link_type), link_type);
}

/* Makes ready for packets of a link type. Returns an exit code. */
static int change_link(struct feed *f, int link_type)
{
    f->link_type = link_type;
    f->taken = weir_link_type_supported(link_type) == 1;
    if (!f->taken)
        say_refused(f, link_type);
    else if (f->filter && !filter_select(f->filter, link_type))
        return EXIT_USAGE;
    return EXIT_OK;
}

/* ── Batches ─────────────────────────────────────────────────────────────────────────────────── */

static void look_at(feed_totals *totals, const weir_packet *packets, size_t count)
{
    size_t i;
    if (totals->first_ns == 0) totals->first_ns = packets[0].time_ns;
    for (i = 0; i < count; i++)
        totals->cut_packets += packets[i].captured_bytes < packets[i].wire_bytes;
}

static int feed_batch(struct feed *f, const reader_batch *batch)
{
    size_t count = batch->count;
    int error = EXIT_OK;
    f->totals->read_packets += count;
    if (batch->link_type != f->link_type) error = change_link(f, batch->link_type);
    if (error != EXIT_OK) return error;
    if (!f->taken) {
        f->totals->unsupported_packets += count;
        return EXIT_OK;
    }
    if (f->filter) count = filter_apply(f->filter, batch->packets, count, &f->totals->filtered);
    if (count == 0) return EXIT_OK;
    look_at(f->totals, batch->packets, count);
    error = weir_engine_packets(f->engine, batch->link_type, batch->packets, count, NULL);
    if (error == WEIR_OK) return EXIT_OK;
    say("%s: the library refuses packets: %s; please report it", f->name, weir_error_text(error));
    return EXIT_FAILED;
}

/* ── Inputs ──────────────────────────────────────────────────────────────────────────────────── */

/* What the reader's end means for the exit code and the totals. */
static int judge_end(struct feed *f, const unpack *unpacked)
{
    if (reader_trouble_of(f->reader)->state == READER_COMPLETE) return EXIT_OK;
    upkeep_hush(f->upkeep);
    f->totals->incomplete |=
        !trouble_is_hopeless(f->reader, unpacked) || f->totals->read_packets > 0;
    return trouble_say(f->name, f->reader, unpacked);
}

/* A source that does what is due while nothing comes: a pipe may be silent for hours. */
struct patient {
    struct feed *feed;
    const input *input;
    reader_source source;
};

/* A step gives up a hole or some connections at least, if anything can be. */
enum { LOWER_STEPS = 1 << 16 };

/* The clock stays: what comes of it is of the limit alone. */
static void meet_limit(struct feed *f)
{
    if (!f->upkeep->on) return; /* nobody lowers it */
    for (int i = 0; i < LOWER_STEPS && !upkeep_limit_is_met(f->upkeep->pool); i++)
        (void)weir_engine_advance(f->engine, WEIR_NEVER);
}

static ptrdiff_t read_patiently(void *user, void *into, size_t bytes)
{
    const struct patient *p = user;
    const weir_engine *engine = p->feed->engine;
    struct pollfd one = {.fd = p->input->fd, .events = POLLIN};
    int ready;
    do {
        upkeep_look(p->feed->upkeep, weir_engine_now(engine));
        meet_limit(p->feed);
        ready = poll(&one, 1, upkeep_wait_ms(p->feed->upkeep));
    } while (ready == 0 || (ready < 0 && errno == EINTR));
    return p->source.read(p->source.user, into, bytes);
}

/* Of the file as it is, packed or not. */
static uint64_t bytes_taken(const struct feed *f, const unpack *unpacked)
{
    return unpack_is_packed(unpacked) ? unpacked->taken : reader_offset(f->reader);
}

static int feed_input(struct feed *f, const char *path, const int *stop)
{
    reader_batch batch;
    input in;
    struct patient patient = {f, &in, {0}};
    reader_source source;
    unpack unpacked;
    int exit_code = EXIT_OK;
    if (!input_open(&in, path)) return EXIT_FAILED;
    patient.source = source = input_source(&in);
    if (input_is_stream(path)) {
        input_outlive_interrupt();
        source = (reader_source){read_patiently, &patient};
    }
    unpack_open(&unpacked, &source);
    source = unpack_source(&unpacked);
    reader_open(f->reader, &source);
    f->name = in.name;
    f->bytes_before = f->totals->read_bytes;
    while (exit_code == EXIT_OK && reader_next(f->reader, f->options->batch, &batch) > 0) {
        exit_code = feed_batch(f, &batch);
        if (*stop != EXIT_OK) exit_code = *stop;
        f->totals->read_bytes = f->bytes_before + bytes_taken(f, &unpacked);
        upkeep_tick(f->upkeep, weir_engine_now(f->engine));
    }
    if (exit_code == EXIT_OK) exit_code = judge_end(f, &unpacked);
    unpack_close(&unpacked);
    input_close(&in);
    return exit_code;
}

/* Whether the filter can be had for the links that the files begin with. */
static int try_filter(const struct feed *f, const input_list *list)
{
    for (size_t i = 0; f->filter && i < list->count; i++) {
        const int link_type = list->entries[i].link_type;
        if (weir_link_type_supported(link_type) == 1 && !filter_select(f->filter, link_type))
            return EXIT_USAGE;
    }
    return EXIT_OK;
}

static int feed_inputs(struct feed *f, const int *stop)
{
    input_list list;
    size_t i;
    int exit_code = input_list_make(&list, f->options, f->reader);
    if (exit_code == EXIT_OK) exit_code = try_filter(f, &list);
    f->totals->incomplete |= list.incomplete;
    upkeep_expect(f->upkeep, list.total_bytes);
    for (i = 0; i < list.count && exit_code == EXIT_OK; i++)
        exit_code = feed_input(f, list.entries[i].path, stop);
    upkeep_hush(f->upkeep);
    input_list_free(&list);
    if (exit_code == EXIT_OK && f->totals->unsupported_packets > 0 &&
        f->totals->unsupported_packets == f->totals->read_packets)
        exit_code = EXIT_FAILED; /* said already: no packet of any input can be used */
    return exit_code;
}

int feed_all(const options *o, weir_engine *engine, upkeep *u, const int *stop, feed_totals *totals)
{
    struct feed f = {.options = o, .engine = engine, .totals = totals, .link_type = -1};
    int exit_code = EXIT_FAILED;
    f.upkeep = u;
    memset(totals, 0, sizeof *totals);
    f.reader = reader_create();
    if (!f.reader) {
        say("no memory for a buffer of %s", units_bytes(READER_BUFFER_BYTES).text);
        return EXIT_FAILED;
    }
    if (o->filter[0]) f.filter = filter_create(o->filter, o->tagged_filter, &exit_code);
    if (!o->filter[0] || f.filter) exit_code = feed_inputs(&f, stop);
    filter_destroy(f.filter);
    reader_destroy(f.reader);
    return exit_code;
}
