/* SPDX-License-Identifier: MIT */
#include "community_id.h"

#include <sha1.h>
#include <stdbool.h>
#include <string.h>

static void base64(const uint8_t *from, size_t bytes, char *to)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t i, k;
    for (i = 0; i < bytes; i += 3) {
        const size_t here = bytes - i < 3 ? bytes - i : 3;
        uint32_t three = 0;
        for (k = 0; k < 3; k++)
            three = three << 8 | (k < here ? from[i + k] : 0);
        for (k = 0; k < 4; k++)
            *to++ = k <= here ? digits[three >> (18 - 6 * k) & 63] : '=';
    }
    *to = 0;
}

/* Whether source comes before destination in the order of the ID: by address, then port. */
static bool in_order(const weir_conn_info *info, size_t address_bytes)
{
    const int order = memcmp(info->source, info->destination, address_bytes);
    return order < 0 || (order == 0 && info->source_port <= info->destination_port);
}

void community_id(const weir_conn_info *info, char text[COMMUNITY_ID_BYTES])
{
    const size_t n = info->family == 4 ? 4 : 16;
    const bool ordered = in_order(info, n);
    const uint16_t low = ordered ? info->source_port : info->destination_port;
    const uint16_t high = ordered ? info->destination_port : info->source_port;
    const uint8_t tail[6] = {
        6, 0, (uint8_t)(low >> 8), (uint8_t)low, (uint8_t)(high >> 8), (uint8_t)high};
    uint8_t message[2 + 16 + 16 + 6] = {0};
    uint8_t digest[SHA1_DIGEST_LENGTH];
    SHA1_CTX sha;
    memcpy(message + 2, ordered ? info->source : info->destination, n);
    memcpy(message + 2 + n, ordered ? info->destination : info->source, n);
    memcpy(message + 2 + 2 * n, tail, sizeof tail);
    SHA1Init(&sha);
    SHA1Update(&sha, message, 2 + 2 * n + sizeof tail);
    SHA1Final(digest, &sha);
    text[0] = '1';
    text[1] = ':';
    base64(digest, sizeof digest, text + 2);
}
