/* SPDX-License-Identifier: MIT */
#include "pairs.h"

static http_kind partner_of(http_kind kind)
{
    return kind == HTTP_ASKS ? HTTP_ANSWERS : HTTP_ASKS;
}

/* ──── who waits ──── */

static pairs_message *waiting(pairs *p, uint8_t which)
{
    return &p->waiting[(p->first + which) % PAIRS_MAX];
}

static pairs_message take(pairs *p)
{
    const pairs_message first = *waiting(p, 0);
    p->first = (uint8_t)((p->first + 1) % PAIRS_MAX);
    p->count--;
    return first;
}

/* A message of this kind has no partner: say why. */
static void give_up(pairs *p, ledger *l, http_kind kind)
{
    const http_kind partner = partner_of(kind);
    if (p->by_time && p->pipelined)
        ledger_add(l, LEDGER_unpaired, 1);
    else if (p->missing_heads[partner] > 0)
        p->missing_heads[partner]--; /* it began in front of a hole: counted there */
    else if (p->holed[partner])
        ledger_add(l, partner == HTTP_ASKS ? LEDGER_lost_requests : LEDGER_lost_responses, 1);
    else
        ledger_add(l, partner == HTTP_ASKS ? LEDGER_unasked : LEDGER_unanswered, 1);
}

static void drop(pairs *p, ledger *l)
{
    (void)take(p);
    give_up(p, l, (http_kind)p->kind);
}

static void wait_for_partner(pairs *p, ledger *l, http_kind kind, const pairs_message *m)
{
    p->kind = (uint8_t)kind;
    if (p->by_time && p->pipelined) {
        ledger_add(l, LEDGER_unpaired, 1);
        return;
    }
    if (p->count == PAIRS_MAX) {
        p->by_time = 1; /* the ordinals end here */
        drop(p, l);
    }
    p->count++;
    *waiting(p, (uint8_t)(p->count - 1)) = *m;
}

/* ──── pairs, certain and in doubt ──── */

static void pair(pairs *p, ledger *l, const pairs_message *request, const pairs_message *response)
{
    const bool early = response->time_ns < request->sent_ns; /* before the request was complete */
    p->response_ns = response->time_ns;
    ledger_answer(l, request->tenant, response->status,
                  early ? 0 : response->time_ns - request->sent_ns);
}

/* The request was taken from those that wait: is the next there, it shows that none is missing. */
static void match(pairs *p, ledger *l, const pairs_message *request, const pairs_message *response)
{
    const bool followed = p->kind == HTTP_ASKS && p->count > 0 && !request->before_hole;
    if (!p->by_time || !response->behind_hole || followed) {
        pair(p, l, request, response);
        return;
    }
    p->in_doubt = 1;
    p->doubted[HTTP_ASKS] = *request;
    p->doubted[HTTP_ANSWERS] = *response;
}

static void end_doubt(pairs *p, ledger *l, bool believed)
{
    if (!p->in_doubt) return;
    p->in_doubt = 0;
    if (believed)
        pair(p, l, &p->doubted[HTTP_ASKS], &p->doubted[HTTP_ANSWERS]);
    else
        ledger_add(l, LEDGER_unpaired, 2);
}

/* Requests are missing behind the doubted one. Its response may answer one of them, or one that is
 * yet to come: it waits again, in front of all others. */
static void doubt_more(pairs *p, ledger *l)
{
    if (!p->in_doubt) return;
    if (p->count == PAIRS_MAX) {
        end_doubt(p, l, false);
        return;
    }
    p->in_doubt = 0;
    p->kind = HTTP_ANSWERS; /* nobody else waits: a further request would have ended the doubt */
    p->first = (uint8_t)((p->first + PAIRS_MAX - 1) % PAIRS_MAX);
    p->count++;
    *waiting(p, 0) = p->doubted[HTTP_ANSWERS];
    ledger_add(l, LEDGER_unpaired, 1);
}

/* ──── pipelining ──── */

/* Whether the client did not wait: it sent this before it had the response to the last pair, or in one
 * packet with a request that waits. */
static bool came_early(pairs *p, const pairs_message *request)
{
    if (request->time_ns < p->response_ns) return true;
    return p->kind == HTTP_ASKS && p->count > 0 &&
           request->time_ns == waiting(p, (uint8_t)(p->count - 1))->sent_ns;
}

/* Whether the client did not wait: two requests were sent before this response, and none is missing
 * in front of it. */
static bool came_late(pairs *p, const pairs_message *response)
{
    if (p->count < 2 || waiting(p, 1)->time_ns > response->time_ns) return false;
    return !response->behind_hole || response->is_first;
}

static void know_pipelined(pairs *p, ledger *l)
{
    p->pipelined = 1;
    if (!p->by_time) return;
    end_doubt(p, l, false);
    while (p->count > 0)
        drop(p, l);
}

/* Whether responses came that nobody had asked for by then: the one before may be to another request,
 * and one of these to its. */
static bool is_unasked(pairs *p, uint64_t by_ns)
{
    return p->kind == HTTP_ANSWERS && p->count > 0 && waiting(p, 0)->time_ns < by_ns;
}

/* ──── messages ──── */

uint16_t pairs_ask(pairs *p, ledger *l, const pairs_message *request)
{
    pairs_message response;
    if (p->in_doubt && request->time_ns <= p->doubted[HTTP_ANSWERS].time_ns) {
        /* Sent later than the one that was taken for it, and before the response. */
        give_up(p, l, HTTP_ASKS);
        p->doubted[HTTP_ASKS] = *request;
        return p->doubted[HTTP_ANSWERS].status;
    }
    end_doubt(p, l, !is_unasked(p, request->time_ns));
    if (came_early(p, request)) know_pipelined(p, l);
    if (p->kind == HTTP_ANSWERS && p->by_time)
        while (p->count > 0 && waiting(p, 0)->time_ns < request->time_ns)
            drop(p, l);
    if (p->kind == HTTP_ASKS || p->count == 0) {
        wait_for_partner(p, l, HTTP_ASKS, request);
        return 0;
    }
    response = take(p);
    match(p, l, request, &response);
    return response.status;
}

void pairs_go_on(pairs *p, uint64_t time_ns)
{
    if (p->kind == HTTP_ASKS && p->count > 0)
        waiting(p, (uint8_t)(p->count - 1))->sent_ns = time_ns;
    else if (p->in_doubt)
        p->doubted[HTTP_ASKS].sent_ns = time_ns;
}

/* After a loss: drops what this response does not answer. Whether the first that waits then may be
 * what it does answer. */
static bool find_request(pairs *p, ledger *l, const pairs_message *response)
{
    while (p->count > 1 && waiting(p, 1)->time_ns <= response->time_ns)
        drop(p, l);
    if (waiting(p, 0)->time_ns > response->time_ns) {
        give_up(p, l, HTTP_ANSWERS);
        return false;
    }
    if (!response->behind_hole || !waiting(p, 0)->before_hole) return true;
    /* It may answer one that is missing behind this, or, if none is there yet, one to come. */
    (void)take(p);
    ledger_add(l, LEDGER_unpaired, 1);
    if (p->count == 0)
        wait_for_partner(p, l, HTTP_ANSWERS, response);
    else
        ledger_add(l, LEDGER_unpaired, 1);
    return false;
}

bool pairs_answer(pairs *p, ledger *l, const pairs_message *response, pairs_message *request)
{
    if (p->kind == HTTP_ASKS && came_late(p, response)) know_pipelined(p, l);
    if (p->kind == HTTP_ANSWERS || p->count == 0) {
        wait_for_partner(p, l, HTTP_ANSWERS, response);
        return false;
    }
    if (p->by_time && !find_request(p, l, response)) return false;
    *request = take(p);
    match(p, l, request, response);
    return true;
}

void pairs_lose(pairs *p, ledger *l, http_kind kind, bool by_hole, bool in_head)
{
    p->by_time = 1;
    if (by_hole) p->holed[kind] = 1;
    if (by_hole && in_head) {
        p->missing_heads[kind]++;
        ledger_add(l, kind == HTTP_ASKS ? LEDGER_lost_requests : LEDGER_lost_responses, 1);
    }
    if (kind == HTTP_ASKS) {
        doubt_more(p, l);
        if (p->kind == HTTP_ASKS && p->count > 0)
            waiting(p, (uint8_t)(p->count - 1))->before_hole = 1;
    }
    while (p->pipelined && p->count > 0)
        drop(p, l);
}

void pairs_end(pairs *p, ledger *l, bool to_the_end)
{
    end_doubt(p, l, to_the_end && !is_unasked(p, UINT64_MAX));
    while (p->count > 0)
        drop(p, l);
}
