/* SPDX-License-Identifier: MIT */
/* The names of all lists, from the lists themselves. */
#include "weir/weir.h"

#define COUNT(names)   ((int)(sizeof(names) / sizeof(names)[0]))
#define NAME(names, i) ((i) >= 0 && (i) < COUNT(names) ? (names)[i] : "?")
#define X(ENUM, text)  text,

static const char *const ignored_names[] = {WEIR_IGNORED(X)};
static const char *const discarded_names[] = {WEIR_DISCARDED(X)};
static const char *const hole_names[] = {WEIR_HOLE_CAUSES(X)};
static const char *const close_names[] = {WEIR_CLOSE_CAUSES(X)};
static const char *const overlap_names[] = {WEIR_OVERLAPS(X)};
static const char *const tunnel_names[] = {WEIR_TUNNELS(X)};
static const char *const urgent_names[] = {WEIR_URGENTS(X)};
static const char *const verdict_names[] = {WEIR_PACKET_VERDICTS(X)};

#undef X

const char *weir_version(void)
{
    return WEIR_VERSION;
}

const char *weir_error_text(int error)
{
    switch (error) {
#define X(name, value, text)                                                                       \
    case name:                                                                                     \
        return text;
        WEIR_ERRORS(X)
#undef X
    default:
        return "?";
    }
}

const char *weir_ignored_name(int cause)
{
    return NAME(ignored_names, cause);
}

const char *weir_discarded_name(int cause)
{
    return NAME(discarded_names, cause);
}

const char *weir_hole_cause_name(int cause)
{
    return NAME(hole_names, cause);
}

const char *weir_close_cause_name(int cause)
{
    return NAME(close_names, cause);
}

const char *weir_overlap_name(int policy)
{
    return NAME(overlap_names, policy);
}

const char *weir_tunnel_name(int tunnel)
{
    return NAME(tunnel_names, tunnel);
}

const char *weir_urgent_name(int urgent)
{
    return NAME(urgent_names, urgent);
}

const char *weir_packet_verdict_name(int verdict)
{
    if (verdict >= WEIR_PACKET_IGNORED) return weir_ignored_name(verdict - WEIR_PACKET_IGNORED);
    return NAME(verdict_names, verdict);
}
