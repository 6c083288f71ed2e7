/* SPDX-License-Identifier: MIT */
/* Lines on stderr from several threads: each stays one. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "say.h"
#include "support/tool.h"

enum { THREADS = 4, LINES = 2000 };

static void *speak(void *user)
{
    for (int i = 0; i < LINES; i++)
        say("thread %c says %d, and that is all", *(const char *)user, i);
    return NULL;
}

/* What all of them say, in a file. */
static char *hear(const char *path)
{
    static const char names[] = "abcd";
    const int before = dup(STDERR_FILENO), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pthread_t threads[THREADS];
    assert_true(before >= 0 && file >= 0);
    assert_true(dup2(file, STDERR_FILENO) >= 0);
    for (size_t i = 0; i < THREADS; i++) {
        union {
            const char *name;
            void *user;
        } of = {&names[i]};
        assert_int_equal(pthread_create(&threads[i], NULL, speak, of.user), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    (void)dup2(before, STDERR_FILENO);
    (void)close(before);
    (void)close(file);
    return tool_read(path, NULL);
}

static void lines_stay_whole(void **state)
{
    const tool_place *place = *state;
    char *said = hear(tool_path(place, "said"));
    int next[THREADS] = {0}, lines = 0;
    for (const char *at = said; *at; at = strchr(at, '\n') + 1, lines++) {
        const size_t length = strcspn(at, "\n");
        char wanted[80], who = 0;
        if (sscanf(at, "weir: thread %c", &who) != 1 || who < 'a' || who > 'd')
            fail_msg("'%.*s'", (int)length, at);
        (void)snprintf(wanted, sizeof wanted, "weir: thread %c says %d, and that is all", who,
                       next[who - 'a']++);
        if (length != strlen(wanted) || memcmp(at, wanted, length) != 0)
            fail_msg("'%.*s', not '%s'", (int)length, at, wanted);
    }
    assert_int_equal(lines, THREADS * LINES);
    free(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_stay_whole, tool_setup, tool_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
