/* SPDX-License-Identifier: MIT */
#include "exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../bench/traffic_random.h"
#include "tool.h"

enum { GOT_BYTES = EXCHANGE_BODY_BYTES + 4096, TRIES = 900, PATIENCE_MS = 20000 };

const char *exchange_address(size_t host, int family, char text[32])
{
    (void)snprintf(text, 32, family == AF_INET ? "10.9.0.%zu" : "fd09::%zu", host);
    return text;
}

/* ── Clients ─────────────────────────────────────────────────────────────────────────────────── */

static bool connect_to_server(int fd, int family)
{
    struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(EXCHANGE_PORT)};
    struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(EXCHANGE_PORT)};
    char text[32];
    exchange_address(1, family, text);
    (void)inet_pton(family, text,
                    family == AF_INET ? (void *)&to4.sin_addr : (void *)&to6.sin6_addr);
    return family == AF_INET ? connect(fd, (struct sockaddr *)(void *)&to4, sizeof to4) == 0
                             : connect(fd, (struct sockaddr *)(void *)&to6, sizeof to6) == 0;
}

static uint16_t own_port(int fd)
{
    struct sockaddr_storage own;
    socklen_t bytes = sizeof own;
    memset(&own, 0, sizeof own);
    if (getsockname(fd, (struct sockaddr *)(void *)&own, &bytes) != 0) return 0;
    return own.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)(void *)&own)->sin_port)
                                    : ntohs(((struct sockaddr_in6 *)(void *)&own)->sin6_port);
}

bool exchange_begin(exchange *e, const network *n, size_t host, int family, bool narrow)
{
    const int window = 16 * 1024;
    memset(e, 0, sizeof *e);
    e->family = family;
    e->host = host;
    e->got = malloc(GOT_BYTES);
    e->fd = network_socket(n, host, family, SOCK_STREAM);
    if (narrow) (void)setsockopt(e->fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    if (!e->got || e->fd < 0 || !connect_to_server(e->fd, family)) return false;
    e->port = own_port(e->fd);
    return true;
}

bool exchange_ask(exchange *e)
{
    e->sent_bytes =
        (size_t)snprintf(e->sent, sizeof e->sent, "GET /body?%u HTTP/1.0\r\n\r\n", e->port);
    return send(e->fd, e->sent, e->sent_bytes, MSG_NOSIGNAL) == (ssize_t)e->sent_bytes;
}

/* Reads what is there. true: it is over. */
static bool read_some(exchange *e)
{
    const ssize_t got = recv(e->fd, e->got + e->got_bytes, GOT_BYTES - e->got_bytes, 0);
    if (got > 0) e->got_bytes += (size_t)got;
    if (got > 0 || (got < 0 && errno == EINTR)) return false;
    (void)close(e->fd);
    e->fd = -1;
    return true;
}

bool exchange_read(exchange *e, size_t bytes)
{
    while (e->got_bytes < bytes) {
        const size_t left = bytes - e->got_bytes;
        const ssize_t got = recv(e->fd, e->got + e->got_bytes, left, 0);
        if (got > 0) e->got_bytes += (size_t)got;
        if (got == 0 || (got < 0 && errno != EINTR)) return false;
    }
    return true;
}

bool exchange_all(exchange *e, size_t count)
{
    struct pollfd *fds = calloc(count, sizeof *fds);
    size_t i, left = count;
    bool good = fds != NULL;
    for (i = 0; i < count && good; i++) {
        good = e[i].sent_bytes > 0 || exchange_ask(&e[i]);
        fds[i] = (struct pollfd){.fd = e[i].fd, .events = POLLIN};
    }
    while (good && left > 0 && poll(fds, count, PATIENCE_MS) > 0)
        for (i = 0; i < count; i++)
            if (fds[i].revents && read_some(&e[i])) {
                fds[i].fd = -1;
                fds[i].revents = 0;
                left--;
            }
    for (i = 0; i < count && good; i++)
        good = e[i].got_bytes > EXCHANGE_BODY_BYTES && strncmp(e[i].got, "HTTP/1", 6) == 0;
    free(fds);
    return good && left == 0;
}

bool exchange_many(exchange *e, size_t count, const network *n, bool both)
{
    size_t i;
    memset(e, 0, count * sizeof *e);
    for (i = 0; i < count; i++)
        if (!exchange_begin(&e[i], n, 2 + i % (n->hosts - 1),
                            both && i % 4 >= 2 ? AF_INET6 : AF_INET, false))
            return false;
    return exchange_all(e, count);
}

void exchange_free(exchange *e, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        if (e[i].fd > 0) (void)close(e[i].fd);
        free(e[i].got);
    }
}

/* ── The server ──────────────────────────────────────────────────────────────────────────────── */

static void write_body(const char *folder)
{
    char path[TOOL_PATH_BYTES + 8];
    uint8_t *bytes = malloc(EXCHANGE_BODY_BYTES);
    traffic_random r = {1};
    size_t i;
    if (!bytes) return;
    for (i = 0; i < EXCHANGE_BODY_BYTES; i++)
        bytes[i] = (uint8_t)traffic_random_next(&r);
    (void)snprintf(path, sizeof path, "%s/body", folder);
    tool_write(path, bytes, EXCHANGE_BODY_BYTES);
    free(bytes);
}

/* Waits for as long as it takes on a busy machine, or until the server has given up. */
static bool answers(const network *n, pid_t server)
{
    const struct timespec pause = {0, 100 * 1000 * 1000};
    int i;
    for (i = 0; i < TRIES; i++) {
        exchange e;
        const bool good = exchange_begin(&e, n, 2, AF_INET6, false);
        exchange_free(&e, 1);
        if (good) return true;
        if (waitpid(server, NULL, WNOHANG) != 0) return false;
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

pid_t exchange_serve(const network *n, const char *folder)
{
    char command[TOOL_PATH_BYTES + 128];
    pid_t server;
    write_body(folder);
    (void)snprintf(command, sizeof command,
                   "exec python3 -m http.server --bind :: --directory '%s' %d >/dev/null 2>&1",
                   folder, EXCHANGE_PORT);
    server = network_spawn(n, 1, command);
    if (server > 0 && answers(n, server)) return server;
    network_kill(server);
    return -1;
}
