/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <errno.h>
#include <limits.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link_name.h"
#include "pcap_calls.h"

enum { LINK_SLL2 = 276, COPIES_BYTES = CAPTURE_BATCH * CAPTURE_COPIED_BYTES };

/* Small packets on their way to the sink, side by side. */
struct batch {
    size_t count;
    size_t used_bytes;
    weir_packet packets[CAPTURE_BATCH];
    uint8_t copies[COPIES_BYTES];
};

struct capture {
    const char *name;
    const capture_settings *settings;
    pcap_calls calls;
    pcap_t *pcap;   /* NULL: closed */
    unsigned index; /* of the interface; 0: `any`, or not known */
    int link_type;
    int socket;
    unsigned tick_ns;      /* the unit of its stamps' fractions */
    capture_totals before; /* of pcap_ts that are closed, … */
    capture_totals now;    /* … and of this one */
    struct batch batch;    /* empty but in capture_read */
};

/* What one capture_read needs. */
struct reading {
    capture_sink sink;
    void *user;
    unsigned tick_ns;
    size_t together;
    struct batch *batch;
};

capture *capture_create(const char *name, const capture_settings *settings)
{
    capture *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->name = name;
    c->settings = settings;
    return c;
}

void capture_destroy(capture *c)
{
    if (!c) return;
    capture_close(c);
    pcap_calls_unload(&c->calls);
    free(c);
}

bool capture_is_open(const capture *c)
{
    return c->pcap != NULL;
}

int capture_link_type(const capture *c)
{
    return c->link_type;
}

int capture_socket(const capture *c)
{
    return c->socket;
}

/* ── Opening ─────────────────────────────────────────────────────────────────────────────────── */

#define EXPLAIN(why, ...) ((void)snprintf((why)->text, CAPTURE_WHY_BYTES, __VA_ARGS__))

static capture_answer not_activated(const capture *c, int status, capture_why *why)
{
    switch (status) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
        EXPLAIN(why, "no such interface; see: ip link");
        return CAPTURE_NOT_THERE;
    case PCAP_ERROR_IFACE_NOT_UP:
        EXPLAIN(why, "is down; use: ip link set %s up", c->name);
        return CAPTURE_NOT_UP;
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        EXPLAIN(why, "not allowed to capture; use sudo, or: setcap cap_net_raw+ep weir");
        return CAPTURE_NOT_ALLOWED;
    case PCAP_ERROR:
        EXPLAIN(why, "%s", c->calls.geterr(c->pcap));
        return CAPTURE_FAILED;
    default:
        EXPLAIN(why, "%s: %s", c->calls.statustostr(status), c->calls.geterr(c->pcap));
        return CAPTURE_FAILED;
    }
}

static bool is_any(const capture *c)
{
    return strcmp(c->name, "any") == 0;
}

/* It works, and perhaps not quite as was asked. What libpcap would say of `any` gets lost in it. */
static void warn(const capture *c, int status, capture_why *why)
{
    const char *text = c->calls.geterr(c->pcap);
    if (is_any(c) && c->settings->promiscuous)
        EXPLAIN(why, "has no promiscuous mode; for it, name the interfaces");
    else if (status > 0)
        EXPLAIN(why, "%s", text[0] ? text : c->calls.statustostr(status));
}

/* What must be said before it is activated. Netfilter's pseudo interfaces have no nanoseconds. */
static void set_up(const capture *c)
{
    const capture_settings *s = c->settings;
    const uint64_t bytes = s->buffer_bytes < INT_MAX ? s->buffer_bytes : INT_MAX;
    (void)c->calls.set_snaplen(c->pcap, (int)s->snap_bytes);
    (void)c->calls.set_promisc(c->pcap, s->promiscuous);
    (void)c->calls.set_timeout(c->pcap, CAPTURE_BLOCK_MS);
    (void)c->calls.set_immediate_mode(c->pcap, s->immediate);
    (void)c->calls.set_buffer_size(c->pcap, (int)bytes);
    (void)c->calls.set_tstamp_precision(c->pcap, PCAP_TSTAMP_PRECISION_NANO);
}

static capture_answer set_direction(const capture *c, capture_why *why)
{
    static const pcap_direction_t directions[] = {PCAP_D_INOUT, PCAP_D_IN, PCAP_D_OUT};
    if (c->settings->direction == CAPTURE_BOTH) return CAPTURE_OK;
    if (c->calls.setdirection(c->pcap, directions[c->settings->direction]) == 0) return CAPTURE_OK;
    EXPLAIN(why, "--direction: %s", c->calls.geterr(c->pcap));
    return CAPTURE_FAILED;
}

static bool compile_filter(const capture *c, const char *text, struct bpf_program *program)
{
    return text && c->calls.compile(c->pcap, program, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
}

/* In the kernel: what does not pass takes no room in the ring. */
static capture_answer set_filter(const capture *c, capture_why *why)
{
    struct bpf_program program;
    int status;
    if (!c->settings->filter || !c->settings->filter[0]) return CAPTURE_OK;
    if (!compile_filter(c, c->settings->tagged_filter, &program) &&
        !compile_filter(c, c->settings->filter, &program)) {
        EXPLAIN(why, "filter '%s': %s; see: man pcap-filter", c->settings->filter,
                c->calls.geterr(c->pcap));
        return CAPTURE_BAD_FILTER;
    }
    status = c->calls.setfilter(c->pcap, &program);
    c->calls.freecode(&program);
    if (status == 0) return CAPTURE_OK;
    EXPLAIN(why, "filter '%s': %s", c->settings->filter, c->calls.geterr(c->pcap));
    return CAPTURE_FAILED;
}

/* `any` says with SLL2 on which interface each packet was seen. */
static capture_answer set_link_type(capture *c, capture_why *why)
{
    if (is_any(c)) (void)c->calls.set_datalink(c->pcap, LINK_SLL2);
    c->link_type = c->calls.datalink(c->pcap);
    if (weir_link_type_supported(c->link_type) == 1) return CAPTURE_OK;
    EXPLAIN(why,
            "link type %s (%d) is not supported; capture on an Ethernet, raw IP or 'any' interface",
            link_name(c->link_type), c->link_type);
    return CAPTURE_BAD_LINK;
}

static unsigned flags_of(const capture *c, const char *name)
{
    struct ifreq request;
    memset(&request, 0, sizeof request);
    (void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (ioctl(c->socket, SIOCGIFFLAGS, &request) != 0) return IFF_UP;
    return (unsigned short)request.ifr_flags;
}

/* What goes out, where libpcap would throw it away, need not take room in the ring first: with
 * --direction in, and on the loopback, which shows each packet going out and coming in. Linux 4.20;
 * without it, or in a group, libpcap does it. */
static void keep_outgoing_out(const capture *c)
{
    const int yes = 1;
    if (c->settings->direction == CAPTURE_IN || (flags_of(c, c->name) & IFF_LOOPBACK))
        (void)setsockopt(c->socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes);
}

static capture_answer activate(capture *c, capture_why *why)
{
    char text[PCAP_ERRBUF_SIZE];
    capture_answer answer;
    const int status = c->calls.activate(c->pcap);
    if (status < 0) return not_activated(c, status, why);
    warn(c, status, why);
    c->tick_ns = c->calls.get_tstamp_precision(c->pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
    answer = set_link_type(c, why);
    if (answer == CAPTURE_OK) answer = set_filter(c, why);
    if (answer == CAPTURE_OK) answer = set_direction(c, why);
    if (answer != CAPTURE_OK) return answer;
    c->socket = c->calls.get_selectable_fd(c->pcap);
    keep_outgoing_out(c);
    if (c->socket >= 0 && c->calls.setnonblock(c->pcap, 1, text) == 0) return CAPTURE_OK;
    EXPLAIN(why, "cannot be read without waiting; another libpcap is needed");
    return CAPTURE_FAILED;
}

capture_answer capture_open(capture *c, capture_why *why)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    capture_answer answer;
    why->text[0] = 0;
    if (!c->calls.library && !pcap_calls_load(&c->calls)) {
        EXPLAIN(why, "needs libpcap, and there is none (Debian: libpcap0.8)");
        return CAPTURE_NO_LIBRARY;
    }
    /* Asked before: if it is another one by the time it is activated, capture_look sees that. */
    c->index = if_nametoindex(c->name);
    c->pcap = c->calls.create(c->name, text);
    if (!c->pcap) {
        EXPLAIN(why, "%s", text);
        return CAPTURE_FAILED;
    }
    set_up(c);
    answer = activate(c, why);
    if (answer != CAPTURE_OK) capture_close(c);
    /* One that appeared in between. */
    if (answer == CAPTURE_OK && c->index == 0) c->index = if_nametoindex(c->name);
    return answer;
}

void capture_close(capture *c)
{
    if (!c->pcap) return;
    c->before = capture_count(c);
    memset(&c->now, 0, sizeof c->now);
    c->calls.close(c->pcap);
    c->pcap = NULL;
}

/* ── Reading ─────────────────────────────────────────────────────────────────────────────────── */

static void hand_over(const struct reading *reading)
{
    struct batch *b = reading->batch;
    if (b->count > 0) reading->sink(reading->user, b->packets, b->count);
    b->count = 0;
    b->used_bytes = 0;
}

/* There is room. */
static void copy(struct batch *b, const weir_packet *packet)
{
    uint8_t *to = b->copies + b->used_bytes;
    memcpy(to, packet->data, packet->captured_bytes);
    b->packets[b->count] = *packet;
    b->packets[b->count++].data = to;
    b->used_bytes += packet->captured_bytes;
}

static void take(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
    const struct reading *reading = (const struct reading *)(const void *)user;
    weir_packet packet = {
        .data = data,
        .time_ns = (uint64_t)header->ts.tv_sec * WEIR_SECOND +
                   (uint64_t)header->ts.tv_usec * reading->tick_ns,
        .captured_bytes = header->caplen,
        .wire_bytes = header->len > header->caplen ? header->len : header->caplen,
    };
    if (reading->together <= 1 || packet.captured_bytes > CAPTURE_COPIED_BYTES) {
        hand_over(reading);
        reading->sink(reading->user, &packet, 1);
        return;
    }
    copy(reading->batch, &packet);
    if (reading->batch->count == reading->together) hand_over(reading);
}

/* An interface that goes down or vanishes leaves an error at the socket, on which libpcap gives up
 * although packets wait in the ring. capture_look tells it better. */
static void forget_error(const capture *c)
{
    int error;
    socklen_t bytes = sizeof error;
    (void)getsockopt(c->socket, SOL_SOCKET, SO_ERROR, &error, &bytes);
}

int capture_read(capture *c, size_t together, capture_sink sink, void *user, capture_why *why)
{
    const size_t most = together < CAPTURE_BATCH ? together : CAPTURE_BATCH;
    struct reading reading = {sink, user, c->tick_ns, most, &c->batch};
    int count;
    forget_error(c);
    count = c->calls.dispatch(c->pcap, CAPTURE_READ_MAX, take, (u_char *)(void *)&reading);
    hand_over(&reading);
    if (count >= 0) return count;
    EXPLAIN(why, "%s", c->calls.geterr(c->pcap));
    return -1;
}

void capture_wait(const capture *c, int wake, int timeout_ms)
{
    struct pollfd fds[2] = {{.fd = wake, .events = POLLIN},
                            {.fd = c->pcap ? c->socket : -1, .events = POLLIN}};
    (void)poll(fds, 2, timeout_ms);
}

/* ── Looking ─────────────────────────────────────────────────────────────────────────────────── */

capture_state capture_look(const capture *c)
{
    char name[IF_NAMESIZE];
    unsigned index;
    if (!c->pcap) return CAPTURE_GONE;
    if (c->index == 0) return CAPTURE_UP;
    index = if_nametoindex(c->name);
    if ((index != 0 && index != c->index) || !if_indextoname(c->index, name)) return CAPTURE_GONE;
    if (!(flags_of(c, name) & IFF_UP)) return CAPTURE_DOWN;
    return index != 0 ? CAPTURE_UP : CAPTURE_RENAMED;
}

/* libpcap's counters have 32 bits and come round. What the interface lost goes back once that has
 * vanished (libpcap takes what was there before from a file that is no more): that is not counted. */
static void move(uint64_t *total, uint32_t count)
{
    const uint32_t step = count - (uint32_t)*total;
    if (step <= INT32_MAX) *total += step;
}

capture_totals capture_count(capture *c)
{
    struct pcap_stat counts;
    capture_totals sum = c->before;
    if (c->pcap && c->calls.stats(c->pcap, &counts) == 0) {
        move(&c->now.received_packets, counts.ps_recv);
        move(&c->now.dropped_packets, counts.ps_drop);
        move(&c->now.interface_dropped, counts.ps_ifdrop);
    }
    sum.received_packets += c->now.received_packets;
    sum.dropped_packets += c->now.dropped_packets;
    sum.interface_dropped += c->now.interface_dropped;
    return sum;
}
