/* SPDX-License-Identifier: MIT */
#include "traffic_address.h"

#include "traffic_random.h"

#include <string.h>

#define PER_HOST     64
#define CLIENT_PORT  49152
#define SERVER_PORT  443
#define HONEST_NET   0x0a000000u /* 10.0.0.0/8 */
#define HONEST_SIZE  0x01000000u
#define HOSTILE_NET  0x64400000u /* 100.64.0.0/10 */
#define HOSTILE_SIZE 0x00400000u

static const uint8_t server4[4] = {192, 0, 2, 1};
static const uint8_t server6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
static const uint8_t client6[16] = {0xfd, [7] = 1}; /* byte 7: 1 honest, 2 hostile */

static void put32(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get32(const uint8_t *in)
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static void put_client(uint64_t connection, uint8_t family, uint8_t *address)
{
    bool hostile = traffic_is_hostile(connection);
    uint32_t host = (uint32_t)((connection & (TRAFFIC_HOSTILE - 1)) / PER_HOST) + 1;
    if (family == 4) {
        put32(address, (hostile ? HOSTILE_NET : HONEST_NET) + host);
        return;
    }
    memcpy(address, client6, 16);
    address[7] = hostile ? 2 : 1;
    put32(address + 12, host);
}

static void put_server(uint8_t family, uint8_t *address)
{
    if (family == 4)
        memcpy(address, server4, 4);
    else
        memcpy(address, server6, 16);
}

void traffic_tuple_of(uint64_t connection, traffic_direction direction, traffic_tuple *tuple)
{
    bool upward = direction == TRAFFIC_C2S;
    uint16_t port = (uint16_t)(CLIENT_PORT + connection % PER_HOST);
    *tuple = (traffic_tuple){.family = traffic_is_ipv6(connection) ? 6 : 4,
                             .src_port = upward ? port : SERVER_PORT,
                             .dst_port = upward ? SERVER_PORT : port};
    put_client(connection, tuple->family, upward ? tuple->src : tuple->dst);
    put_server(tuple->family, upward ? tuple->dst : tuple->src);
}

/* The network a client's address is in, and its place there; false: none of ours. */
static bool host_of(const uint8_t *address, uint8_t family, bool *hostile, uint32_t *host)
{
    uint32_t low = get32(family == 4 ? address : address + 12);
    if (family == 6) {
        *hostile = address[7] == 2;
        *host = low;
        return true;
    }
    *hostile = low - HOSTILE_NET < HOSTILE_SIZE;
    *host = low - (*hostile ? HOSTILE_NET : HONEST_NET);
    return *hostile || *host < HONEST_SIZE;
}

/* Takes the addresses for what they should be, makes that connection's tuple and compares: no
 * second list of what is legal. */
bool traffic_identify(const traffic_tuple *tuple, uint64_t *connection,
                      traffic_direction *direction)
{
    bool upward = tuple->dst_port == SERVER_PORT;
    uint16_t port = upward ? tuple->src_port : tuple->dst_port;
    bool hostile;
    uint32_t host;
    if (!host_of(upward ? tuple->src : tuple->dst, tuple->family, &hostile, &host)) return false;
    if (host == 0 || port < CLIENT_PORT) return false;

    traffic_tuple made;
    uint64_t number = (uint64_t)(host - 1) * PER_HOST + (uint16_t)(port - CLIENT_PORT) +
                      (hostile ? TRAFFIC_HOSTILE : 0);
    traffic_tuple_of(number, upward ? TRAFFIC_C2S : TRAFFIC_S2C, &made);
    size_t bytes = tuple->family == 4 ? 4 : 16;
    if (made.family != tuple->family || made.src_port != tuple->src_port ||
        made.dst_port != tuple->dst_port || memcmp(made.src, tuple->src, bytes) != 0 ||
        memcmp(made.dst, tuple->dst, bytes) != 0)
        return false;
    *connection = number;
    *direction = upward ? TRAFFIC_C2S : TRAFFIC_S2C;
    return true;
}

uint32_t traffic_isn(uint64_t seed, uint64_t connection, traffic_direction direction)
{
    uint32_t drawn = (uint32_t)traffic_mix2(seed ^ (uint64_t)direction, connection);
    if (connection % 8 == 1) return UINT32_MAX - drawn % 256;
    if (connection % 8 == 2) return UINT32_MAX - drawn % 65536;
    return drawn;
}
