/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE, madvise, getrandom, getentropy */
#endif
#include "ground/platform.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include "ground/siphash.h"

#if defined(__linux__) || defined(__APPLE__)
#include <sys/random.h>
#endif

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

/* Of newer kernels than the headers may be. */
#if defined(__linux__) && !defined(MADV_DONTNEED_LOCKED)
#define MADV_DONTNEED_LOCKED 24
#endif
#if defined(__linux__) && !defined(GRND_INSECURE)
#define GRND_INSECURE 4
#endif

/* mmap aligns to the system's page, which is the unit. The advice is welcome, not needed: a kernel
 * without huge pages refuses MADV_NOHUGEPAGE. */
static void *system_reserve(void *user, uint64_t bytes)
{
    (void)user;
    if (bytes > SIZE_MAX) return NULL;
    void *address =
        mmap(NULL, (size_t)bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED) return NULL;
#if defined(__linux__)
    (void)madvise(address, (size_t)bytes, MADV_NOHUGEPAGE);
    (void)madvise(address, (size_t)bytes, MADV_DONTFORK);
    (void)madvise(address, (size_t)bytes, MADV_DONTDUMP);
#endif
    return address;
}

static int system_commit(void *user, void *address, uint64_t bytes)
{
    (void)user;
    return mprotect(address, (size_t)bytes, PROT_READ | PROT_WRITE);
}

static int system_give_back(void *user, void *address, uint64_t bytes)
{
    (void)user;
#if defined(__linux__)
    if (madvise(address, (size_t)bytes, MADV_DONTNEED) == 0) return 0;
    return madvise(address, (size_t)bytes, MADV_DONTNEED_LOCKED);
#else
    void *fresh = mmap(address, (size_t)bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    return fresh == address ? 0 : -1;
#endif
}

static void system_release(void *user, void *address, uint64_t bytes)
{
    (void)user;
    (void)munmap(address, (size_t)bytes);
}

void weir_platform_system(weir_platform *platform)
{
    long page_bytes = sysconf(_SC_PAGESIZE);
    *platform = (weir_platform){
        .unit_bytes = page_bytes > 0 ? (uint64_t)page_bytes : 4096,
        .reserve = system_reserve,
        .commit = system_commit,
        .give_back = system_give_back,
        .release = system_release,
    };
}

/* GRND_INSECURE never waits for the kernel's pool to fill; before Linux 5.6 it is an error. */
static int system_random(uint8_t bytes[16])
{
#if defined(__linux__)
    return getrandom(bytes, 16, GRND_NONBLOCK) == 16 || getrandom(bytes, 16, GRND_INSECURE) == 16;
#else
    return getentropy(bytes, 16) == 0;
#endif
}

int weir_platform_random(uint8_t bytes[16])
{
    if (system_random(bytes)) return 1;
    int local = 0;
    int (*library)(void *, size_t, int) = mprotect;
    int (*own)(uint8_t[16]) = weir_platform_random;
    uint64_t places[3] = {(uint64_t)(uintptr_t)&local};
    memcpy(&places[1], &library, sizeof library);
    memcpy(&places[2], &own, sizeof own);
    for (uint64_t i = 0; i < 2; i++) {
        uint64_t half = weir_siphash_words(&(weir_siphash_key){places[0], i}, places, 3);
        memcpy(bytes + 8 * i, &half, 8);
    }
    return 0;
}
