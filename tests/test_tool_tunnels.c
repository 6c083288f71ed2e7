/* SPDX-License-Identifier: MIT */
/*
 * What `weir run` does with tunnels and radio frames: its options, its figures, its advice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/composed.h"
#include "support/situations.h"
#include "support/tool.h"
#include "weir/weir.h"

enum { ETHERNET = 1, WIFI = 105 };

static void write_frames(composed *f, const char *path)
{
    tool_write(path, f->bytes, f->size);
    free(f->bytes);
}

static composed begin(uint32_t link)
{
    composed f = {malloc(COMPOSED_MAX), 0, false};
    assert_non_null(f.bytes);
    composed_pcap(&f, 0xa1b2c3d4, 4, link);
    return f;
}

static void add(composed *f, const frame *made)
{
    composed_record(f, 1, 0, made->length, made->length);
    composed_put(f, made->bytes, made->length);
}

/* VXLAN, GENEVE, GTP-U: three packets, three connections. */
static void write_tunnels(const char *path)
{
    static const char *const names[] = {"VXLAN", "GENEVE", "GTP-U"};
    static frame made;
    composed f = begin(ETHERNET);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const situation *s = situations_tunnels;
        while (strcmp(s->name, names[i]) != 0)
            s++;
        situations_compose(s, &made);
        add(&f, &made);
    }
    write_frames(&f, path);
}

static void expect(const tool_place *place, const char *line, const char *text)
{
    tool_result result = tool_run(place, NULL, line);
    if (result.exit_code != 0 || strstr(result.out, text) == NULL)
        fail_msg("weir %s: exit %d, no %s in %s%s", line, result.exit_code, text, result.out,
                 result.err);
    tool_free(&result);
}

static void tunnels_are_opened_as_asked(void **state)
{
    static const char *const rows[][2] = {
        {"run -r @/n --jsonl", "\"tunnelled_segments\":3"},
        {"run -r @/n --jsonl --tunnels all", "\"tunnelled_segments\":3"},
        {"run -r @/n --jsonl --tunnels off", "\"ignored\":{\"tunnel\":3}"},
        {"run -r @/n --jsonl --tunnels vxlan,geneve", "\"tunnelled_segments\":2"},
        {"run -r @/n --jsonl --tunnels gtp", "\"ignored\":{\"tunnel\":2}"},
        {"run -r @/n --jsonl --tunnels all,-gtp", "\"ignored\":{\"tunnel\":1}"},
        {"run -r @/n --jsonl --tunnels=-gtp,-vxlan", "\"tunnelled_segments\":1"},
        {"run -r @/n --jsonl --tunnels off,gtp", "\"tunnelled_segments\":1"},
        {"run -r @/n", "3 of them in tunnels"},
        {"run -r @/n --tunnels off", "try --tunnels all"},
    };
    const tool_place *place = *state;
    write_tunnels(tool_path(place, "n"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(place, rows[i][0], rows[i][1]);
}

static void numbers_of_tunnels_are_keys(void **state)
{
    const tool_place *place = *state;
    char number[64];
    write_tunnels(tool_path(place, "n"));
    expect(place, "run -r @/n --jsonl", "\"connections\":3,");
    expect(place, "run -r @/n --jsonl --key-tunnel off", "\"connections\":1,");
    expect(place, "run -r @/n", "Try --key-tunnel off");
    (void)snprintf(number, sizeof number, "\"tunnel\":%u}", (WEIR_TUNNEL_VXLAN + 1u) << 24 | 7u);
    expect(place, "run -r @/n --jsonl", number);
}

static void encrypted_frames_get_advice(void **state)
{
    static frame made;
    const tool_place *place = *state;
    composed f = begin(WIFI);
    made.length = 0;
    frame_hex(&made, "0841 0000 020000000003 020000000001 020000000002 0010 0100002000000000 5dc4");
    add(&f, &made);
    write_frames(&f, tool_path(place, "air"));
    expect(place, "run -r @/air --jsonl", "\"ignored\":{\"encrypted\":1}");
    expect(place, "run -r @/air", "decrypt them first");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tunnels_are_opened_as_asked, tool_setup, tool_teardown),
        cmocka_unit_test_setup_teardown(numbers_of_tunnels_are_keys, tool_setup, tool_teardown),
        cmocka_unit_test_setup_teardown(encrypted_frames_get_advice, tool_setup, tool_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
