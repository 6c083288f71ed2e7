/* SPDX-License-Identifier: MIT */
#include "floor.h"

#include "touch.h"

enum {
    LINK_ETHERNET = 1,
    ETHER_BYTES = 14,
    ETHER_IPV4 = 0x0800,
    ETHER_IPV6 = 0x86dd,
    ETHER_VLAN = 0x8100,
    PROTOCOL_TCP = 6,
    TCP_LEAST = 20
};

static uint32_t load_u16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static uint64_t touch_tcp(const uint8_t *at, uint32_t bytes)
{
    if (bytes < TCP_LEAST) return 0;
    const uint32_t header = (uint32_t)(at[12] >> 4) * 4;
    if (header < TCP_LEAST || header > bytes) return 0;
    return touch(at + header, bytes - header);
}

static uint64_t touch_ipv4(const uint8_t *at, uint32_t bytes)
{
    if (bytes < 20 || at[9] != PROTOCOL_TCP) return 0;
    const uint32_t header = (uint32_t)(at[0] & 15) * 4, total = load_u16(at + 2);
    if (total && total < bytes) bytes = total; /* 0: as a host hands it to its card */
    if (header < 20 || header > bytes) return 0;
    return touch_tcp(at + header, bytes - header);
}

static uint64_t touch_ipv6(const uint8_t *at, uint32_t bytes)
{
    if (bytes < 40 || at[6] != PROTOCOL_TCP) return 0;
    const uint32_t total = load_u16(at + 4);
    bytes -= 40;
    return touch_tcp(at + 40, total && total < bytes ? total : bytes);
}

static uint64_t touch_ethernet(const uint8_t *at, uint32_t bytes)
{
    uint32_t skip = ETHER_BYTES;
    if (bytes < skip + 4) return 0;
    uint32_t type = load_u16(at + 12);
    if (type == ETHER_VLAN) {
        type = load_u16(at + 16);
        skip += 4;
    }
    if (type == ETHER_IPV4) return touch_ipv4(at + skip, bytes - skip);
    if (type == ETHER_IPV6) return touch_ipv6(at + skip, bytes - skip);
    return 0;
}

uint64_t floor_run(int link_type, const weir_packet *packets, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        const weir_packet *packet = &packets[i];
        sum += link_type == LINK_ETHERNET ? touch_ethernet(packet->data, packet->captured_bytes)
                                          : touch(packet->data, packet->captured_bytes);
    }
    return sum;
}

uint64_t floor_run_all(const load *l)
{
    uint64_t sum = 0;
    for (size_t i = 0, begin = 0; i < l->stretch_count; begin = l->stretches[i++].end)
        sum +=
            floor_run(l->stretches[i].link_type, l->packets + begin, l->stretches[i].end - begin);
    return sum;
}
