/* SPDX-License-Identifier: MIT */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../bench/traffic_pcap.h"

/* ── Places and files ────────────────────────────────────────────────────────────────────────── */

int tool_setup(void **state)
{
    const char *base = getenv("TMPDIR");
    tool_place *place = calloc(1, sizeof *place);
    if (!place) return -1;
    (void)snprintf(place->path, sizeof place->path, "%s/weir-test-XXXXXX", base ? base : "/tmp");
    *state = place;
    return mkdtemp(place->path) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

int tool_teardown(void **state)
{
    tool_place *place = *state;
    const int failed = nftw(place->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(place);
    return failed;
}

const char *tool_path(const tool_place *place, const char *name)
{
    static char paths[8][TOOL_PATH_BYTES + 64];
    static size_t next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof paths[0], "%s/%s", place->path, name);
    return path;
}

char *tool_read(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    char *text;
    long size;
    if (!file) fail_msg("%s: %s", path, strerror(errno));
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    rewind(file);
    text = malloc((size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), size);
    text[size] = 0;
    (void)fclose(file);
    if (bytes) *bytes = (size_t)size;
    return text;
}

void tool_write(const char *path, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

traffic_totals tool_traffic(const char *path, const char *scenario, double scale)
{
    traffic *t = traffic_open(scenario, 1, scale);
    FILE *file = fopen(path, "wb");
    traffic_packet packet;
    traffic_totals truth;
    assert_non_null(t);
    assert_non_null(file);
    assert_true(traffic_pcap_begin(file));
    while (traffic_next(t, &packet))
        assert_true(traffic_pcap_put(file, &packet));
    assert_int_equal(fclose(file), 0);
    truth = *traffic_truth(t);
    traffic_close(t);
    return truth;
}

/* ── Running ─────────────────────────────────────────────────────────────────────────────────── */

void tool_program(char path[TOOL_PATH_BYTES])
{
    const char *named = getenv("WEIR");
    const char *build = getenv("WEIR_BUILD");
    if (named)
        (void)snprintf(path, TOOL_PATH_BYTES, "%s", named);
    else
        (void)snprintf(path, TOOL_PATH_BYTES, "%s/weir", build ? build : "build");
}

/* Splits the line into words, with the directory in the place of @. All lie in `text`. */
static void split(const tool_place *place, const char *line, char *text, size_t bytes,
                  char *words[TOOL_ARGUMENTS_MAX])
{
    size_t count = 1, to = 0;
    while (*line) {
        const char end = *line == '\'' ? '\'' : ' ';
        assert_true(count + 1 < TOOL_ARGUMENTS_MAX);
        words[count++] = text + to;
        line += end == '\'';
        for (; *line && *line != end; line++) {
            const char one[2] = {*line, 0};
            const int written =
                snprintf(text + to, bytes - to, "%s", *line == '@' ? place->path : one);
            to += (size_t)written;
            assert_true(to + 2 < bytes);
        }
        text[to++] = 0;
        line += *line == '\'';
        while (*line == ' ')
            line++;
    }
    words[count] = NULL;
}

tool_job tool_start(const tool_place *place, const char *input, const char *line)
{
    const char *out = tool_path(place, TOOL_OUT), *err = tool_path(place, TOOL_ERR);
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    char path[TOOL_PATH_BYTES], text[4096];
    char *words[TOOL_ARGUMENTS_MAX];
    posix_spawn_file_actions_t actions;
    tool_job job = {place, 0};
    int status;
    split(place, line, text, sizeof text, words);
    tool_program(path);
    words[0] = path;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 0, input ? input : "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 1, out, flags, 0600);
    (void)posix_spawn_file_actions_addopen(&actions, 2, err, flags, 0600);
    status = posix_spawn(&job.pid, path, &actions, NULL, words, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (status != 0) fail_msg("%s: %s", path, strerror(status));
    return job;
}

tool_result tool_finish(const tool_job *job, int number)
{
    tool_result result;
    int status;
    if (number != 0) (void)kill(job->pid, number);
    assert_int_equal(waitpid(job->pid, &status, 0), job->pid);
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result.out = tool_read(tool_path(job->place, TOOL_OUT), &result.out_bytes);
    result.err = tool_read(tool_path(job->place, TOOL_ERR), NULL);
    return result;
}

tool_result tool_run(const tool_place *place, const char *input, const char *line)
{
    const tool_job job = tool_start(place, input, line);
    return tool_finish(&job, 0);
}

int tool_await(const char *path, const char *text)
{
    const struct timespec pause = {0, 20 * 1000 * 1000};
    int tries, found = 0;
    for (tries = 0; tries < 1000 && !found; tries++) {
        char *now = tool_read(path, NULL);
        found = strstr(now, text) != NULL;
        free(now);
        if (!found) (void)nanosleep(&pause, NULL);
    }
    return found;
}

void tool_free(tool_result *result)
{
    free(result->out);
    free(result->err);
}

void tool_expect(const tool_place *place, const char *line, int exit_code, const char *says)
{
    tool_result result = tool_run(place, NULL, line);
    if (result.exit_code != exit_code)
        fail_msg("weir %s: exit %d, not %d; %s", line, result.exit_code, exit_code, result.err);
    if (says[0] == 0 ? result.err[0] != 0 : !strstr(result.err, says))
        fail_msg("weir %s: says '%s', not '%s'", line, result.err, says);
    tool_free(&result);
}

/* ── JSON ────────────────────────────────────────────────────────────────────────────────────── */

static const char *value_of(const char *json, const char *key)
{
    char quoted[64];
    const char *end = strchr(json, '\n');
    const char *at;
    (void)snprintf(quoted, sizeof quoted, "\"%s\":", key);
    at = strstr(json, quoted);
    return at && (!end || at < end) ? at + strlen(quoted) : NULL;
}

int64_t tool_number(const char *json, const char *key)
{
    const char *value = value_of(json, key);
    return value ? strtoll(value, NULL, 10) : -1;
}

int tool_text(const char *json, const char *key, char *text, size_t bytes)
{
    const char *value = value_of(json, key);
    size_t length;
    if (!value || *value != '"') return 0;
    length = strcspn(value + 1, "\"");
    assert_true(length < bytes);
    memcpy(text, value + 1, length);
    text[length] = 0;
    return 1;
}

void tool_keys(const char *json, char *keys, size_t bytes)
{
    size_t to = 0;
    for (; *json && *json != '\n'; json++) {
        const size_t length = *json == '"' ? strcspn(json + 1, "\"") : 0;
        assert_true(to + length + 2 < bytes);
        if (*json == '{' || *json == '}') {
            keys[to++] = *json;
        } else if (*json == '"' && json[length + 2] == ':') {
            if (to > 0 && keys[to - 1] != '{') keys[to++] = ',';
            memcpy(keys + to, json + 1, length);
            to += length;
        }
        if (*json == '"') json += length + 1;
    }
    keys[to] = 0;
}
