/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <stdbool.h>
#include <string.h>

/* What llhttp hands to its callbacks. */
typedef struct {
    http_side *side;
    const http_ear *ear;
} call;

/* ──── what llhttp tells ──── */

static int on_begin(llhttp_t *parser)
{
    http_side *side = ((call *)parser->data)->side;
    side->in_message = 1;
    side->in_body = 0;
    side->body_begun = 0;
    side->until_close = 0;
    side->left = 0;
    side->begun_ns = side->now_ns;
    return 0;
}

static int on_url(llhttp_t *parser, const char *bytes, size_t count)
{
    const call *c = parser->data;
    c->ear->url(c->ear->user, bytes, count);
    return 0;
}

static int on_head(llhttp_t *parser)
{
    const call *c = parser->data;
    http_side *side = c->side;
    const int no_body = c->ear->head(c->ear->user, side);
    side->in_body = 1;
    side->state = HTTP_IN_STEP; /* whatever follows it in these bytes */
    if (no_body) return no_body;
    side->until_close = llhttp_message_needs_eof(parser) != 0;
    if ((parser->flags & F_CONTENT_LENGTH) && !(parser->flags & F_CHUNKED))
        side->left = parser->content_length;
    return 0;
}

static int on_chunk(llhttp_t *parser)
{
    ((call *)parser->data)->side->left = parser->content_length;
    return 0;
}

static int on_body(llhttp_t *parser, const char *bytes, size_t count)
{
    http_side *side = ((call *)parser->data)->side;
    (void)bytes;
    side->body_begun = 1;
    side->left -= count < side->left ? count : side->left;
    return 0;
}

static int on_end(llhttp_t *parser)
{
    const call *c = parser->data;
    c->side->in_message = 0;
    c->side->left = 0;
    c->ear->end(c->ear->user, c->side);
    return 0;
}

static const llhttp_settings_t settings = {
    .on_message_begin = on_begin,
    .on_url = on_url,
    .on_headers_complete = on_head,
    .on_chunk_header = on_chunk,
    .on_body = on_body,
    .on_message_complete = on_end,
};

/* ──── bytes ──── */

void http_begin(http_side *side, http_kind kind, http_state state)
{
    memset(side, 0, sizeof *side);
    llhttp_init(&side->parser, kind == HTTP_ASKS ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
    side->kind = (uint8_t)kind;
    side->state = (uint8_t)state;
}

void http_lose(http_side *side)
{
    side->state = HTTP_LOST;
    side->in_message = 0;
}

/* A parser that refuses the first bytes of a connection has been given another protocol. */
static void refuse(http_side *side, const http_ear *ear)
{
    if (side->state == HTTP_FRESH) {
        side->state = HTTP_FOREIGN;
        return;
    }
    ear->lost(ear->user, side, 0);
    http_lose(side);
}

/* A message ended that is about another protocol. A response has agreed to it. A request only asks:
 * the next may follow at once, or begin another segment. */
static void end_in_upgrade(http_side *side, const char *rest, size_t count)
{
    const http_guess guess = count > 0 ? http_look(rest, count) : HTTP_NO;
    http_lose(side);
    if (side->kind == HTTP_ANSWERS)
        side->state = HTTP_UPGRADED;
    else if (guess == HTTP_REQUEST_LINE || guess == HTTP_TOO_SHORT)
        http_find(side);
}

/* Returns how many bytes it took: all, but where another protocol may begin. */
static size_t parse(http_side *side, const http_ear *ear, const char *bytes, size_t count)
{
    call c = {side, ear};
    size_t taken = count;
    llhttp_errno_t answer;
    side->parser.data = &c;
    answer = llhttp_execute(&side->parser, bytes, count);
    side->parser.data = NULL;
    if (answer == HPE_OK) {
        side->state = HTTP_IN_STEP;
    } else if (answer == HPE_PAUSED_UPGRADE) {
        taken = (size_t)(llhttp_get_error_pos(&side->parser) - bytes);
        end_in_upgrade(side, bytes + taken, count - taken);
    } else if (answer == HPE_PAUSED_H2_UPGRADE) {
        side->state = HTTP_FOREIGN;
    } else {
        refuse(side, ear);
    }
    return taken;
}

static bool reads_on(const http_side *side)
{
    return side->state == HTTP_FRESH || side->state == HTTP_IN_STEP;
}

void http_feed(http_side *side, const http_ear *ear, const uint8_t *bytes, size_t count,
               uint64_t time_ns)
{
    const char *at = (const char *)bytes, *end = at + count;
    side->now_ns = time_ns;
    while (at < end && reads_on(side))
        at += parse(side, ear, at, (size_t)(end - at));
}

/* ──── holes ──── */

int http_hole(http_side *side, const http_ear *ear, uint64_t bytes)
{
    static const char nothing[4096];
    const size_t shown = bytes < sizeof nothing ? (size_t)bytes : sizeof nothing;
    if (!reads_on(side)) return 0;
    if (side->in_message && side->in_body && side->until_close) return 1;
    if (side->left < bytes) {
        ear->lost(ear->user, side, 1);
        http_lose(side);
        return 0;
    }
    /* llhttp counts a body down. It is shown the hole's end, where that may be the body's too; of
     * the rest it is told how long it is: a hole can have a GiB. */
    side->parser.content_length -= bytes - shown;
    side->left -= bytes - shown;
    (void)parse(side, ear, nothing, shown);
    return 1;
}

http_guess http_look(const char *bytes, size_t count)
{
    static const char *const lines[] = {"HTTP/1.1 ", "HTTP/1.0 ",
#define X(number, name, method) #method " ",
                                        HTTP_METHOD_MAP(X)
#undef X
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const size_t length = strlen(lines[i]);
        if (memcmp(bytes, lines[i], count < length ? count : length) != 0) continue;
        if (count < length) return HTTP_TOO_SHORT;
        return i < 2 ? HTTP_STATUS_LINE : HTTP_REQUEST_LINE;
    }
    return HTTP_NO;
}

void http_find(http_side *side)
{
    http_begin(side, side->kind, HTTP_IN_STEP);
}
