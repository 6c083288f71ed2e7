/* SPDX-License-Identifier: MIT */
/*
 * Overlap policies through the whole engine: all pairs and triplets of segments, in three
 * scenarios, beside queues kept as the receiving hosts keep them. Where the folder of measured
 * results is there ($WEIR_OVERLAP, or ../shared/overlap), also against what hosts and programs made
 * of the same segments: the table that this prints says how many cases each policy has in common
 * with each of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/overlap_read.h"
#include "support/queue_model.h"
#include "support/tool.h"

enum { CASES = OVERLAP_PAIRS + OVERLAP_TRIPLETS, COLUMNS = 16, NAME_BYTES = 64 };

static const char *const scenario_names[] = {"peosf", "peosp", "pep"};

/* ──── beside the receivers' queues ──── */

/* What the receiver reads: what is next goes out at once, and what comes again later is nothing. */
static void read_queue(const overlap_case *c, weir_overlap policy, overlap_scenario scenario,
                       char *letters)
{
    uint64_t next = 0;
    queue_model queue;
    uint32_t length = 0, owner;
    queue_open(&queue, policy);
    for (uint32_t i = 0; i < c->count; i++) {
        uint64_t begin = c->chunks[i].begin > next ? c->chunks[i].begin : next,
                 end = c->chunks[i].end;
        if (begin < end) queue_put(&queue, begin, end, i + 1);
        if (scenario == OVERLAP_START_LAST && i + 1 < c->count) continue;
        for (; (owner = queue_owner(&queue, next)) != 0; next++)
            letters[length++] = c->chunks[owner - 1].letters[next - c->chunks[owner - 1].begin];
        queue_forget(&queue, next);
    }
    letters[length] = 0;
    queue_close(&queue);
}

static void an_engine_reads_what_the_receiver_reads(void **unused)
{
    static overlap_case cases[CASES];
    (void)unused;
    overlap_cases(cases);
    for (uint32_t i = 0; i < CASES; i++)
        for (uint32_t policy = 0; policy < WEIR_OVERLAP_COUNT; policy++)
            for (uint32_t scenario = 0; scenario < 3; scenario++) {
                char expected[OVERLAP_BYTES], letters[OVERLAP_BYTES];
                read_queue(&cases[i], (weir_overlap)policy, (overlap_scenario)scenario, expected);
                overlap_read(&cases[i], (weir_overlap)policy, (overlap_scenario)scenario, 1,
                             letters);
                if (strcmp(letters, expected))
                    fail_msg("%s, case %u, scenario %u: %s, not %s", weir_overlap_name((int)policy),
                             i, scenario, letters, expected);
            }
}

/* ──── beside what was measured ──── */

typedef struct {
    uint32_t count;
    char ids[CASES][NAME_BYTES];
    int64_t indices[CASES]; /* in the captures: the port less 20,000 */
    overlap_case cases[CASES];
} case_list;

typedef struct {
    uint32_t count;
    char names[COLUMNS][NAME_BYTES];
    char results[CASES][COLUMNS][OVERLAP_BYTES];
} result_list;

static const char *folder(void)
{
    const char *given = getenv("WEIR_OVERLAP");
    return given ? given : "../shared/overlap";
}

static FILE *open_in_folder(const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder(), name);
    return fopen(path, "r");
}

static uint32_t split(char *line, char *fields[], uint32_t most)
{
    uint32_t count = 0;
    line[strcspn(line, "\r\n")] = 0;
    for (char *at = line; at && count < most;)
        fields[count++] = strsep(&at, "\t");
    return count;
}

/* "offset:length:letters", with blanks between. */
static void read_chunks(overlap_case *c, char *text)
{
    *c = (overlap_case){.count = 0};
    for (char *word; (word = strsep(&text, " ")) != NULL;) {
        unsigned offset, length;
        char letters[OVERLAP_BYTES];
        if (sscanf(word, "%u:%u:%63s", &offset, &length, letters) != 3) continue;
        overlap_add(c, offset, offset + length);
        memcpy(c->chunks[c->count - 1].letters, letters, length);
    }
}

/* 0 if the folder is not there. */
static int read_cases(case_list *list)
{
    char line[1024], *fields[8];
    FILE *file = open_in_folder("tcp_cases.tsv");
    list->count = 0;
    if (!file) return 0;
    while (fgets(line, sizeof line, file)) {
        if (split(line, fields, 8) < 7 || !strcmp(fields[0], "id")) continue;
        assert_true(list->count < CASES);
        (void)snprintf(list->ids[list->count], NAME_BYTES, "%s", fields[0]);
        list->indices[list->count] = strtoll(fields[1], NULL, 10);
        read_chunks(&list->cases[list->count++], fields[6]);
    }
    (void)fclose(file);
    return 1;
}

static void read_results(const case_list *cases, const char *scenario, result_list *list)
{
    char line[2048], *fields[COLUMNS + 2];
    uint32_t row = 0;
    (void)snprintf(line, sizeof line, "tcp_results_%s.tsv", scenario);
    FILE *file = open_in_folder(line);
    assert_non_null(file);
    list->count = 0;
    while (fgets(line, sizeof line, file)) {
        uint32_t count = split(line, fields, COLUMNS + 2) - 2;
        int head = !strcmp(fields[0], "id");
        if (head) list->count = count;
        if (!head) assert_string_equal(fields[0], cases->ids[row]);
        for (uint32_t i = 0; i < count; i++)
            (void)snprintf(head ? list->names[i] : list->results[row][i], NAME_BYTES, "%s",
                           fields[i + 2]);
        row += !head;
    }
    (void)fclose(file);
    assert_int_equal(row, cases->count);
}

/* How many cases a policy reads as each column has it. */
static void count_matches(const case_list *cases, const result_list *results, weir_overlap policy,
                          overlap_scenario scenario, uint32_t matches[COLUMNS])
{
    memset(matches, 0, COLUMNS * sizeof *matches);
    for (uint32_t i = 0; i < cases->count; i++) {
        char letters[OVERLAP_BYTES];
        overlap_read(&cases->cases[i], policy, scenario, 1, letters);
        for (uint32_t j = 0; j < results->count; j++)
            matches[j] += !strcmp(letters, results->results[i][j]);
    }
}

/* Columns that a policy must match in every case: the beginning of their names. */
static const struct {
    weir_overlap policy;
    const char *column;
} whole[] = {
    {WEIR_OVERLAP_FIRST, "RULE_first"},
    {WEIR_OVERLAP_LAST, "RULE_last"},
    {WEIR_OVERLAP_LINUX, "linux"},
    {WEIR_OVERLAP_BSD, "freebsd>=12.1"},
    {WEIR_OVERLAP_OLD_LINUX, "RULE_oldlinux"},
    {WEIR_OVERLAP_SOLARIS, "solaris"},
};

static void must_match(const result_list *results, weir_overlap policy, uint32_t count,
                       const uint32_t matches[COLUMNS])
{
    for (uint32_t i = 0; i < sizeof whole / sizeof *whole; i++)
        for (uint32_t j = 0; j < results->count; j++)
            if (whole[i].policy == policy &&
                !strncmp(results->names[j], whole[i].column, strlen(whole[i].column)))
                assert_int_equal(matches[j], count);
}

static void policies_match_what_hosts_do(void **unused)
{
    static case_list cases;
    static result_list results;
    (void)unused;
    if (!read_cases(&cases)) {
        print_message("no folder %s\n", folder());
        skip();
    }
    assert_int_equal(cases.count, CASES);
    for (uint32_t scenario = 0; scenario < 3; scenario++) {
        read_results(&cases, scenario_names[scenario], &results);
        printf("%s: of %u cases\n", scenario_names[scenario], cases.count);
        for (uint32_t policy = 0; policy < WEIR_OVERLAP_COUNT; policy++) {
            uint32_t matches[COLUMNS];
            count_matches(&cases, &results, (weir_overlap)policy, (overlap_scenario)scenario,
                          matches);
            printf("  %-9s", weir_overlap_name((int)policy));
            for (uint32_t j = 0; j < results.count; j++)
                printf(" | %.*s %u", (int)strcspn(results.names[j], " -/"), results.names[j],
                       matches[j]);
            printf("\n");
            must_match(&results, (weir_overlap)policy, cases.count, matches);
        }
    }
}

/* ──── sequences sent to a running Linux ──── */

/* The next [[[from, to, "letters"], …], "result"] of the file. 0: none. */
static int read_sequence(const char **at, overlap_case *c, char *expected)
{
    int used = 0;
    *c = (overlap_case){.count = 0};
    expected[0] = 0;
    const char *begin = strstr(*at, "[[[");
    if (!begin) return 0;
    for (begin += 2; *begin == '[';) {
        unsigned from, to;
        char letters[OVERLAP_BYTES];
        if (sscanf(begin, "[%u, %u, \"%63[^\"]\"]%n", &from, &to, letters, &used) != 3) return 0;
        overlap_add(c, from, to);
        memcpy(c->chunks[c->count - 1].letters, letters, to - from);
        begin += used;
        begin += strspn(begin, ", ");
    }
    if (sscanf(begin, "], \"%63[^\"]\"", expected) > 1) return 0;
    *at = begin + strcspn(begin, "\"") + 1;
    return 1;
}

static void linux_reads_random_sequences_alike(void **unused)
{
    char path[512], expected[OVERLAP_BYTES], letters[OVERLAP_BYTES];
    overlap_case c;
    uint32_t count = 0, alike = 0;
    (void)unused;
    (void)snprintf(path, sizeof path, "%s/linux_random.json", folder());
    FILE *file = fopen(path, "r");
    if (!file) skip();
    (void)fclose(file);
    char *text = tool_read(path, NULL);
    for (const char *at = text + 1; read_sequence(&at, &c, expected); count++) {
        overlap_read(&c, WEIR_OVERLAP_LINUX, OVERLAP_START_LAST, 1, letters);
        alike += !strcmp(letters, expected);
    }
    free(text);
    printf("linux: %u of %u random sequences\n", alike, count);
    assert_int_equal(count, 1200);
    assert_int_equal(alike, count);
}

/* ──── the same as captures, through the program ──── */

/* The case that a stream is of; CASES: none. */
static uint32_t case_of(const case_list *cases, const char *entry)
{
    uint32_t i = 0;
    while (i < cases->count && cases->indices[i] + 20000 != tool_number(entry, "sport"))
        i++;
    return i < cases->count ? i : CASES;
}

/* The stream of case i: a start, and each letter eight times, up to the first hole. */
static int stream_matches(const tool_place *place, const char *file, const char *letters, int start)
{
    char name[300];
    size_t bytes, expected = 8 * strlen(letters) + (start ? 1 : 0);
    (void)snprintf(name, sizeof name, "%s/%s", start ? "peosf" : "pep", file);
    char *stream = tool_read(tool_path(place, name), &bytes);
    int same = bytes >= expected && (!start || stream[0] == '!');
    for (size_t i = 0; same && i < expected - (start ? 1 : 0); i++)
        same = stream[i + (start ? 1 : 0)] == letters[i / 8];
    free(stream);
    return same;
}

static uint32_t replay(const tool_place *place, const case_list *cases, const char *scenario,
                       int start)
{
    static result_list results;
    char line[700], file[256];
    uint32_t alike = 0;
    read_results(cases, scenario, &results);
    (void)snprintf(line, sizeof line, "cat -r %s/pyrolyse_%s.pcap -o @/%s --overlap linux",
                   folder(), scenario, scenario);
    tool_result result = tool_run(place, NULL, line);
    assert_int_equal(result.exit_code, 0);
    tool_free(&result);
    (void)snprintf(file, sizeof file, "%s/streams.jsonl", scenario);
    char *index = tool_read(tool_path(place, file), NULL), *rest = index;
    for (char *entry; (entry = strsep(&rest, "\n")) != NULL && *entry;) {
        uint32_t i = case_of(cases, entry);
        if (i == CASES) continue;
        assert_true(tool_text(entry, "file", file, sizeof file));
        alike += (uint32_t)stream_matches(place, file, results.results[i][0], start);
    }
    free(index);
    return alike;
}

static void captures_read_alike(void **state)
{
    static case_list cases;
    const tool_place *place = *state;
    if (!read_cases(&cases)) skip();
    uint32_t last = replay(place, &cases, "peosf", 1), none = replay(place, &cases, "pep", 0);
    printf("weir cat --overlap linux: %u and %u of %u\n", last, none, cases.count);
    assert_int_equal(last, cases.count);
    assert_int_equal(none, cases.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_engine_reads_what_the_receiver_reads),
        cmocka_unit_test(policies_match_what_hosts_do),
        cmocka_unit_test(linux_reads_random_sequences_alike),
        cmocka_unit_test_setup_teardown(captures_read_alike, tool_setup, tool_teardown),
    };
    return cmocka_run_group_tests_name("policies", tests, NULL, NULL);
}
