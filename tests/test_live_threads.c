/* SPDX-License-Identifier: MIT */
/*
 * A live run inside this process, so that a sanitizer sees its threads: `weir run` and `weir cat` on
 * the loopback of a network of its own, with four members of a fanout on one pool, metrics, a
 * timeline and SIGUSR1, while connections come and go. Skipped where namespaces are not allowed.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../tools/command.h"
#include "support/network.h"
#include "support/tool.h"

enum { PORT = 8001, CONNECTIONS = 40, BYTES = 300 * 1000, SKIPPED = 77 };

static network net;

/* Listens, connects to itself, sends, closes: both ends in one thread. */
static bool one_connection(int listener, const struct sockaddr_in *address, char *buffer)
{
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    bool good = client >= 0 && connect(client, (const void *)address, sizeof *address) == 0;
    const int peer = good ? accept(listener, NULL, NULL) : -1;
    size_t sent, got = 0;
    for (sent = 0; good && sent < BYTES; sent += 10000) {
        good = send(client, buffer, 10000, MSG_NOSIGNAL) == 10000;
        while (good && got < sent)
            got += (size_t)recv(peer, buffer, 10000, 0);
    }
    (void)close(client);
    if (peer >= 0) (void)close(peer);
    return good;
}

/* Traffic, a question, and then the end: as signals to the process, like those of a person. */
static void *disturb(void *user)
{
    const struct timespec pause = {0, 300 * 1000 * 1000};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    static char buffer[10000];
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    const int yes = 1;
    size_t *done = user;
    (void)inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    (void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    (void)nanosleep(&pause, NULL);
    if (bind(listener, (void *)&address, sizeof address) == 0 && listen(listener, 8) == 0)
        while (*done < CONNECTIONS && one_connection(listener, &address, buffer))
            *done += 1;
    (void)close(listener);
    (void)kill(getpid(), SIGUSR1);
    (void)nanosleep(&pause, NULL);
    (void)kill(getpid(), SIGTERM);
    return NULL;
}

/* Signals are the command's alone: the thread that sends them blocks them. */
static size_t run_disturbed(int (*command)(int argc, char **argv), int argc, char **argv)
{
    pthread_t thread;
    sigset_t ours, before;
    size_t done = 0;
    int exit_code;
    (void)sigemptyset(&ours);
    (void)sigaddset(&ours, SIGUSR1);
    (void)sigaddset(&ours, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &ours, &before);
    assert_int_equal(pthread_create(&thread, NULL, disturb, &done), 0);
    exit_code = command(argc, argv);
    (void)pthread_join(thread, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(exit_code, 0);
    return done;
}

static void a_run_with_four_members(void **state)
{
    const tool_place *place = *state;
    char metrics[TOOL_PATH_BYTES + 16], timeline[TOOL_PATH_BYTES + 16];
    char *words[] = {"run",     "-i",
                     "lo",      "--fanout",
                     "4",       "--mem",
                     "2MiB",    "--buffer-size",
                     "256KiB",  "--metrics",
                     metrics,   "--metrics-every",
                     "50ms",    "--jsonl",
                     "--holes", "--timeline",
                     timeline,  "--timeline-every",
                     "50ms",    "tcp port 8001",
                     NULL};
    size_t bytes;
    char *text;
    (void)snprintf(metrics, sizeof metrics, "%s/metrics", place->path);
    (void)snprintf(timeline, sizeof timeline, "%s/timeline", place->path);
    assert_int_equal(run_disturbed(command_run, (int)(sizeof words / sizeof *words) - 1, words),
                     CONNECTIONS);
    text = tool_read(metrics, &bytes);
    assert_non_null(strstr(text, "weir_interface_up{interface=\"lo\"} 1"));
    free(text);
}

static void a_cat_with_two_members(void **state)
{
    const tool_place *place = *state;
    char out[TOOL_PATH_BYTES + 16], index[TOOL_PATH_BYTES + 32];
    char *words[] = {"cat", "-i", "lo", "--fanout", "2", "-o", out, "tcp port 8001", NULL};
    size_t bytes;
    char *text;
    (void)snprintf(out, sizeof out, "%s/out", place->path);
    (void)snprintf(index, sizeof index, "%s/streams.jsonl", out);
    assert_int_equal(run_disturbed(command_cat, (int)(sizeof words / sizeof *words) - 1, words),
                     CONNECTIONS);
    text = tool_read(index, &bytes);
    assert_non_null(strstr(text, "\"dport\":8001"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cat_with_two_members, tool_setup, tool_teardown),
        cmocka_unit_test_setup_teardown(a_run_with_four_members, tool_setup, tool_teardown),
    };
    if (!network_begin(&net, 0)) {
        printf("skipped: %s\n", net.why_not);
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
