/* SPDX-License-Identifier: MIT */
/*
 * A fuzzer without libFuzzer: feeds what it is given to LLVMFuzzerTestOneInput, in a fixed order.
 *
 *      replay_NAME [-n COUNT] [-s SEED] [-i INDEX] [-o FILE] [-p FILE] [FILE or DIRECTORY]...
 *
 *      -n COUNT   after the files, that many pseudo-random inputs
 *      -s SEED    of which sequence (default 1); an input depends on seed and index alone
 *      -i INDEX   only this one of them
 *      -o FILE    write it there as well: a crash found here becomes a corpus file
 *      -p FILE    write the packets of the inputs to a capture file (evidence.h)
 *
 * If an input kills the process, the last line names it and the command that repeats it.
 */
#include "evidence.h"
#include "ground/ground.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Random bytes seldom mean much to a fuzzer beyond its first thousand operations. */
#define LONGEST_RANDOM 4096u
#define LONGEST_PATH   4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* A fuzzer need not have it. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

/* What the signal handler prints; made before each input. */
static char now_running[2 * LONGEST_PATH];
static const char *program;

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "%s: %s %s: %s\n", program, what, name, strerror(errno));
    exit(2);
}

/* Only write() is safe here. SA_RESETHAND: the signal then ends the process as it would have. */
static void say_input(int number)
{
    ssize_t written = write(STDERR_FILENO, now_running, strlen(now_running));
    (void)written;
    (void)raise(number);
}

/* A sanitizer reports the last three itself; with abort_on_error=1 it then ends with the first. */
static void watch_signals(void)
{
    static const int deadly[] = {SIGABRT, SIGTRAP, SIGILL, SIGSEGV, SIGBUS, SIGFPE};
#ifdef WEIR_ASAN
    const size_t count = 3;
#else
    const size_t count = sizeof deadly / sizeof *deadly;
#endif
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = say_input;
    action.sa_flags = (int)SA_RESETHAND;
    for (size_t i = 0; i < count; i++)
        (void)sigaction(deadly[i], &action, NULL);
}

/* SplitMix64 (Steele, Lea, Flood 2014): one word of state, any seed is good. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Every length up to the longest, short ones oftener: the number of its bits is drawn first. */
static size_t random_length(uint64_t *state)
{
    uint64_t bits = next_random(state) % 13;
    return (size_t)(next_random(state) % ((UINT64_C(1) << bits) + 1));
}

/* Fills data; a third of the inputs have many small bytes, which many a fuzzer reads as lengths. */
static size_t make_random(uint8_t *data, uint64_t seed, uint64_t index)
{
    uint64_t state = seed ^ index * UINT64_C(0xd1342543de82ef95);
    size_t size = random_length(&state);
    uint64_t small = next_random(&state) % 3;
    for (size_t i = 0; i < size; i++) {
        uint64_t word = next_random(&state);
        data[i] = (uint8_t)(small == 0 && (word >> 8) % 4 != 0 ? word & 7 : word);
    }
    return size;
}

/* From a block of exactly its size, so that a sanitizer sees a byte read too far. */
static void feed(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) fail("no memory for", "an input");
    if (size > 0) memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void feed_random(uint64_t seed, uint64_t index, const char *output)
{
    uint8_t data[LONGEST_RANDOM];
    size_t size = make_random(data, seed, index);
    if (output != NULL) {
        FILE *file = fopen(output, "wb");
        if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0)
            fail("cannot write", output);
    }
    (void)snprintf(now_running, sizeof now_running,
                   "\nreplay: died in a random input; again: %s -s %" PRIu64 " -i %" PRIu64 "\n",
                   program, seed, index);
    feed(data, size);
}

static void feed_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size + 1);
    if (file == NULL || data == NULL || fread(data, 1, size, file) != size)
        fail("cannot read", path);
    (void)fclose(file);
    (void)snprintf(now_running, sizeof now_running, "\nreplay: died in a file; again: %s %s\n",
                   program, path);
    feed(data, size);
    free(data);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* A file, or all files of a directory (not of those in it), sorted by name. Returns how many. */
static size_t feed_path(const char *path, int may_be_directory)
{
    struct stat facts;
    if (stat(path, &facts) != 0) fail("cannot read", path);
    if (S_ISREG(facts.st_mode)) {
        feed_file(path, (size_t)facts.st_size);
        return 1;
    }
    if (!S_ISDIR(facts.st_mode) || !may_be_directory) return 0;

    struct dirent **entries;
    int count = scandir(path, &entries, is_visible, alphasort);
    if (count < 0) fail("cannot read", path);
    size_t fed = 0;
    for (int i = 0; i < count; i++) {
        char name[LONGEST_PATH];
        int length = snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        if (length < 0 || (size_t)length >= sizeof name) fail("name too long in", path);
        fed += feed_path(name, 0);
        free(entries[i]);
    }
    free(entries);
    return fed;
}

static uint64_t number(const char *text)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 0);
    if (*text == '\0' || *end != '\0' || errno != 0) {
        fprintf(stderr, "%s: not a number: %s\n", program, text);
        exit(2);
    }
    return value;
}

/* What the command line asks for. */
typedef struct {
    uint64_t count, seed, first;
    const char *output, *capture;
} wishes;

static int read_options(int argc, char **argv, wishes *w)
{
    int option;
    while ((option = getopt(argc, argv, "n:s:i:o:p:")) != -1) {
        if (option == 'n') w->count = number(optarg);
        if (option == 's') w->seed = number(optarg);
        if (option == 'i') w->first = number(optarg), w->count = 1;
        if (option == 'o') w->output = optarg;
        if (option == 'p') w->capture = optarg;
        if (option != '?') continue;
        fprintf(stderr, "usage: %s [-n COUNT] [-s SEED] [-i INDEX] [-o FILE] [-p FILE] [PATH]...\n",
                program);
        return -1;
    }
    return 0;
}

static void end_capture(const char *path)
{
    long packets = evidence_close();
    if (packets < 0) fail("cannot write", path);
    if (packets == 0) fprintf(stderr, "%s: these inputs have no packets\n", program);
    printf("%s: %ld packets\n", path, packets);
}

int main(int argc, char **argv)
{
    wishes w = {.seed = 1};
    program = argv[0];
    watch_signals();
    if (LLVMFuzzerInitialize != NULL) (void)LLVMFuzzerInitialize(&argc, &argv);
    if (read_options(argc, argv, &w)) return 2;
    if (w.capture != NULL && evidence_open(w.capture)) fail("cannot write", w.capture);

    size_t files = 0;
    for (int i = optind; i < argc; i++)
        files += feed_path(argv[i], 1);
    for (uint64_t i = 0; i < w.count; i++)
        feed_random(w.seed, w.first + i, w.output);
    printf("%zu files and %" PRIu64 " random inputs of seed %" PRIu64 "\n", files, w.count, w.seed);
    if (w.capture != NULL) end_capture(w.capture);
    return 0;
}
