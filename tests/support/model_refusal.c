/* SPDX-License-Identifier: MIT */
/* Segments refused for their place or their time stamp: what must have been captured before. */
#include <inttypes.h>

#include "support/model_conn.h"

#define FAR      (INT64_C(1) << 30)
#define VALID_NS (24 * 24 * 3600 * WEIR_SECOND)

/* A segment without payload may be refused for its time stamp without a word. */
int model_may_be_refused(const model *m)
{
    const weir_segment *s = m->segment;
    return m->config.paws && s->options & WEIR_OPTION_TIMESTAMP && !s->payload_bytes;
}

/* Whatever the scale of the window, it was at least as far as that. */
void model_offer(const model *m, model_side *side)
{
    const weir_segment *s = m->segment;
    if (!side->based || !(s->flags & WEIR_TCP_ACK) || s->flags & (WEIR_TCP_RST | WEIR_TCP_SYN))
        return;
    if (model_may_be_refused(m)) return;
    int64_t most = model_place(side, s->ack) + ((int64_t)s->window << 14);
    if (most - (side->base + (int64_t)side->next) < FAR)
        model_mark_add(&side->offers, s->ack, s->window);
}

void model_check_window(const model *m, const model_side *side)
{
    const weir_segment *s = m->segment;
    if (!side->based || model_side_over(side)) return;
    uint32_t seq = s->seq + ((s->flags & WEIR_TCP_SYN) != 0);
    int64_t place = model_place(side, seq), ahead = place - (side->base + (int64_t)side->next);
    if (ahead > FAR || ahead < -FAR) return;
    if (!m->config.validate_window) model_fail(m, "refused %" PRId64 " ahead", ahead);
    for (size_t i = 0; i < side->offers.count; i++)
        if (model_place(side, side->offers.list[i].seq + (uint32_t)side->offers.list[i].clock_ns) >=
            place)
            model_fail(m, "refused inside a window, %" PRId64 " ahead", ahead);
}

/* The stamp counts for sure: the peer has acknowledged all before the segment, and that was delivered. */
static int counts(const model_side *side, const weir_segment *s)
{
    int64_t next = side->base + (int64_t)side->was_next, place = model_place(side, s->seq);
    if (!side->based || place > next) return 0;
    for (size_t i = 0; i < side->offers.count; i++) {
        int64_t acked = model_place(side, side->offers.list[i].seq);
        if (acked >= place && acked <= next) return 1;
    }
    return 0;
}

void model_check_stamp(const model *m, model_side *side, int refused)
{
    const weir_segment *s = m->segment;
    int judged = s->options & WEIR_OPTION_TIMESTAMP && !(s->flags & (WEIR_TCP_SYN | WEIR_TCP_RST));
    int older = judged && side->stamped && (int32_t)(s->ts_value - side->stamp.seq) < 0 &&
                m->clock_ns - side->stamp.clock_ns <= VALID_NS;
    if (refused && (!m->config.paws || !judged)) model_fail(m, "refused for no time stamp");
    if (!m->config.paws || !judged || refused || model_side_over(side)) return;
    if (older && s->payload_bytes && !model_refused(m))
        model_fail(m, "an old time stamp was taken");
    if (model_may_be_refused(m) || !counts(side, s)) return;
    side->stamp = (model_mark){.seq = s->ts_value, .clock_ns = m->clock_ns};
    side->stamped = 1;
}
