/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <pcap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf.h"
#include "glance.h"
#include "libpcap.h"
#include "link_name.h"
#include "reader.h"
#include "say.h"

enum { PROGRAMS_MAX = 32, LINK_ETHERNET = 1, LINK_RAW = 101 };

/* libpcap, while it is loaded. */
struct compiler {
    void *library;
    pcap_t *(*open_dead)(int link_type, int snap_bytes);
    int (*compile)(pcap_t *pcap, struct bpf_program *program, const char *text, int optimize,
                   bpf_u_int32 netmask);
    char *(*geterr)(pcap_t *pcap);
    void (*freecode)(struct bpf_program *program);
    void (*close)(pcap_t *pcap);
};

struct program {
    int link_type;
    size_t count;
    struct bpf_insn *steps;
};

struct filter {
    const char *expression;
    const char *tagged; /* or NULL */
    const struct program *current;
    size_t count;
    struct program programs[PROGRAMS_MAX];
};

/* ── Compiling ───────────────────────────────────────────────────────────────────────────────── */

static bool load(struct compiler *c)
{
    c->library = libpcap_open();
    return c->library && libpcap_find(c->library, "pcap_open_dead", &c->open_dead) &&
           libpcap_find(c->library, "pcap_compile", &c->compile) &&
           libpcap_find(c->library, "pcap_geterr", &c->geterr) &&
           libpcap_find(c->library, "pcap_freecode", &c->freecode) &&
           libpcap_find(c->library, "pcap_close", &c->close);
}

/* Keeps a copy of what libpcap made. */
static bool keep(filter *f, int link_type, const struct bpf_program *made)
{
    struct program *program = &f->programs[f->count];
    program->steps = calloc(made->bf_len, sizeof *program->steps);
    if (!program->steps) return false;
    memcpy(program->steps, made->bf_insns, made->bf_len * sizeof *program->steps);
    program->count = made->bf_len;
    program->link_type = link_type;
    f->count++;
    return true;
}

static bool compile_text(const struct compiler *c, filter *f, const char *text, int link_type,
                         char why[PCAP_ERRBUF_SIZE])
{
    pcap_t *pcap = c->open_dead(link_dlt(link_type), READER_CAPTURED_MAX);
    struct bpf_program made;
    bool good = false;
    if (!pcap) return false;
    if (c->compile(pcap, &made, text, 1, PCAP_NETMASK_UNKNOWN) == 0) {
        good = keep(f, link_type, &made);
        c->freecode(&made);
    } else {
        (void)snprintf(why, PCAP_ERRBUF_SIZE, "%s", c->geterr(pcap));
    }
    c->close(pcap);
    return good;
}

/* The form for tags is Ethernet's. */
static bool compile_with(const struct compiler *c, filter *f, int link_type,
                         char why[PCAP_ERRBUF_SIZE])
{
    const char *text = f->tagged && link_type == LINK_ETHERNET ? f->tagged : f->expression;
    return compile_text(c, f, text, link_type, why);
}

/* Adds a program for a link type. On failure the reason is in why. */
static bool compile(filter *f, int link_type, char why[PCAP_ERRBUF_SIZE])
{
    struct compiler c;
    bool good = false;
    (void)snprintf(why, PCAP_ERRBUF_SIZE, "no room for it");
    if (f->count == PROGRAMS_MAX) return false;
    if (load(&c))
        good = compile_with(&c, f, link_type, why);
    else
        (void)snprintf(why, PCAP_ERRBUF_SIZE,
                       "needs libpcap, and there is none (Debian: libpcap0.8)");
    libpcap_close(c.library);
    return good;
}

/* ── The filter ──────────────────────────────────────────────────────────────────────────────── */

/* Says why the filter is refused; a file's name at its beginning means that a -r was forgotten. */
static void say_refused(const char *expression, const char *why)
{
    char word[256];
    (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(expression, " "), expression);
    if (access(word, F_OK) == 0)
        say("%s is a file: to read it, give it a -r of its own, or -r its directory (a filter of "
            "that name: %s)",
            word, why);
    else
        say("filter '%s': %s; see: man pcap-filter", expression, why);
}

filter *filter_create(const char *expression, const char *tagged, int *exit_code)
{
    char why[PCAP_ERRBUF_SIZE], other[PCAP_ERRBUF_SIZE];
    filter *f = calloc(1, sizeof *f);
    *exit_code = EXIT_FAILED;
    if (!f) {
        say("no memory for the filter");
        return NULL;
    }
    f->expression = expression;
    f->tagged = tagged;
    if (compile(f, LINK_ETHERNET, why) || compile(f, LINK_RAW, other)) return f;
    *exit_code = EXIT_USAGE;
    say_refused(expression, why);
    filter_destroy(f);
    return NULL;
}

void filter_destroy(filter *f)
{
    size_t i;
    if (!f) return;
    for (i = 0; i < f->count; i++)
        free(f->programs[i].steps);
    free(f);
}

bool filter_select(filter *f, int link_type)
{
    char why[PCAP_ERRBUF_SIZE];
    size_t i = 0;
    while (i < f->count && f->programs[i].link_type != link_type)
        i++;
    if (i == f->count && !compile(f, link_type, why)) {
        say("filter '%s' on link type %s (%d): %s; use one that fits all interfaces", f->expression,
            link_name(link_type), link_type, why);
        return false;
    }
    f->current = &f->programs[i];
    return true;
}

static void lose(filter_losses *losses, int link_type, const weir_packet *packet)
{
    const glance seen = glance_at(link_type, packet);
    losses->packets++;
    losses->tagged += seen.tagged;
    losses->pieces += seen.later_piece;
}

size_t filter_apply(const filter *f, weir_packet *packets, size_t count, filter_losses *losses)
{
    size_t i, kept = 0;
    for (i = 0; i < count; i++) {
        const weir_packet *p = &packets[i];
        if (bpf_run(f->current->steps, f->current->count, p->data, p->captured_bytes,
                    p->wire_bytes) != 0)
            packets[kept++] = packets[i];
        else
            lose(losses, f->current->link_type, p);
    }
    return kept;
}
