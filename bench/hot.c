/* SPDX-License-Identifier: MIT */
#include "hot.h"

#include <string.h>

hot *hot_window(bool wanted)
{
    static hot window; /* large for a stack */
    return wanted ? &window : NULL;
}

static size_t fill(hot *h, const load *l, size_t begin, size_t end)
{
    size_t count = 0, bytes = 0;
    for (; begin + count < end && count < HOT_PACKETS; count++) {
        const weir_packet *from = &l->packets[begin + count];
        const size_t room = HOT_BYTES - bytes;
        if (from->captured_bytes > room && count > 0) break;
        h->packets[count] = *from;
        if (from->captured_bytes > room) continue;
        h->packets[count].data = memcpy(h->data + bytes, from->data, from->captured_bytes);
        bytes += from->captured_bytes;
    }
    return count;
}

size_t hot_take(hot *h, const load *l, size_t begin, size_t end, const weir_packet **packets)
{
    *packets = h ? h->packets : l->packets + begin;
    return h ? fill(h, l, begin, end) : end - begin;
}
