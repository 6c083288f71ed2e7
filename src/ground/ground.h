/* SPDX-License-Identifier: MIT */
/*
 * What the compiler offers beyond C11, under names of ours: the one file with extensions.
 *
 * weir_poison marks memory that nobody may touch (AddressSanitizer reports it), weir_unpoison takes
 * the mark away. Both are empty elsewhere.
 */
#ifndef WEIR_GROUND_H
#define WEIR_GROUND_H

#include <stddef.h>
#include <stdint.h>

#define WEIR_LIKELY(x)   __builtin_expect(!!(x), 1)
#define WEIR_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define WEIR_PREFETCH(p) __builtin_prefetch(p)
#define WEIR_COLD        __attribute__((cold))     /* seldom called: compiled for size */
#define WEIR_APART       __attribute__((noinline)) /* would burden its caller, who seldom needs it */

/* Debug builds stop at a broken invariant; release builds do not look. */
#ifdef WEIR_DEBUG
#define WEIR_ASSERT(x) ((x) ? (void)0 : __builtin_trap())
#else
#define WEIR_ASSERT(x) ((void)sizeof(x))
#endif

#if defined(__SANITIZE_ADDRESS__)
#define WEIR_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEIR_ASAN 1
#endif
#endif

#ifdef WEIR_ASAN
void __asan_poison_memory_region(void const volatile *address, size_t bytes);
void __asan_unpoison_memory_region(void const volatile *address, size_t bytes);
#define weir_poison(address, bytes)   __asan_poison_memory_region((address), (bytes))
#define weir_unpoison(address, bytes) __asan_unpoison_memory_region((address), (bytes))
#else
#define weir_poison(address, bytes)   ((void)(address), (void)(bytes))
#define weir_unpoison(address, bytes) ((void)(address), (void)(bytes))
#endif

/* Index of the lowest set bit, and of the highest; word is not 0. */
static inline uint32_t weir_bit_lowest(uint64_t word)
{
    return (uint32_t)__builtin_ctzll(word);
}

static inline uint32_t weir_bit_highest(uint64_t word)
{
    return 63u - (uint32_t)__builtin_clzll(word);
}

static inline uint64_t weir_min64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t weir_max64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline uint32_t weir_max32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static inline uint32_t weir_min32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* a + b, or UINT64_MAX where that does not fit: for deadlines. */
static inline uint64_t weir_add_saturating(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* Rounds up to a multiple of unit, a power of two. */
static inline uint64_t weir_round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) & ~(unit - 1);
}

#endif
