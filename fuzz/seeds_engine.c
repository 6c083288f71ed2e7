/* SPDX-License-Identifier: MIT */
/*
 * For fuzz_engine.c: conversations with a theme each, in pools of several sizes, as segments and as packets. The numbers
 * are those that its operations read.
 */
#include "sow.h"

/* Time goes on by one of eight steps (0, 0, 1, 3, 11, 21, 150, 2100 ms) with each operation. */
enum { NOW = 0, ONE_MS = 2, ELEVEN_MS = 4, LONG = 7 };
enum { ADVANCE, LIMIT, TRIM, REFUSE, VERB, FLUSH, RAW, PATCH, SEGMENT };
enum { DATA = 0, AHEAD = 4, BEHIND = 5, SYN = 6, SYN_ACK = 7, PURE = 8, ACK_FAR = 9, FIN = 10 };
enum { RST = 11, BEYOND = 12, PROBE = 13, CUT = 14, ANY = 15 };

static void operation(sow *s, uint32_t what, uint32_t step)
{
    sow_number(s, what << 3 | step, 1);
}

/* A lost one is sent, and the capture does not have it. */
static void segment(sow *s, uint32_t conn, uint32_t host, uint32_t kind, uint32_t arg, int lost)
{
    operation(s, SEGMENT, kind == SYN ? ONE_MS : NOW);
    sow_number(s, (lost ? 1u << 13 : 0) | kind << 4 | host << 3 | conn, 2);
    sow_number(s, arg, 1);
    if (kind == BEYOND) sow_number(s, sow_draw(s, 60000), 2);
    if (kind == ANY) sow_number(s, sow_draw(s, 0x1000000), 8);
}

static void open_connection(sow *s, uint32_t conn)
{
    segment(s, conn, 0, SYN, 1, 0);
    segment(s, conn, 1, SYN_ACK, 1, 0);
    segment(s, conn, 0, PURE, 0, 0);
}

static void talk(sow *s, uint32_t conn, uint32_t count, uint32_t loss)
{
    for (uint32_t i = 0; i < count; i++) {
        segment(s, conn, 0, DATA, sow_draw(s, 8), sow_draw(s, 100) < loss);
        if (i % 3 == 2) segment(s, conn, 1, PURE, 0, 0);
    }
}

static void close_connection(sow *s, uint32_t conn)
{
    segment(s, conn, 0, FIN, 0, 0);
    segment(s, conn, 1, FIN, 0, 0);
    segment(s, conn, 0, PURE, 0, 0);
}

/* What else happens, by theme. */
static void disturb(sow *s, uint32_t theme, uint32_t conn)
{
    static const uint32_t odd[] = {AHEAD, BEHIND, BEYOND, PROBE, CUT, RST, ACK_FAR, SYN, ANY};
    switch (theme) {
    case 0:
        return;
    case 1:
        segment(s, conn, sow_draw(s, 2), odd[sow_draw(s, 9)], sow_draw(s, 256), 0);
        return;
    case 2:
        operation(s, ADVANCE, ELEVEN_MS + sow_draw(s, 4));
        sow_number(s, sow_draw(s, 3000), 2);
        return;
    case 3:
        operation(s, sow_draw(s, 2) ? LIMIT : TRIM, NOW);
        sow_number(s, sow_draw(s, 256), 1);
        return;
    case 4:
        operation(s, REFUSE, sow_draw(s, 8));
        return;
    case 5:
        operation(s, VERB, NOW);
        sow_number(s, sow_draw(s, 256), 1);
        return;
    case 6:
        operation(s, FLUSH, LONG);
        return;
    default:
        operation(s, PATCH, sow_draw(s, 4));
        segment(s, conn, 0, DATA, 2, 0);
        sow_number(s, sow_draw(s, 0x10000), 2);
    }
}

static void conversation(sow *s, uint32_t theme, uint32_t setup, uint32_t loss)
{
    uint32_t connections = 1 + theme % 3;
    sow_number(s, setup, 4);
    for (uint32_t conn = 0; conn < connections; conn++)
        open_connection(s, conn);
    for (uint32_t round = 0; round < 4; round++)
        for (uint32_t conn = 0; conn < connections; conn++) {
            talk(s, conn, 5, loss);
            disturb(s, theme, conn);
        }
    for (uint32_t conn = 0; conn < connections; conn++)
        close_connection(s, conn);
    operation(s, ADVANCE, LONG);
    sow_number(s, 30000, 2);
    sow_end(s);
}

int main(int argc, char **argv)
{
    enum { MIDSTREAM = 1 << 9, PACKETS = 1 << 11, WRAPS = 1 << 12 };
    static sow s;
    sow_begin(&s, argc, argv);
    for (uint32_t theme = 0; theme < 8; theme++)
        for (uint32_t n = 0; n < 4; n++) {
            uint32_t setup = sow_draw(&s, 3) + (sow_draw(&s, 64) << 2) + MIDSTREAM;
            if (n & 1) setup += WRAPS;
            if (n & 2 || theme == 7) setup += PACKETS;
            conversation(&s, theme, setup, n == 0 ? 0 : 15);
        }
    return 0;
}
