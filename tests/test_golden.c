/* SPDX-License-Identifier: MIT */
/*
 * Golden traces: every tests/golden/NAME.trace is a test, played in every variant of support/play.c.
 *
 *      build/tests/test_golden            all
 *      build/tests/test_golden NAME...    these, with both logs side by side even where they agree
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "support/play.h"

#define FOLDER      "tests/golden"
#define TRACES_MOST 256u

static int show;

static void plays(void **state)
{
    const char *name = *state;
    char path[512];
    trace t;
    snprintf(path, sizeof path, FOLDER "/%s.trace", name);
    trace_load(&t, path);
    if (t.error[0]) fail_msg("%s: %s", path, t.error);
    int bad = 0;
    for (size_t i = 0; i < PLAY_VARIANTS && !bad; i++) {
        const play_variant *variant = &play_variants[i];
        if (t.skip[0] && strstr(variant->name, t.skip)) continue;
        if (play(&t, variant, show && i == 0, stderr)) {
            fprintf(stderr, "%s: not as expected in variant %s\n", path, variant->name);
            bad = 1;
        }
    }
    trace_free(&t);
    assert_false(bad);
}

static int ends_with_trace(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && !strcmp(dot, ".trace");
}

/* The names of the traces in the folder, sorted; without their ending. */
static size_t list_traces(char **names)
{
    struct dirent **entries;
    int found = scandir(FOLDER, &entries, ends_with_trace, alphasort);
    size_t count = 0;
    for (int i = 0; i < found; i++) {
        *strrchr(entries[i]->d_name, '.') = '\0';
        if (count < TRACES_MOST) names[count++] = strdup(entries[i]->d_name);
        free(entries[i]);
    }
    if (found >= 0) free(entries);
    return count;
}

int main(int argc, char **argv)
{
    char *names[TRACES_MOST];
    struct CMUnitTest tests[TRACES_MOST];
    size_t count = 0;
    show = argc > 1;
    if (show)
        for (; count < TRACES_MOST && (int)count + 1 < argc; count++)
            names[count] = strdup(argv[count + 1]);
    else
        count = list_traces(names);
    if (!count) {
        fprintf(stderr, "no traces in " FOLDER ": run it from the project's root\n");
        return 1;
    }
    for (size_t i = 0; i < count; i++)
        tests[i] =
            (struct CMUnitTest){.name = names[i], .test_func = plays, .initial_state = names[i]};
    int failed = _cmocka_run_group_tests("golden", tests, count, NULL, NULL);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    return failed != 0;
}
