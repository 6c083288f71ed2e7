/* SPDX-License-Identifier: MIT */
/*
 * The promise that one number bounds everything, by the kernel's count: `weir run --mem 4MiB` beside the
 * scenarios that want most, its anonymous resident memory (smaps_rollup) read every 10 ms of run
 * time. The whole process may have 512 KiB more than the limit.
 *
 * Scaled down to what still fills the limit; $WEIR_RESIDENT_SCALE=1 is the size they are named after.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "support/sanitized.h"

#define LIMIT_KIB 4096
#define SPARE_KIB 512

/* The program, beside this test's folder unless $WEIR_BUILD says where. */
static const char *program(char *room, size_t bytes, const char *name)
{
    const char *build = getenv("WEIR_BUILD");
    snprintf(room, bytes, "%s/%s", build ? build : "build", name);
    return room;
}

/* Anonymous memory of a process in KiB, -1 if it is gone or the kernel does not tell. */
static long anonymous_kib(pid_t process)
{
    char path[64], line[256];
    long kib = -1;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)process);
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    while (kib < 0 && fgets(line, sizeof line, file))
        if (sscanf(line, "Anonymous: %ld", &kib) == 1) break;
    fclose(file);
    return kib;
}

static pid_t start(const char *path, char *const arguments[], int in, int out)
{
    pid_t process = fork();
    if (process) return process;
    if (in >= 0) dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    execv(path, arguments);
    _exit(127);
}

static pid_t start_generator(const char *scenario, const char *scale, int out)
{
    char path[512];
    const char *told = getenv("WEIR_RESIDENT_SCALE");
    char *arguments[] = {"weir-bench",
                         "gen",
                         (char *)(uintptr_t)scenario,
                         "--scale",
                         (char *)(uintptr_t)(told ? told : scale),
                         "-o",
                         "-",
                         NULL};
    return start(program(path, sizeof path, "weir-bench"), arguments, -1, out);
}

static pid_t start_weir(int in, int out)
{
    char path[512];
    char *arguments[] = {"weir", "run", "-r", "-", "--mem", "4MiB", "--jsonl", NULL};
    return start(program(path, sizeof path, "weir"), arguments, in, out);
}

static int exit_code(pid_t process)
{
    int status;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The most that the process had at any look, until it ends. */
static long watch(pid_t process, long *looks, int *code)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    long most = 0;
    int status;
    for (*looks = 0; waitpid(process, &status, WNOHANG) == 0; ++*looks) {
        long now = anonymous_kib(process);
        if (now > most) most = now;
        nanosleep(&pause, NULL);
    }
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return most;
}

static void run_within_limit(const char *scenario, const char *scale)
{
    int pipe_ends[2], nowhere = open("/dev/null", O_WRONLY);
    long looks;
    int code;
    if (SANITIZED || anonymous_kib(getpid()) < 0) {
        printf("skipped: %s\n",
               SANITIZED ? "a sanitizer's own memory would count" : "no smaps_rollup");
        skip();
    }
    assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
    fflush(stdout);
    pid_t generator = start_generator(scenario, scale, pipe_ends[1]);
    pid_t weir = start_weir(pipe_ends[0], nowhere);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    long most = watch(weir, &looks, &code);
    close(nowhere);
    assert_int_equal(exit_code(generator), 0);
    assert_int_equal(code, 0);
    printf("%s: %ld KiB at most in %ld looks, limit %d + %d\n", scenario, most, looks, LIMIT_KIB,
           SPARE_KIB);
    assert_true(looks > 0);
    assert_in_range(most, 1, LIMIT_KIB + SPARE_KIB);
}

static void test_many(void **state)
{
    (void)state;
    run_within_limit("many", "0.03");
}

static void test_syn_flood(void **state)
{
    (void)state;
    run_within_limit("syn-flood", "0.03");
}

static void test_tiny(void **state)
{
    (void)state;
    run_within_limit("tiny", "0.5");
}

static void test_episode(void **state)
{
    (void)state;
    run_within_limit("episode", "1");
}

static void test_incident(void **state)
{
    (void)state;
    run_within_limit("incident", "0.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),     cmocka_unit_test(test_syn_flood),
        cmocka_unit_test(test_tiny),     cmocka_unit_test(test_episode),
        cmocka_unit_test(test_incident),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
