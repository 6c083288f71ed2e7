/* SPDX-License-Identifier: MIT */
#include "apart.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

void *apart_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) return memory;
    (void)fprintf(stderr, "weir-bench: no memory for %zu bytes of results\n", bytes);
    return NULL;
}

void apart_free(void *memory, size_t bytes)
{
    if (memory) (void)munmap(memory, bytes);
}

bool apart_run(bool (*work)(void *argument), void *argument)
{
    int status = 0;
    (void)fflush(NULL);
    const pid_t child = fork();
    if (child < 0) {
        perror("weir-bench: no process for a measurement");
        return false;
    }
    if (child == 0) {
        const bool good = work(argument);
        (void)fflush(NULL);
        _exit(good ? 0 : 1);
    }
    while (waitpid(child, &status, 0) < 0)
        continue;
    if (WIFSIGNALED(status))
        (void)fprintf(stderr, "weir-bench: the measuring process died: %s\n",
                      strsignal(WTERMSIG(status)));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

uint64_t apart_rss_anon_bytes(void)
{
    char text[4096];
    const int file = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    const ssize_t length = read(file, text, sizeof text - 1);
    (void)close(file);
    if (length <= 0) return 0;
    text[length] = '\0';
    const char *line = strstr(text, "\nAnonymous:");
    return line ? strtoull(line + strlen("\nAnonymous:"), NULL, 10) << 10 : 0;
}
