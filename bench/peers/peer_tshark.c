/* SPDX-License-Identifier: MIT */
/*
 * peer_tshark: the program tshark, following TCP streams.
 *
 *      --streams N    how many; tshark follows those that it is told the numbers of, from 0 on
 *
 * Timed, this becomes tshark itself and its text goes nowhere; with --check the text is read back.
 */
#include <arpa/inet.h>
#include <unistd.h>

#include "peer.h"

enum { STREAMS_MAX = 1024, NAME_BYTES = 64, FIXED_ARGUMENTS = 5 };

static int become_tshark(const char *file, unsigned streams)
{
    static char follow[STREAMS_MAX][32];
    static char *arguments[FIXED_ARGUMENTS + 2 * STREAMS_MAX + 1];
    char *name = strdup(file);
    char *const fixed[FIXED_ARGUMENTS] = {strdup("tshark"), strdup("-n"), strdup("-q"),
                                          strdup("-r"), name};
    size_t n = FIXED_ARGUMENTS;
    memcpy(arguments, fixed, sizeof fixed);
    for (unsigned i = 0; i < streams; i++) {
        (void)snprintf(follow[i], sizeof follow[i], "follow,tcp,raw,%u", i);
        arguments[n++] = strdup("-z");
        arguments[n++] = follow[i];
    }
    (void)execvp("tshark", arguments);
    return peer_failed("tshark cannot be run");
}

/* One stream of the text: its hosts, and a record for each direction. */
typedef struct stream {
    peer_record from[2];
} stream;

/* "Node 0: 10.0.0.1:49155", "Node 0: [fd00::1]:49155". */
static void take_node(stream *s, const char *line)
{
    char host[NAME_BYTES];
    uint8_t raw[16] = {0};
    const int node = line[5] - '0';
    const char *colon = strrchr(line, ':'), *begin = line + 8 + (line[8] == '[');
    const size_t n = (size_t)(colon - begin) - (colon[-1] == ']');
    if (node < 0 || node > 1 || n >= sizeof host) return;
    memcpy(host, begin, n);
    host[n] = '\0';
    const uint16_t port = (uint16_t)strtoul(colon + 1, NULL, 10);
    const int six = inet_pton(AF_INET6, host, raw) == 1;
    if (!six && inet_pton(AF_INET, host, raw) != 1) return;
    peer_record *mine = &s->from[node], *theirs = &s->from[1 - node];
    mine->family = theirs->family = six ? 6 : 4;
    mine->src_port = theirs->dst_port = port;
    memcpy(mine->src, raw, sizeof raw);
    memcpy(theirs->dst, raw, sizeof raw);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A line of hexadecimal, with a tab before it if the second host sent it. What tshark says of missing bytes stands in
 * the same digits, as text. */
static void take_line(peer *p, stream *s, char *line)
{
    uint64_t missing;
    int end = 0;
    peer_record *record = &s->from[*line == '\t'];
    char *in = line + (*line == '\t');
    uint8_t *out = (uint8_t *)line;
    size_t n = 0;
    for (; digit(in[0]) >= 0 && digit(in[1]) >= 0; in += 2)
        out[n++] = (uint8_t)(digit(in[0]) << 4 | digit(in[1]));
    if (n == 0) return;
    out[n] = '\0'; /* where digits were: there are two for each byte */
    if (sscanf(line, "[%" SCNu64 " bytes missing in capture file]%n", &missing, &end) == 1 &&
        end > 0) {
        record->skipped = (int64_t)missing;
        peer_take(p, record, "", 0);
    } else {
        peer_take(p, record, out, n);
    }
    record->skipped = 0;
}

static int take_text(peer *p, FILE *text)
{
    stream s = {0};
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, text) > 0) {
        if (strncmp(line, "Follow:", 7) == 0)
            s = (stream){0};
        else if (strncmp(line, "Node ", 5) == 0)
            take_node(&s, line);
        else if (line[0] == '\t' || digit(line[0]) >= 0)
            take_line(p, &s, line);
    }
    free(line);
    return peer_end(p);
}

int main(int argc, char **argv)
{
    int ends[2];
    peer p = peer_begin(argc, argv);
    const uint64_t streams = peer_number(argc, argv, "streams", 1);
    if (streams > STREAMS_MAX) return peer_failed("one -z follow for each stream: too many");
    if (!p.check) {
        (void)freopen("/dev/null", "w", stdout);
        return become_tshark(p.file, (unsigned)streams);
    }
    const pid_t child = pipe(ends) == 0 ? fork() : -1;
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        _exit(become_tshark(p.file, (unsigned)streams));
    }
    if (child < 0) return peer_failed("tshark cannot be started");
    (void)close(ends[1]);
    FILE *text = fdopen(ends[0], "r");
    return text ? take_text(&p, text) : peer_failed("no pipe");
}
