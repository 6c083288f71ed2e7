/* SPDX-License-Identifier: MIT */
/*
 * Bytes to operations on a hold with pages of 1,024 bytes, beside the model
 * (tests/support/hold_model.h): values, times, tags, edges and counts of every byte are compared
 * after each operation, and weir_hold_check runs. None of that is compiled out.
 *
 *      input    setup, operation, operation …
 *      setup    1 byte: policy, where the offsets begin, how many pages there are
 *      operation  1 byte for what and how, then its numbers; numbers that are missing are 0
 */
#include "source.h"
#include "support/fake_stock.h"
#include "support/hold_model.h"

enum { WINDOW = 8192, OPERATIONS_MOST = 400 };

/* Variants of the stream differ in every eighth byte. */
static const uint8_t *data_of(uint64_t begin, uint32_t length, uint32_t variant)
{
    static uint8_t data[WINDOW];
    for (uint32_t i = 0; i < length; i++) {
        uint64_t at = begin + i;
        data[i] = (uint8_t)(at ^ at >> 8 ^ (at % 8 == variant ? variant : 0));
    }
    return data;
}

/* Where a piece begins: anywhere, or close to where something is. */
static uint64_t place(const hold_model *model, source *from, uint32_t how)
{
    uint64_t at = model->base + take(from, 2) % WINDOW;
    if (how % 4 == 0 || !model->held) return at;
    uint64_t near = how % 4 == 1 ? model->hold.end : how % 4 == 2 ? model->begin : at;
    near += at % 8;
    return near - 4 - model->base < WINDOW ? near - 4 : at;
}

static weir_piece piece_of(hold_model *model, source *from, uint64_t begin, uint32_t length)
{
    uint32_t how = take(from, 1);
    uint64_t room = model->base + WINDOW - begin;
    if (length > room) length = (uint32_t)room;
    uint32_t cut = how & 8 ? 1 + take(from, 1) : 0, behind = how & 16 ? take(from, 2) * 3 : 0;
    uint32_t before = how & 32 ? take(from, 2) * 3 : 0;
    if (before > begin || (how & 128 && model->exact)) before = 0;
    if (model->context.overlap == WEIR_OVERLAP_OLD_LINUX) { /* edges are exact to 65,535 */
        before %= 8192;
        behind %= 8192;
    }
    uint64_t time_ns = UINT64_C(1700000000000000000) + (how & 64 ? take(from, 3) * 200ull : 0);
    return hold_model_piece(model, data_of(begin, length, how & 7), begin, begin + length, before,
                            behind, cut, time_ns);
}

static void put(hold_model *model, source *from, uint32_t how)
{
    weir_hold_room room = hold_model_all;
    uint64_t begin = place(model, from, how);
    uint32_t length = how & 4 ? take(from, 2) % 6000 : take(from, 1) % 64;
    weir_piece piece = piece_of(model, from, begin, length);
    if (how & 8) room.bytes = take(from, 2);
    if (how & 16) room.records = take(from, 1) % 16;
    room.floor = how >> 5 & 1;
    hold_model_put(model, &piece, &room);
}

static void meet(hold_model *model, source *from)
{
    if (!model->held) return;
    uint32_t length = 1 + take(from, 2) % 2000;
    weir_piece piece = piece_of(model, from, model->begin, length);
    hold_model_meet(model, &piece);
}

/* Many small records, so that there is something to absorb. */
static void sprinkle(hold_model *model, source *from)
{
    uint64_t begin = model->base + take(from, 2) % WINDOW;
    uint32_t step = 1 + take(from, 1) % 8, count = take(from, 1) % 64;
    for (uint32_t i = 0; i < count && begin + step - model->base <= WINDOW; i++, begin += step) {
        weir_piece piece = hold_model_piece(model, data_of(begin, 1, i % 8), begin, begin + 1, 0, 0,
                                            0, UINT64_C(1700000000000000000));
        hold_model_put(model, &piece, &hold_model_all);
    }
}

static void operate(hold_model *model, source *from)
{
    uint32_t what = take(from, 1), how = what >> 3;
    switch (what & 7) {
    case 0:
    case 1:
        put(model, from, how);
        break;
    case 2:
        put(model, from, how | 4);
        break;
    case 3:
        meet(model, from);
        break;
    case 4:
        hold_model_peek(model, how);
        break;
    case 5:
        hold_model_cut(model, model->begin + take(from, how & 1 ? 2 : 1));
        break;
    case 6:
        fake_stock_refuse(model->stock, how % 8);
        break;
    default:
        sprinkle(model, from);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t bases[] = {0, UINT64_C(0xfffff000), UINT64_C(0x7ffff000),
                                     UINT64_C(1) << 40};
    static hold_model model;
    source from = {data, size};
    uint32_t setup = take(&from, 1);
    weir_stock *stock = fake_stock_open(1024, setup & 1 ? 60 : 12, 3);
    hold_model_open(&model, stock, (weir_overlap)((setup >> 1 & 7) % WEIR_OVERLAP_COUNT),
                    bases[setup >> 4 & 3], WINDOW);
    model.script = "fuzz";
    model.listens = setup >> 7 & 1;
    model.begin = model.base;
    for (uint32_t i = 0; i < OPERATIONS_MOST && from.size; i++)
        operate(&model, &from);
    if (setup & 64) hold_model_rebase(&model, model.begin);
    hold_model_close(&model);
    fake_stock_close(stock);
    return 0;
}
