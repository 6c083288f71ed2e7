/* SPDX-License-Identifier: MIT */
#include "resident.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t anonymous_bytes(pid_t process)
{
    char path[64], line[256];
    uint64_t kib = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)process);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "Anonymous: %" SCNu64, &kib) == 1) break;
    (void)fclose(file);
    return kib << 10;
}

uint64_t resident_peak(int (*run)(void *argument), void *argument)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    uint64_t peak = 0;
    int status = 0;
    (void)fflush(stdout);
    pid_t process = fork();
    if (process < 0) return 0;
    if (process == 0) _exit(run(argument) ? 0 : 1);
    while (waitpid(process, &status, WNOHANG) == 0) {
        uint64_t now = anonymous_bytes(process);
        if (now > peak) peak = now;
        (void)nanosleep(&pause, NULL);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? peak : 0;
}

ssize_t resident_self(char *path, size_t bytes)
{
    ssize_t length = readlink("/proc/self/exe", path, bytes - 1);
    if (length >= 0) path[length] = '\0';
    return length;
}
