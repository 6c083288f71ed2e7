/* SPDX-License-Identifier: MIT */
/*
 * What the user keeps of a side, beside the model: a copy of the bytes, which must come again.
 *
 *      on_data   kept spans, compared  │  new ones, for model_side_data     model_keep_begin
 *                whoever acts may keep                                      model_keep
 *                what he kept is copied                                     model_keep_end
 */
#ifndef WEIR_TESTS_MODEL_KEEP_H
#define WEIR_TESTS_MODEL_KEEP_H

#include "weir/weir.h"

struct model;
struct model_side;

typedef struct model_kept {
    uint8_t *bytes; /* [begin, end) of the stream; NULL: none */
    uint64_t begin, end;
} model_kept;

/* on_data was given these. Returns how many of them had been kept. */
size_t model_keep_begin(struct model *m, struct model_side *side, const weir_span *spans,
                        size_t count);

/* In between: keeps the last bytes, or must be refused. Returns what weir_conn_keep does. */
int model_keep(struct model *m, weir_conn *conn, uint64_t bytes);

void model_keep_end(struct model *m, struct model_side *side);

/* on_unkept said so; or it is gone for a reason that the user knows. */
void model_keep_lost(struct model *m, struct model_side *side, uint64_t offset, uint64_t length);
void model_keep_gone(struct model_side *side);

#endif
