/* SPDX-License-Identifier: MIT */
#include "peer_list.h"

#include <weir/weir.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define GOPACKET         "golang-github-google-gopacket-dev"
#define GOPACKET_INSTALL "golang-go " GOPACKET " libpcap-dev"

/* 4,000 pages of a connection, 150,000 in all, and what has waited for 10 s: limits as an agent in production had
 * them. */
#define PAGES "--pages-conn", "4000", "--pages-total", "150000", "--older-than", "10s"

/* libnids takes memory for its whole table at once: its default, or twice what is to come. */
enum { NIDS_STREAMS = 1040 };

/* clang-format off */
static const peer_entry list[] = {
    {"floor", PEER_FLOOR, "floor_pcap", "libpcap0.8", "", {NULL}},
    {"weir", PEER_WEIR, "peer_weir", NULL, "", {"--mem", "%M"}},
    {"  in batches of 32", PEER_OTHER, "peer_weir", NULL, "", {"--mem", "%M", "--batch", "32"}},
    {"gopacket reassembly", PEER_OTHER, "peer_reassembly", GOPACKET, GOPACKET_INSTALL, {NULL}},
    {"  its limits, flushed every 10 s", PEER_OTHER, "peer_reassembly", GOPACKET, GOPACKET_INSTALL,
     {PAGES, "--flush-every", "10s"}},
    {"  its limits, flushed every 1 s", PEER_OTHER, "peer_reassembly", GOPACKET, GOPACKET_INSTALL,
     {PAGES, "--flush-every", "1s"}},
    {"gopacket tcpassembly", PEER_OTHER, "peer_tcpassembly", GOPACKET, GOPACKET_INSTALL, {NULL}},
    {"  its limits, flushed every 1 s", PEER_OTHER, "peer_tcpassembly", GOPACKET, GOPACKET_INSTALL,
     {PAGES, "--flush-every", "1s"}},
    {"libnids", PEER_OTHER, "peer_libnids", "libnids1.21", "libnids-dev", {"--streams", "%N"}},
    {"libtins", PEER_OTHER, "peer_libtins", "libtins4.0", "g++ libtins-dev", {NULL}},
    {"tcpflow", PEER_OTHER, "peer_tcpflow", "tcpflow-nox tcpflow", "tcpflow-nox", {NULL}},
    {"tshark", PEER_OTHER, "peer_tshark", "tshark", "tshark", {"--streams", "%S"}},
};
/* clang-format on */

size_t peer_count(void)
{
    return sizeof list / sizeof *list;
}

const peer_entry *peer_at(size_t i)
{
    return &list[i];
}

void peer_version(const peer_entry *entry, char version[PEER_VERSION_BYTES])
{
    char command[128];
    version[0] = '\0';
    if (!entry->package) {
        (void)snprintf(version, PEER_VERSION_BYTES, "%s", WEIR_VERSION);
        return;
    }
    (void)snprintf(command, sizeof command, "dpkg-query -W -f '${Version}\\n' %s 2>/dev/null",
                   entry->package);
    FILE *answer = popen(command, "r");
    if (!answer) return;
    if (!fgets(version, PEER_VERSION_BYTES, answer)) version[0] = '\0';
    version[strcspn(version, "\n")] = '\0';
    (void)pclose(answer);
}

char *peer_argument(const char *argument, const peer_numbers *n, char text[PEER_ARGUMENT_BYTES])
{
    const uint64_t table = 2 * n->expected > NIDS_STREAMS ? 2 * n->expected : NIDS_STREAMS;
    if (strcmp(argument, "%M") == 0)
        (void)snprintf(text, PEER_ARGUMENT_BYTES, "%" PRIu64, n->mem_bytes);
    else if (strcmp(argument, "%N") == 0)
        (void)snprintf(text, PEER_ARGUMENT_BYTES, "%" PRIu64, table);
    else if (strcmp(argument, "%S") == 0)
        (void)snprintf(text, PEER_ARGUMENT_BYTES, "%" PRIu64, n->connections);
    else
        (void)snprintf(text, PEER_ARGUMENT_BYTES, "%s", argument);
    return text;
}
