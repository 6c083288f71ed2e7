/* SPDX-License-Identifier: MIT */
#include "advice.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "units.h"

/* What a rule looks at, and where it writes. */
struct look {
    const options *o;
    const session_outcome *out;
    const weir_stats *stats;
    char *line;
};

/* A rule: writes the line and answers true if it applies. */
typedef bool (*rule)(const struct look *look);

static units_text count_of(uint64_t count)
{
    return units_count(count);
}

/* Whether `part` is more than `percent` of `whole`. */
static bool exceeds(uint64_t part, uint64_t whole, uint64_t percent)
{
    return part > whole / 100 * percent + whole % 100 * percent / 100;
}

/* The ending of a noun that is counted. */
static const char *s_of(uint64_t count)
{
    return count == 1 ? "" : "s";
}

#define TELL(look, ...) ((void)snprintf((look)->line, ADVICE_BYTES, __VA_ARGS__), true)

/* ── The input ───────────────────────────────────────────────────────────────────────────────── */

static bool input_incomplete(const struct look *look)
{
    if (!look->out->input.incomplete) return false;
    return TELL(look,
                "Input was cut short, corrupt or not readable: this is what there was without "
                "it.");
}

static bool nothing_there(const struct look *look)
{
    const feed_totals *input = &look->out->input;
    if (look->stats->packets > 0) return false;
    if (input->filtered.tagged > 0 && !look->o->vlan)
        return TELL(look,
                    "None of %s packets passed the filter; %s of them have VLAN tags: try --vlan.",
                    count_of(input->filtered.packets).text, count_of(input->filtered.tagged).text);
    if (input->filtered.packets > 0)
        return TELL(look, "None of %s packets passed the filter.",
                    count_of(input->filtered.packets).text);
    if (input->unsupported_packets > 0)
        return TELL(look, "No packet is of a link type that weir reads.");
    if (look->out->live)
        return TELL(look, "No packet came: is this the right interface, and the filter not too "
                          "narrow? A mirror port needs --promiscuous on.");
    return TELL(look, "The capture has no packets: was its own filter too narrow?");
}

/* ── Limits ──────────────────────────────────────────────────────────────────────────────────── */

static bool no_memory(const struct look *look)
{
    const uint64_t lost = look->stats->ignored_packets[WEIR_IGNORED_NO_MEMORY];
    if (lost == 0) return false;
    return TELL(look, "%s packet%s found no room for a connection: raise --mem (now %s).",
                count_of(lost).text, s_of(lost), units_exact_size(look->o->pool.limit_bytes).text);
}

static bool fragments_full(const struct look *look)
{
    const uint64_t lost = look->stats->evicted_datagrams;
    if (lost == 0) return false;
    return TELL(look,
                "%s IP packet%s in pieces found no room to be joined: raise --frag-share (now %u) "
                "or --mem.",
                count_of(lost).text, s_of(lost), (unsigned)look->o->pool.frag_share_percent);
}

static bool pool_full(const struct look *look)
{
    const uint64_t holes = look->stats->holes[WEIR_HOLE_POOL_CAP];
    if (holes == 0) return false;
    return TELL(look, "%s hole%s given up because all memory was in use: raise --mem (now %s).",
                count_of(holes).text, s_of(holes),
                units_exact_size(look->o->pool.limit_bytes).text);
}

static bool connection_full(const struct look *look)
{
    const uint64_t holes = look->stats->holes[WEIR_HOLE_CONN_CAP];
    if (holes == 0) return false;
    return TELL(look,
                "%s hole%s given up at one connection's own limit: raise --conn-mem or "
                "--conn-records.",
                count_of(holes).text, s_of(holes));
}

static bool evicted(const struct look *look)
{
    const uint64_t lost = look->stats->evicted;
    const uint64_t with_bytes = look->out->tally.evicted_with_bytes;
    const units_text limit = units_exact_size(look->o->pool.limit_bytes);
    if (lost == 0) return false;
    if (with_bytes == 0)
        return TELL(
            look,
            "%s silent connection%s closed to make room, as in a scan or a flood of SYNs; no "
            "byte was lost by it.",
            count_of(lost).text, s_of(lost));
    return TELL(
        look,
        "%s connection%s with bytes closed to make room for others: raise --mem (now %s) or "
        "--conn-share.",
        count_of(with_bytes).text, s_of(with_bytes), limit.text);
}

/* ── The capture ─────────────────────────────────────────────────────────────────────────────── */

static bool cut_packets(const struct look *look)
{
    const uint64_t cut = look->out->input.cut_packets;
    if (look->stats->holes[WEIR_HOLE_TRUNCATED] == 0 && !exceeds(cut, look->stats->packets, 10))
        return false;
    return TELL(look, "%s packet%s captured in part only: %s to have them whole.",
                count_of(cut).text, s_of(cut),
                look->out->live ? "raise --snapshot-length" : "capture with -s 0");
}

/* In immediate mode each packet takes room for the largest there may be. */
void advice_for_ring(const options *o, char text[ADVICE_BYTES])
{
    const units_text size = units_exact_size(o->capture.buffer_bytes);
    if (o->capture.immediate)
        (void)snprintf(text, ADVICE_BYTES,
                       "use --immediate off, with which it holds more, or raise --buffer-size "
                       "(now %s)",
                       size.text);
    else
        (void)snprintf(text, ADVICE_BYTES,
                       "raise --buffer-size (now %s), filter more narrowly, or use --fanout",
                       size.text);
}

static bool kernel_dropped(const struct look *look)
{
    const uint64_t lost = look->out->capture.dropped_packets;
    char remedy[ADVICE_BYTES];
    if (lost == 0) return false;
    advice_for_ring(look->o, remedy);
    return TELL(look, "%s packet%s found the kernel's ring full: %.120s.", count_of(lost).text,
                s_of(lost), remedy);
}

static bool interface_dropped(const struct look *look)
{
    const uint64_t lost = look->out->capture.interface_dropped;
    if (lost == 0) return false;
    return TELL(
        look,
        "%s packet%s lost by the interface before they could be captured: raise its own ring "
        "(ethtool -G IFACE rx N).",
        count_of(lost).text, s_of(lost));
}

/* The receiver acknowledged what the capture has not. */
static bool capture_lost(const struct look *look)
{
    const uint64_t holes = look->stats->holes[WEIR_HOLE_ACKED];
    if (holes == 0 || look->out->capture.dropped_packets > 0) return false;
    if (look->out->live)
        return TELL(look,
                    "%s hole%s, though nothing was dropped here: lost before this host (a mirror "
                    "port with too much to mirror), or kept out by the filter.",
                    count_of(holes).text, s_of(holes));
    return TELL(look,
                "%s hole%s: the capture lost what the receivers got: give it a larger buffer "
                "(tcpdump -B).",
                count_of(holes).text, s_of(holes));
}

static bool checksums(const struct look *look)
{
    const uint64_t bad = look->stats->ignored_packets[WEIR_IGNORED_CHECKSUM];
    if (!exceeds(bad, look->stats->tcp_segments, 5)) return false;
    return TELL(look,
                "%s segment%s with wrong checksums, as a host's own captures have: use --checksum "
                "off.",
                count_of(bad).text, s_of(bad));
}

static bool no_tcp(const struct look *look)
{
    const weir_stats *stats = look->stats;
    if (stats->tcp_segments > 0 || stats->packets == 0) return false;
    if (stats->ignored_packets[WEIR_IGNORED_OTHER_SHARD] > 0) return false;
    if (exceeds(stats->ignored_packets[WEIR_IGNORED_FRAGMENT], stats->packets, 50))
        return TELL(look,
                    "Only pieces of fragmented packets, which could not be joined: was the capture "
                    "filtered by port?");
    if (exceeds(stats->ignored_packets[WEIR_IGNORED_TUNNEL], stats->packets, 50))
        return TELL(look, "All TCP is in tunnels that %s.",
                    look->o->engine.tunnels != WEIR_TUNNELS_ALL
                        ? "--tunnels leaves closed: try --tunnels all"
                        : "weir does not open: capture at their end");
    if (exceeds(stats->ignored_packets[WEIR_IGNORED_ENCRYPTED], stats->packets, 25))
        return TELL(look, "The radio frames are encrypted: decrypt them first (airdecap-ng), or "
                          "capture behind the access point.");
    return TELL(look, "No TCP in %s packet%s: is this the right interface, and the right filter?",
                count_of(stats->packets).text, s_of(stats->packets));
}

static bool fragments(const struct look *look)
{
    const uint64_t pieces = look->stats->ignored_packets[WEIR_IGNORED_FRAGMENT];
    if (look->stats->tcp_segments == 0 || !exceeds(pieces, look->stats->packets, 50)) return false;
    return TELL(look,
                "%s packets are pieces of fragmented ones and could not be joined: was the capture "
                "filtered by port?",
                count_of(pieces).text);
}

/* First pieces passed, and the others have nothing that a filter by port could look at. What the
 * kernel keeps out of a live capture is not seen. */
static bool filtered_pieces(const struct look *look)
{
    const uint64_t alone = look->stats->ignored_packets[WEIR_IGNORED_FRAGMENT];
    const bool unseen = look->out->live && strstr(look->o->filter, "port");
    if (alone == 0 || (look->out->input.filtered.pieces == 0 && !unseen)) return false;
    return TELL(look,
                "%s piece%s of IP packets without the others, which have no ports for the filter: "
                "add to it 'or (ip[6:2] & 0x1fff != 0) or ip6[6] = 44'.",
                count_of(alone).text, s_of(alone));
}

static bool clock_back(const struct look *look)
{
    const uint64_t back = look->stats->clock_back;
    if (!exceeds(back, look->stats->packets, 10)) return false;
    return TELL(look,
                "%s packet%s stamped before the one in front: give files in order of time, or sort "
                "with reordercap.",
                count_of(back).text, s_of(back));
}

/* No connection both ways, though nobody asked for one direction. */
static bool sees_one_way(const struct look *look)
{
    const bool asked = look->out->live && look->o->capture.direction != CAPTURE_BOTH;
    return !asked && look->out->tally.both_ways == 0;
}

static bool one_tag(const struct look *look)
{
    const session_tally *tally = &look->out->tally;
    if (!look->o->engine.key_vlan || !sees_one_way(look) || tally->one_way < 2 ||
        tally->one_way_tagged == 0)
        return false;
    return TELL(look, "No connection was seen both ways, and there are VLAN tags: some taps tag "
                      "one direction only. Try --key-vlan off.");
}

static bool one_tunnel(const struct look *look)
{
    const session_tally *tally = &look->out->tally;
    if (!look->o->engine.key_tunnel || !sees_one_way(look) || tally->one_way < 2 ||
        tally->one_way_tunnel == 0)
        return false;
    return TELL(look,
                "No connection was seen both ways, and they are in tunnels with numbers: some "
                "have another one each way. Try --key-tunnel off.");
}

static bool one_way(const struct look *look)
{
    const session_tally *tally = &look->out->tally;
    if (!sees_one_way(look) || tally->one_way < 3) return false;
    return TELL(look, "One direction only was seen of all %s connections: is the other captured?",
                count_of(tally->one_way).text);
}

static bool silent(const struct look *look)
{
    const weir_stats *stats = look->stats;
    if (stats->payload_bytes > 0 || stats->connections == 0) return false;
    return TELL(look, "%s connection%s and not one byte: only SYNs captured, or a scan?",
                count_of(stats->connections).text, s_of(stats->connections));
}

static bool nothing_followed(const struct look *look)
{
    const weir_stats *stats = look->stats;
    if (stats->connections > 0 || stats->tcp_segments == 0) return false;
    return TELL(look, "%s TCP segment%s, but none with a SYN or payload%s.",
                count_of(stats->tcp_segments).text, s_of(stats->tcp_segments),
                look->o->engine.midstream ? "" : "; try --midstream on");
}

size_t advice_give(const options *o, const session_outcome *outcome,
                   char lines[ADVICE_MAX][ADVICE_BYTES])
{
    static const rule rules[] = {
        input_incomplete, nothing_there,   filtered_pieces, no_memory,         pool_full,
        fragments_full,   connection_full, kernel_dropped,  interface_dropped, cut_packets,
        capture_lost,     checksums,       no_tcp,          fragments,         clock_back,
        evicted,          one_tag,         one_tunnel,      one_way,           silent,
        nothing_followed,
    };
    struct look look = {o, outcome, &outcome->stats, NULL};
    size_t i, count = 0;
    for (i = 0; i < sizeof rules / sizeof *rules && count < ADVICE_MAX; i++) {
        look.line = lines[count];
        count += rules[i](&look);
    }
    return count;
}
