/* SPDX-License-Identifier: MIT */
/*
 * peer_tcpflow: the program tcpflow, which writes the bytes of each direction into a file of the current directory.
 *
 * Timed, this becomes tcpflow itself; the files are its delivery, and nobody reads them. With --check the files are
 * read afterwards: a place of a file that was never written reads as zeros, as it does for all who use them.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"

static int become_tcpflow(const char *file)
{
    (void)execlp("tcpflow", "tcpflow", "-q", "-r", file, "-o", ".", (char *)NULL);
    return peer_failed("tcpflow cannot be run");
}

/* "010.000.000.001", or IPv6 in hexadecimal. Its end, or NULL. */
static const char *address(const char *text, const char *end, uint8_t *family, uint8_t *out)
{
    char word[64];
    unsigned part[4];
    const size_t n = (size_t)(end - text);
    if (n >= sizeof word) return NULL;
    memcpy(word, text, n);
    word[n] = '\0';
    *family = strchr(word, ':') ? 6 : 4;
    if (*family == 6) return inet_pton(AF_INET6, word, out) == 1 ? end : NULL;
    if (sscanf(word, "%3u.%3u.%3u.%3u", &part[0], &part[1], &part[2], &part[3]) != 4) return NULL;
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)part[i];
    return end;
}

/* ADDRESS.PORT up to `end`. */
static int half_of(const char *text, const char *end, uint8_t *family, uint8_t *out, uint16_t *port)
{
    const char *dot = end;
    while (dot > text && *dot != '.')
        dot--;
    *port = (uint16_t)strtoul(dot + 1, NULL, 10);
    return *port != 0 && address(text, dot, family, out) != NULL;
}

/* SRC.PORT-DST.PORT, with c and a number behind it where it began a further file. 0: none of its files. */
static int whose(const char *name, peer_record *record)
{
    const char *dash = strchr(name, '-');
    if (!dash) return 0;
    memset(record, 0, sizeof *record);
    const char *end = dash + 1 + strcspn(dash + 1, "-");
    const char *last = strrchr(dash, '.');
    if (last) end = last + 1 + strspn(last + 1, "0123456789");
    if (strchr(end, 'c')) record->skipped = PEER_SKIPPED_UNKNOWN;
    return half_of(name, dash, &record->family, record->src, &record->src_port) &&
           half_of(dash + 1, end, &record->family, record->dst, &record->dst_port);
}

static void take_file(peer *p, const char *name)
{
    static uint8_t data[1 << 16];
    peer_record record;
    size_t n;
    FILE *file = whose(name, &record) ? fopen(name, "rb") : NULL;
    if (!file) return;
    while ((n = fread(data, 1, sizeof data, file)) > 0) {
        peer_take(p, &record, data, n);
        record.skipped = 0;
    }
    (void)fclose(file);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int take_files(peer *p)
{
    struct dirent **names;
    const int count = scandir(".", &names, NULL, by_name);
    if (count < 0) return peer_failed("the directory cannot be read");
    for (int i = 0; i < count; i++) {
        take_file(p, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    return peer_end(p);
}

int main(int argc, char **argv)
{
    int status;
    peer p = peer_begin(argc, argv);
    if (!p.check) {
        (void)freopen("/dev/null", "w", stdout);
        return become_tcpflow(p.file);
    }
    const pid_t child = fork();
    if (child == 0) {
        (void)dup2(STDERR_FILENO, STDOUT_FILENO);
        _exit(become_tcpflow(p.file));
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        return peer_failed("tcpflow failed");
    return take_files(&p);
}
