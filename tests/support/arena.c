/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "support/arena.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Marks units; sets broken if the range is none of ours, or one is not as expected. */
static void verify(test_arena *arena, const void *address, uint64_t bytes, uint8_t before,
                   uint8_t after)
{
    uint64_t at = (uint64_t)((const uint8_t *)address - arena->reservation);
    uint64_t unit = arena->unit_bytes;
    if (bytes == 0 || at % unit || bytes % unit || at > arena->bytes || bytes > arena->bytes - at) {
        arena->broken = 1;
        return;
    }
    for (uint64_t u = at / unit; u < (at + bytes) / unit; u++) {
        if (arena->committed[u] != before) arena->broken = 1;
        arena->committed[u] = after;
    }
}

static void *arena_reserve(void *user, uint64_t bytes)
{
    test_arena *arena = user;
    if (arena->refuse_reserve) return NULL;
    arena->reserves++;
    if (bytes % arena->unit_bytes || bytes / arena->unit_bytes > ARENA_UNITS_MOST)
        arena->broken = 1;
    arena->bytes = bytes;
    arena->mapping_bytes = bytes + 2 * arena->unit_bytes;
    void *mapping = mmap(NULL, (size_t)arena->mapping_bytes, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) return NULL;
    (void)madvise(mapping, (size_t)arena->mapping_bytes, MADV_NOHUGEPAGE);
    memset(arena->committed, 0, sizeof arena->committed);
    arena->mapping = mapping;
    uint64_t beyond = (uint64_t)(uintptr_t)mapping % arena->unit_bytes;
    arena->reservation = arena->mapping + (beyond ? arena->unit_bytes - beyond : 0);
    return arena->reservation + (arena->misalign ? arena->unit_bytes / 2 : 0);
}

static int arena_commit(void *user, void *address, uint64_t bytes)
{
    test_arena *arena = user;
    arena->commits++;
    if (arena->refuse_commit &&
        (arena->commits == arena->refuse_commit ||
         (arena->refuse_commits_after && arena->commits > arena->refuse_commit)))
        return -1;
    verify(arena, address, bytes, 0, 1);
    return mprotect(address, (size_t)bytes, PROT_READ | PROT_WRITE);
}

static int arena_give_back(void *user, void *address, uint64_t bytes)
{
    test_arena *arena = user;
    arena->give_backs++;
    verify(arena, address, bytes, 1, 1);
    return arena->keep ? -1 : madvise(address, (size_t)bytes, MADV_DONTNEED);
}

static void arena_release(void *user, void *address, uint64_t bytes)
{
    test_arena *arena = user;
    arena->releases++;
    if ((address != arena->reservation && !arena->misalign) || bytes != arena->bytes)
        arena->broken = 1;
    munmap(arena->mapping, (size_t)arena->mapping_bytes);
}

void arena_init(test_arena *arena, uint64_t unit_bytes, weir_platform *platform)
{
    memset(arena, 0, sizeof *arena);
    arena->unit_bytes = unit_bytes;
    *platform = (weir_platform){
        .user = arena,
        .unit_bytes = unit_bytes,
        .reserve = arena_reserve,
        .commit = arena_commit,
        .give_back = arena_give_back,
        .release = arena_release,
    };
}

uint64_t arena_resident(const void *at, uint64_t bytes)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), chunk = 1024;
    unsigned char there[1024];
    uint64_t resident = 0;
    union {
        const void *given;
        void *wanted;
    } start = {at}; /* mincore only reads, its declaration does not say so */
    for (uint64_t done = 0; done < bytes; done += chunk * page) {
        uint64_t length = bytes - done < chunk * page ? bytes - done : chunk * page;
        if (mincore((uint8_t *)start.wanted + done, (size_t)length, there)) return 0;
        for (uint64_t i = 0; i < length / page; i++)
            resident += (there[i] & 1) * page;
    }
    return resident;
}
