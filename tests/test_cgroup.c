/* SPDX-License-Identifier: MIT */
/*
 * A real control group of the test's own: its limit is what --mem is a share of, also after it has
 * changed, and memory pressure in it lowers weir's limit.
 *
 *      MOUNT/weir-test-PID         of the hierarchy with the memory controller: the limit
 *      MOUNT/weir-test-PID         of version 2, where those differ: the pressure
 *
 * It needs root, and cgroups that may be written to; else it says why not, and is skipped. A child
 * moves in and runs the tests, so that the parent can remove the group when it is empty.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup.h"
#include "pressure.h"
#include "steady.h"
#include "support/sanitized.h"
#include "support/tool.h"

#define MIB ((uint64_t)1 << 20)

enum { SKIPPED = 77 /* the exit code for it */, FILE_MIB = 64, TMPFS = 0x01021994 };

typedef struct box {
    char limited[SYSTEM_PATH_BYTES]; /* directories; "" where there is none */
    char pressed[SYSTEM_PATH_BYTES];
    const char *limit; /* the file's name */
} box;

static box the_box;
static const struct timespec moment = {0, 20000000};

/* ── The group ───────────────────────────────────────────────────────────────────────────────── */

static bool put(const char *directory, const char *name, const char *text)
{
    char path[SYSTEM_PATH_BYTES];
    FILE *file;
    bool good;
    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path) return false;
    file = fopen(path, "we");
    if (!file) return false;
    good = fputs(text, file) >= 0;
    return fclose(file) == 0 && good;
}

/* A group directly below the mount point, if it has this file. */
static bool make_group(char path[SYSTEM_PATH_BYTES], cgroup_version version, const char *file)
{
    char wanted[SYSTEM_PATH_BYTES];
    cgroup mount;
    path[0] = '\0';
    if (!cgroup_find(&mount, version)) return false;
    mount.directory[mount.mount_length] = '\0';
    if (snprintf(path, SYSTEM_PATH_BYTES, "%.2000s/weir-test-%ld", mount.directory,
                 (long)getpid()) <= 0 ||
        mkdir(path, 0755) != 0) {
        path[0] = '\0';
        return false;
    }
    (void)snprintf(wanted, sizeof wanted, "%.2100s/%s", path, file);
    if (access(wanted, W_OK) == 0) return true;
    (void)rmdir(path);
    path[0] = '\0';
    return false;
}

static bool make_box(box *b)
{
    b->limit = "memory.max";
    if (make_group(b->limited, CGROUP_V2, b->limit)) {
        memcpy(b->pressed, b->limited, sizeof b->pressed);
        return true;
    }
    b->limit = "memory.limit_in_bytes";
    if (!make_group(b->limited, CGROUP_V1, b->limit)) return false;
    (void)make_group(b->pressed, CGROUP_V2, "memory.pressure"); /* there may be none */
    return true;
}

static bool limit_box(const box *b, uint64_t bytes)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%llu\n", (unsigned long long)bytes);
    return put(b->limited, b->limit, text);
}

/* Moves this process there, and all that it starts. */
static bool enter_box(const box *b)
{
    return put(b->limited, "cgroup.procs", "0\n") &&
           (!b->pressed[0] || put(b->pressed, "cgroup.procs", "0\n"));
}

/* The last process may be on its way out. */
static void remove_group(const char *path)
{
    for (int i = 0; path[0] && i < 500 && rmdir(path) != 0 && errno == EBUSY; i++)
        (void)nanosleep(&moment, NULL);
}

/* ── The limit ───────────────────────────────────────────────────────────────────────────────── */

/* weir, with a pipe that nothing comes through for its input, until finish. */
static tool_job start(const tool_place *place, const char *line, int *pipe)
{
    assert_int_equal(mkfifo(tool_path(place, "pipe"), 0600), 0);
    *pipe = open(tool_path(place, "pipe"), O_RDWR | O_CLOEXEC);
    assert_true(*pipe >= 0);
    return tool_start(place, NULL, line);
}

static void finish(const tool_job *job, int pipe)
{
    tool_result result = tool_finish(job, SIGTERM);
    tool_free(&result);
    (void)close(pipe);
}

static void await_file(const char *path)
{
    for (int i = 0; i < 1000 && access(path, R_OK) != 0; i++)
        (void)nanosleep(&moment, NULL);
    assert_int_equal(access(path, R_OK), 0);
}

static void its_limit_is_found(void **state)
{
    const tool_place *place = *state;
    char says[SYSTEM_PATH_BYTES + 128];
    tool_job job;
    int pipe;
    (void)tool_traffic(tool_path(place, "a"), "bulk", 0.0001);
    assert_true(limit_box(&the_box, 256 * MIB));
    (void)snprintf(says, sizeof says, "--mem auto is 64.0 MiB: of 256.0 MiB, cgroup %.2100s/%s\n",
                   the_box.limited, the_box.limit);
    tool_expect(place, "run -r @/a --mem auto", 0, says);
    tool_expect(place, "run -r @/a --mem 50%", 0, "--mem 50% is 128.0 MiB: of 256.0 MiB, cgroup ");
    tool_write(tool_path(place, "limits"), "mem = 25%\n", 10);
    job = start(place, "run -r @/pipe --limits-file @/limits --metrics @/m", &pipe);
    assert_true(tool_await(tool_path(place, TOOL_ERR),
                           "limits: mem 25% is 64.0 MiB: of 256.0 MiB, cgroup "));
    await_file(tool_path(place, "m")); /* it listens to signals by then */
    assert_true(limit_box(&the_box, 128 * MIB));
    assert_int_equal(kill(job.pid, SIGHUP), 0);
    assert_true(tool_await(tool_path(place, TOOL_ERR), "the memory limit is 32.0 MiB now"));
    finish(&job, pipe);
}

/* ── Pressure ────────────────────────────────────────────────────────────────────────────────── */

/* A file that does not fit, whose pages the page cache has not yet. */
static void write_large(const char *path)
{
    static char block[1 << 20];
    const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    for (int i = 0; i < FILE_MIB; i++)
        assert_int_equal(write(file, block, sizeof block), sizeof block);
    assert_int_equal(fsync(file), 0);
    (void)posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    (void)close(file);
}

/* Reads it again and again, in the same group. With a few of them the kernel finds every page of the
 * group in use, and ends a process: rather this one than the test. */
static pid_t start_reader(const char *path)
{
    static char block[64 << 10];
    const pid_t child = fork();
    int file;
    if (child != 0) return child;
    (void)put("/proc/self", "oom_score_adj", "1000");
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    file = open(path, O_RDONLY | O_CLOEXEC);
    while (read(file, block, sizeof block) > 0 || lseek(file, 0, SEEK_SET) == 0)
        continue;
    _exit(1);
}

/* Whether the kernel saw enough of it that weir must have. */
static bool was_pressed(pressure *p, uint64_t ns)
{
    return pressure_look(p, ns) >= 0.2 && p->in_group;
}

static void its_pressure_lowers_the_limit(void **state)
{
    const tool_place *place = *state;
    const char *said = tool_path(place, TOOL_ERR);
    pid_t reader;
    struct statfs about;
    pressure p;
    tool_job job;
    bool lowered;
    int pipe;
    assert_int_equal(statfs(place->path, &about), 0);
    if (SANITIZED || !the_box.pressed[0] || about.f_type == TMPFS ||
        !pressure_begin(&p, steady_ns())) {
        print_message("no pressure can be made here\n");
        skip();
    }
    write_large(tool_path(place, "large"));
    job = start(place, "run -r @/pipe --pressure on", &pipe);
    assert_true(limit_box(&the_box, 32 * MIB));
    reader = start_reader(tool_path(place, "large"));
    lowered = tool_await(said, "weir: memory pressure in this control group, ") &&
              tool_await(said, "% of the time stalled: the memory limit is 32.0 MiB now, ");
    (void)kill(reader, SIGKILL);
    (void)waitpid(reader, NULL, 0);
    assert_true(limit_box(&the_box, 256 * MIB));
    finish(&job, pipe);
    if (!lowered) assert_false(was_pressed(&p, steady_ns()));
    pressure_end(&p);
    if (!lowered) skip(); /* nobody had to wait for memory */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, tool_setup, tool_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(its_limit_is_found),
        CASE(its_pressure_lowers_the_limit),
    };
    int status = SKIPPED << 8;
    pid_t child;
    if (!make_box(&the_box) || !limit_box(&the_box, 256 * MIB)) {
        printf("skipped: no control group with a memory limit can be made here\n");
    } else if ((child = fork()) == 0) {
        if (enter_box(&the_box)) exit(cmocka_run_group_tests(tests, NULL, NULL));
        printf("skipped: one may not move into a control group here\n");
        exit(SKIPPED);
    } else {
        (void)waitpid(child, &status, 0);
    }
    remove_group(the_box.limited);
    if (strcmp(the_box.pressed, the_box.limited) != 0) remove_group(the_box.pressed);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
