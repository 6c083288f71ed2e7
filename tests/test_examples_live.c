/* SPDX-License-Identifier: MIT */
/*
 * The agent live: an HTTP server and two clients on hosts of a network of the test's own
 * (network.h), watched at the ports of a bridge by a process that has CAP_NET_RAW and nothing else.
 * What it counts is what the clients asked. Skipped where namespaces are not allowed.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/network.h"
#include "support/tool.h"

enum { SKIPPED = 77, CLIENTS = 2, ASKS = 60 /* of each client, of each kind */ };

static network net;

static const char server_text[] =
    "import http.server, sys\n"
    "class Handler(http.server.BaseHTTPRequestHandler):\n"
    "    protocol_version = 'HTTP/1.1'\n"
    "    def answer(self):\n"
    "        length = int(self.headers.get('Content-Length', 0))\n"
    "        self.rfile.read(length)\n"
    "        body = b'x' * 20000\n"
    "        self.send_response(200 if 'items' in self.path else 404)\n"
    "        self.send_header('Content-Length', str(len(body)))\n"
    "        self.end_headers()\n"
    "        self.wfile.write(body)\n"
    "    do_GET = do_POST = answer\n"
    "    def log_message(self, *_): pass\n"
    "http.server.ThreadingHTTPServer(('10.9.0.1', 80), Handler).serve_forever()\n";

static const char client_text[] =
    "import http.client, sys, time\n"
    "for _ in range(100):\n"
    "    try:\n"
    "        c = http.client.HTTPConnection('10.9.0.1', 80); c.connect(); break\n"
    "    except OSError: time.sleep(0.1)\n"
    "for i in range(int(sys.argv[1])):\n"
    "    for method, path, body in (('GET', f'/items/{i}', None), ('POST', '/none', 'y' * 5000)):\n"
    "        c.request(method, path, body)\n"
    "        c.getresponse().read()\n";

/* Where the agent is, and what runs it without any other capability, if that can be had. */
static void wrap_agent(const tool_place *place)
{
    const char *build = getenv("WEIR_BUILD");
    char text[2048], agent[TOOL_PATH_BYTES];
    (void)snprintf(text, sizeof text, "%s/examples/agent", build ? build : "build");
    if (!realpath(text, agent)) fail_msg("no %s", text);
    (void)snprintf(text, sizeof text,
                   "#!/bin/sh\n"
                   "alone='setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs"
                   " --inh-caps -all,+net_raw --ambient-caps -all,+net_raw"
                   " --bounding-set -all,+net_raw'\n"
                   "$alone test -x %s 2>/dev/null || alone=\n"
                   "exec $alone %s \"$@\"\n",
                   agent, agent);
    tool_write(tool_path(place, "agent"), text, strlen(text));
    assert_int_equal(chmod(tool_path(place, "agent"), 0755), 0);
    assert_int_equal(setenv("WEIR", tool_path(place, "agent"), 1), 0);
}

static unsigned long number(const tool_result *report, const char *before)
{
    const char *at = strstr(report->out, before);
    if (!at) fail_msg("no '%s' in\n%s", before, report->out);
    return at ? strtoul(at + strlen(before), NULL, 10) : 0;
}

static void agent_counts_what_clients_asked(void **state)
{
    const tool_place *place = *state;
    tool_result report;
    tool_job job;
    pid_t server;
    char command[TOOL_PATH_BYTES];
    wrap_agent(place);
    tool_write(tool_path(place, "server.py"), server_text, strlen(server_text));
    tool_write(tool_path(place, "client.py"), client_text, strlen(client_text));
    (void)snprintf(command, sizeof command, "exec python3 %s", tool_path(place, "server.py"));
    server = network_spawn(&net, 1, command);
    job = tool_start(place, NULL, "-i v2 -i v3 --mem 16MiB --ring 8MiB 'tcp port 80'");
    if (!tool_await(tool_path(place, TOOL_ERR), "watching")) {
        report = tool_finish(&job, SIGKILL);
        fail_msg("the agent does not begin: %s", report.err);
    }
    for (size_t host = 2; host < 2 + CLIENTS; host++)
        assert_true(network_run(&net, host, "python3 %s %d", tool_path(place, "client.py"), ASKS));
    (void)usleep(300 * 1000); /* a block of the kernel's, and what reads it */
    (void)kill(job.pid, SIGUSR1);
    if (!tool_await(tool_path(place, TOOL_OUT), "memory: ")) fail_msg("no report on SIGUSR1");
    report = tool_finish(&job, SIGTERM);
    network_kill(server);
    assert_int_equal(report.exit_code, 0);
    assert_int_equal(number(&report, "interface v2: received ") > 0, 1);
    /* A machine that was too busy lost packets, and knows it. */
    if (strstr(report.out, "dropped 0\ninterface v3") && !strstr(report.out, "raise --ring")) {
        const unsigned long all = (unsigned long)CLIENTS * ASKS;
        if (number(&report, "GET     /items/{id}") != all ||
            number(&report, "POST    /none") != all || number(&report, ", paired ") != 2 * all)
            fail_msg("%s", report.out);
        assert_int_equal(number(&report, "lost_requests "), 0);
        assert_int_equal(number(&report, ", holes "), 0);
    }
    assert_true(number(&report, "peak ") <= 16 << 20);
    tool_free(&report);
}

/* It is told of while the others go on, and the end is a failure. */
static void agent_tells_of_an_interface_that_vanishes(void **state)
{
    const tool_place *place = *state;
    tool_result report;
    tool_job job;
    bool told;
    wrap_agent(place);
    job = tool_start(place, NULL, "-i v2 -i v3");
    assert_true(tool_await(tool_path(place, TOOL_ERR), "watching"));
    network_unplug(&net, 3);
    told = tool_await(tool_path(place, TOOL_ERR), "agent: v3: ");
    report = tool_finish(&job, SIGTERM);
    assert_true(network_plug(&net, 3));
    assert_true(told);
    assert_int_equal(report.exit_code, 1);
    assert_non_null(strstr(report.out, "interface v2: received "));
    tool_free(&report);
}

static int possible(void)
{
    const char *build = getenv("WEIR_BUILD");
    char path[TOOL_PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/examples/agent", build ? build : "build");
    if (access(path, X_OK) != 0) {
        (void)puts("skipped: llhttp is not installed, so examples/agent is not built");
        return 0;
    }
    if (system("python3 -c 'import http.server' 2>/dev/null") != 0) { /* NOLINT(cert-env33-c) */
        (void)puts("skipped: there is no python3");
        return 0;
    }
    if (network_begin(&net, 1 + CLIENTS)) return 1;
    (void)printf("skipped: %s\n", net.why_not);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(agent_counts_what_clients_asked, tool_setup, tool_teardown),
        cmocka_unit_test_setup_teardown(agent_tells_of_an_interface_that_vanishes, tool_setup,
                                        tool_teardown),
    };
    int failed;
    if (!possible()) return SKIPPED;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    network_end(&net);
    return failed;
}
