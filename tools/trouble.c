/* SPDX-License-Identifier: MIT */
#include "trouble.h"

#include <string.h>

#include "say.h"
#include "units.h"

static int say_no_capture(const char *name, const reader_trouble *trouble)
{
    if (trouble->empty)
        say("%s: %s; has what writes it begun?", name, trouble->text);
    else if (trouble->unpack)
        say("%s: %s; use: %s %s | weir run -r -", name, trouble->text, trouble->unpack, name);
    else
        say("%s: %s; other formats: editcap -F pcap %s NEW", name, trouble->text, name);
    return EXIT_FAILED;
}

bool trouble_is_hopeless(const reader *r, const unpack *u)
{
    return reader_trouble_of(r)->state == READER_NO_CAPTURE || u->state == UNPACK_UNABLE ||
           (u->state != UNPACK_GOOD && reader_offset(r) == 0);
}

bool trouble_is_foreign(const reader *r, const unpack *u)
{
    const reader_trouble *trouble = reader_trouble_of(r);
    return trouble->state == READER_NO_CAPTURE && !trouble->unpack && u->state == UNPACK_GOOD;
}

static int say_packed(const char *name, const reader *r, const unpack *u)
{
    const units_text before = units_count(reader_trouble_of(r)->packet - 1);
    const char *remedy = u->state == UNPACK_CUT ? "Is it still being written? Copy it again"
                                                : "Copy it again, or capture anew";
    char text[UNPACK_TEXT_BYTES];
    unpack_explain(u, name, text);
    if (u->state == UNPACK_UNABLE)
        say("%s: %s", name, text);
    else if (trouble_is_hopeless(r, u))
        say("%s: %s. %s", name, text, remedy);
    else
        say("%s: %s; the %s packets before are used. %s", name, text, before.text, remedy);
    return trouble_is_hopeless(r, u) ? EXIT_FAILED : EXIT_OK;
}

static int say_fault(const char *name, const reader_trouble *trouble)
{
    const units_text offset = units_count(trouble->offset);
    const units_text packet = units_count(trouble->packet);
    const units_text before = units_count(trouble->packet - 1);
    if (trouble->state == READER_CUT)
        say("%s: cut short: %s, at byte %s, packet %s; the %s before it are used. "
            "Is it still being written? Copy it again",
            name, trouble->text, offset.text, packet.text, before.text);
    else if (trouble->state == READER_CORRUPT)
        say("%s: corrupt at byte %s, packet %s: %s; the %s before it are used. "
            "Copy it again, or capture anew",
            name, offset.text, packet.text, trouble->text, before.text);
    else
        say("%s: cannot be read on at byte %s: %s; the %s packets before are used", name,
            offset.text, strerror(trouble->error), before.text);
    return trouble->state == READER_FAILED ? EXIT_FAILED : EXIT_OK;
}

int trouble_say(const char *name, const reader *r, const unpack *u)
{
    const reader_trouble *trouble = reader_trouble_of(r);
    if (trouble->state == READER_NO_CAPTURE) return say_no_capture(name, trouble);
    if (trouble->state == READER_FAILED && u->state != UNPACK_GOOD) return say_packed(name, r, u);
    return say_fault(name, trouble);
}
