/* SPDX-License-Identifier: MIT */
#include "support/tagged.h"

#include <string.h>

#include "support/wire.h"

/* After wire.h's frame, whose header may be longer than this one is. */
_Static_assert(TAGGED_FRAME_BYTES >= WIRE_HEADER_BYTES + TAGGED_PAYLOAD_BYTES + 8, "too small");

uint32_t tagged_frame(uint8_t frame[TAGGED_FRAME_BYTES], uint16_t port, uint32_t tags)
{
    static const uint8_t outer[] = {0x88, 0xa8, 0, 7}, inner[] = {0x81, 0, 0, 9};
    const uint32_t shift = 4 * tags;
    weir_segment s;
    uint32_t bytes;
    memset(&s, 0, sizeof s);
    s.payload = (const uint8_t *)TAGGED_PAYLOAD;
    s.payload_bytes = s.wire_bytes = TAGGED_PAYLOAD_BYTES;
    s.seq = 1000;
    s.flags = WEIR_TCP_ACK;
    s.family = 4;
    s.source_port = 4000;
    s.destination_port = port;
    memcpy(s.source, "\x0a\x4d\0\1", 4);
    memcpy(s.destination, "\x0a\x4d\0\2", 4);
    bytes = wire_packet(&s, frame).captured_bytes;
    memmove(frame + 12 + shift, frame + 12, bytes - 12);
    if (tags > 1) memcpy(frame + 12, outer, 4);
    if (tags > 0) memcpy(frame + 8 + shift, inner, 4);
    return bytes + shift;
}
