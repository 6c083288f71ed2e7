/* SPDX-License-Identifier: MIT */
#include "exchange.h"

#include <string.h>

/* ──── what a direction tells ──── */

static void hear_url(void *user, const char *bytes, size_t count)
{
    exchange *e = user;
    const size_t room = sizeof e->url - e->url_length;
    if (count > room) e->url_cut = 1;
    if (count > room) count = room;
    memcpy(e->url + e->url_length, bytes, count);
    e->url_length = (uint16_t)(e->url_length + count);
}

/* A direction's place is lost, and so are the ordinals. */
static void lose_place(exchange *e, http_side *side, bool by_hole, bool in_head)
{
    pairs_lose(&e->pairs, e->ledger, side->kind, by_hole, in_head);
    e->lost[side->kind] = EXCHANGE_LOST;
}

/* The response to a HEAD was taken for one with a body: what came since then was that body. */
static void take_back_body(exchange *e)
{
    http_side *side = &e->side[HTTP_ANSWERS];
    if (side->in_message && side->in_body && !side->body_begun) {
        http_find(side);
        return;
    }
    if (side->state == HTTP_IN_STEP) lose_place(e, side, false, false);
    http_lose(side);
}

static int hear_request(exchange *e, http_side *side)
{
    const uint8_t method = llhttp_get_method(&side->parser);
    const char *name = llhttp_method_name((llhttp_method_t)method);
    pairs_message request = {.time_ns = side->begun_ns, .sent_ns = side->now_ns, .method = method};
    uint16_t status;
    request.tenant = ledger_ask(e->ledger, name, e->url, e->url_length, e->url_cut);
    e->url_length = 0;
    e->url_cut = 0;
    status = pairs_ask(&e->pairs, e->ledger, &request);
    if (status != 0 && method == HTTP_HEAD) take_back_body(e);
    return 0;
}

static int hear_response(exchange *e, http_side *side)
{
    const int status = llhttp_get_status_code(&side->parser);
    /* RFC 9112, section 6.3: also where they have a length. */
    const int no_body = status / 100 == 1 || status == 204 || status == 304;
    pairs_message response = {.time_ns = side->begun_ns, .status = (uint16_t)status};
    pairs_message request;
    if (status / 100 == 1 && status != 101) return no_body; /* another follows */
    response.behind_hole = e->lost[HTTP_ANSWERS] != EXCHANGE_IN_STEP;
    response.is_first = e->lost[HTTP_ANSWERS] == EXCHANGE_JOINED;
    e->lost[HTTP_ANSWERS] = EXCHANGE_IN_STEP;
    ledger_add(e->ledger, LEDGER_responses, 1);
    if (!pairs_answer(&e->pairs, e->ledger, &response, &request)) {
        e->orphan = 1;
        return status == 101 ? 2 : no_body;
    }
    e->orphan = e->pairs.in_doubt;
    if (status == 101 || (request.method == HTTP_CONNECT && status / 100 == 2)) return 2;
    return request.method == HTTP_HEAD || no_body;
}

static int hear_head(void *user, http_side *side)
{
    return side->kind == HTTP_ASKS ? hear_request(user, side) : hear_response(user, side);
}

/* A request's latency begins with its last byte. */
static void hear_end(void *user, http_side *side)
{
    exchange *e = user;
    if (side->kind == HTTP_ASKS) pairs_go_on(&e->pairs, side->now_ns);
}

static void hear_lost(void *user, http_side *side, int by_hole)
{
    exchange *e = user;
    const bool in_head = side->in_message && !side->in_body;
    if (!by_hole) ledger_add(e->ledger, LEDGER_malformed, 1);
    if (by_hole && side->in_message && side->in_body)
        ledger_add(e->ledger, side->kind == HTTP_ASKS ? LEDGER_cut_requests : LEDGER_cut_responses,
                   1);
    lose_place(e, side, by_hole != 0, in_head);
    if (side->kind == HTTP_ASKS) e->url_length = e->url_cut = 0;
}

static http_ear ear_of(exchange *e)
{
    return (http_ear){e, hear_url, hear_head, hear_end, hear_lost};
}

/* ──── beginnings ──── */

void exchange_begin(exchange *e, ledger *l, const weir_conn *conn, weir_direction direction,
                    uint64_t offset)
{
    weir_conn_info info;
    weir_conn_info_init(&info);
    (void)weir_conn_get_info(conn, &info);
    memset(e, 0, sizeof *e);
    e->ledger = l;
    e->ref = weir_conn_ref(conn);
    e->client = info.midstream ? EXCHANGE_UNKNOWN : WEIR_C2S;
    for (int kind = 0; kind < 2; kind++) { /* kind and direction: the client is WEIR_C2S */
        const uint64_t passed = kind == (int)direction ? offset : info.flow[kind].offset;
        const bool fresh = !info.midstream && passed == 0;
        http_begin(&e->side[kind], (http_kind)kind, fresh ? HTTP_FRESH : HTTP_LOST);
        if (fresh) continue;
        e->lost[kind] = EXCHANGE_JOINED;
        e->pairs.by_time = 1;
    }
}

static http_side *side_of(exchange *e, weir_direction direction)
{
    return &e->side[direction == (weir_direction)e->client ? HTTP_ASKS : HTTP_ANSWERS];
}

/* ──── finding the place again ──── */

/* Copies the first bytes of spans, to look at them side by side. */
static size_t peek(const weir_span *spans, size_t count, char bytes[static HTTP_PEEK])
{
    size_t used = 0;
    for (size_t i = 0; i < count && used < HTTP_PEEK; i++) {
        const size_t room = HTTP_PEEK - used;
        const size_t some = spans[i].length < room ? spans[i].length : room;
        memcpy(bytes + used, spans[i].data, some);
        used += some;
    }
    return used;
}

/* They are the beginning of what may be a message: they come again with what follows. */
static bool keep(weir_conn *conn, const weir_span *spans, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += spans[i].length;
    return weir_conn_keep(conn, bytes) == WEIR_OK;
}

/* A response whose request is not known for certain may answer a HEAD: then its body does not come,
 * and the next response stands in its place. */
static bool may_lack_body(const exchange *e, const http_side *side)
{
    return side->kind == HTTP_ANSWERS && e->orphan && side->in_message && side->in_body &&
           !side->body_begun;
}

static bool lacks_body(const exchange *e, const http_side *side, const weir_span *spans,
                       size_t count)
{
    char bytes[HTTP_PEEK];
    return may_lack_body(e, side) &&
           http_look(bytes, peek(spans, count, bytes)) == HTTP_STATUS_LINE;
}

/* A message of this kind begins here. */
static void find(exchange *e, weir_direction direction, http_kind kind)
{
    if (e->client == EXCHANGE_UNKNOWN)
        e->client = (uint8_t)(kind == HTTP_ASKS ? direction : (weir_direction)!direction);
    if (side_of(e, direction)->kind != kind) return;
    if (e->lost[kind] == EXCHANGE_LOST) ledger_add(e->ledger, LEDGER_resyncs, 1);
    if (kind == HTTP_ASKS)
        e->lost[kind] = EXCHANGE_IN_STEP; /* of a response its head wants to know */
    http_find(side_of(e, direction));
}

/* Whether the rest is to be looked at: not if it was kept. */
static bool seek(exchange *e, weir_conn *conn, weir_direction direction, const weir_span *spans,
                 size_t count)
{
    char bytes[HTTP_PEEK];
    switch (http_look(bytes, peek(spans, count, bytes))) {
    case HTTP_TOO_SHORT:
        if (!keep(conn, spans, count)) exchange_unkept(e, direction);
        return false;
    case HTTP_REQUEST_LINE:
        find(e, direction, HTTP_ASKS);
        return true;
    case HTTP_STATUS_LINE:
        find(e, direction, HTTP_ANSWERS);
        return true;
    case HTTP_NO:
    default:
        return true;
    }
}

/* ──── bytes and holes ──── */

static bool goes_on(const exchange *e, const http_side *side)
{
    if (side->state == HTTP_UPGRADED) ledger_add(e->ledger, LEDGER_upgraded, 1);
    if (side->state == HTTP_FOREIGN) ledger_add(e->ledger, LEDGER_foreign, 1);
    return side->state != HTTP_UPGRADED && side->state != HTTP_FOREIGN;
}

bool exchange_data(exchange *e, weir_conn *conn, weir_direction direction, const weir_span *spans,
                   size_t count)
{
    const http_ear ear = ear_of(e);
    for (size_t i = 0; i < count; i++) {
        if (lacks_body(e, side_of(e, direction), spans + i, count - i))
            http_lose(side_of(e, direction));
        if (side_of(e, direction)->state == HTTP_LOST &&
            !seek(e, conn, direction, spans + i, count - i))
            break;
        http_feed(side_of(e, direction), &ear, spans[i].data, spans[i].length, spans[i].time_ns);
    }
    return goes_on(e, side_of(e, direction));
}

bool exchange_hole(exchange *e, weir_direction direction, uint64_t bytes)
{
    const http_ear ear = ear_of(e);
    http_side *side = side_of(e, direction);
    if (may_lack_body(e, side)) http_lose(side);
    if (http_hole(side, &ear, bytes)) ledger_add(e->ledger, LEDGER_bridged, 1);
    if (e->lost[side->kind] == EXCHANGE_JOINED) e->lost[side->kind] = EXCHANGE_LOST;
    exchange_unkept(e, direction);
    return goes_on(e, side);
}

void exchange_unkept(exchange *e, weir_direction direction)
{
    http_side *side = side_of(e, direction);
    if (side->state == HTTP_LOST && e->lost[side->kind] == EXCHANGE_IN_STEP) hear_lost(e, side, 1);
}

void exchange_end(exchange *e, bool to_the_end)
{
    pairs_end(&e->pairs, e->ledger, to_the_end);
}
