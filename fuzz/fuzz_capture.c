/* SPDX-License-Identifier: MIT */
/*
 * A capture file, end to end: through the tool's reader into an engine with tiny limits.
 *
 *      beside the model     (tests/support/model.h) packet by packet. All is verified after each but for the rooms' own
 *                           checks, which come after every eighth
 *      in batches           as the reader has them: the rooms' checks, the equations and the bound of memory after
 *                           each batch
 *
 *      input    setup, file
 *      setup    4 bytes: what good beginning is put before the rest (beginning.h), in what portions the file is
 *               read, memory, how it is fed and policy
 */
#include <stdlib.h>
#include <string.h>

#include "beginning.h"
#include "evidence.h"
#include "reader.h"
#include "support/arena.h"
#include "support/model.h"

enum { SETUP_BYTES = 4, FILE_MOST = 1 << 18, PACKETS_MOST = 2000, LIMIT_MOST = 640 << 10 };

typedef struct {
    uint8_t bytes[BEGINNING_MAX + FILE_MOST];
    size_t size, at, portion;
} file;

static ptrdiff_t read_file(void *user, void *into, size_t bytes)
{
    file *f = user;
    size_t count = f->size - f->at;
    if (count > bytes) count = bytes;
    if (count > f->portion) count = f->portion;
    memcpy(into, f->bytes + f->at, count);
    f->at += count;
    return (ptrdiff_t)count;
}

static void configure(const uint8_t *setup, test_arena *arena, weir_pool_config *pool,
                      weir_engine_config *engine)
{
    weir_pool_config_init(pool);
    weir_engine_config_init(engine);
    arena_init(arena, 4096, &pool->platform);
    pool->max_engines = 1;
    pool->page_bytes = 1024u << setup[2] % 3;
    pool->ceiling_bytes = LIMIT_MOST;
    pool->limit_bytes = weir_pool_smallest_limit(pool) + (setup[2] >> 2) * UINT64_C(4096);
    engine->conn_records = 64;
    engine->conn_held_bytes = 65536;
    engine->overlap = (weir_overlap)((setup[3] & 7) % WEIR_OVERLAP_COUNT);
    engine->midstream = !(setup[3] & 16);
    engine->key_vlan = !(setup[3] & 32);
    engine->checksum = (weir_checksum)((setup[3] >> 6) % 3);
}

typedef struct {
    model m; /* or, where it is fed in batches, only pool and engine of it */
    int modelled;
} world;

/* A link type that the engine does not take is refused, and nothing is counted. */
static void feed_packets(world *w, const reader_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (weir_link_type_supported(batch->link_type))
            (void)model_packet(&w->m, batch->link_type, &batch->packets[i]);
        else if (weir_engine_packets(w->m.engine, batch->link_type, batch->packets, 1, NULL) !=
                 WEIR_ERR_LINK_TYPE)
            abort();
    }
}

static void feed_batch(const world *w, const reader_batch *batch)
{
    weir_memory memory;
    weir_memory_init(&memory);
    int error =
        weir_engine_packets(w->m.engine, batch->link_type, batch->packets, batch->count, NULL);
    if (error != (weir_link_type_supported(batch->link_type) ? WEIR_OK : WEIR_ERR_LINK_TYPE))
        abort();
    if (weir_engine_check(w->m.engine) || weir_pool_memory(w->m.pool, &memory)) abort();
    if (memory.used_bytes > memory.committed_bytes) abort();
    if (memory.committed_bytes > memory.limit_bytes) abort();
}

static void feed_file(world *w, reader *r, file *f)
{
    const reader_source source = {read_file, f};
    size_t packets = 0;
    reader_batch batch;
    reader_open(r, &source);
    while (packets < PACKETS_MOST && reader_next(r, READER_BATCH_MAX, &batch) > 0) {
        for (size_t i = 0; i < batch.count; i++)
            evidence_packet(batch.link_type, &batch.packets[i]);
        if (w->modelled)
            feed_packets(w, &batch);
        else
            feed_batch(w, &batch);
        packets += batch.count;
    }
}

/* Every offset is one of what was delivered, missing and ignored; at the end nothing is held. */
static void on_close(void *user, weir_conn *conn, weir_close_cause cause)
{
    weir_conn_info info;
    (void)user, (void)cause;
    weir_conn_info_init(&info);
    if (weir_conn_get_info(conn, &info)) abort();
    for (int d = 0; d < 2; d++) {
        const weir_flow *flow = &info.flow[d];
        if (flow->offset != flow->delivered_bytes + flow->missing_bytes + flow->ignored_bytes)
            abort();
    }
}

static void open_world(world *w, weir_pool *pool, const weir_engine_config *config)
{
    weir_callbacks callbacks;
    if (w->modelled) {
        model_open(&w->m, pool, config, "capture", 0);
        w->m.deep = 8;
        return;
    }
    weir_callbacks_init(&callbacks);
    callbacks.on_close = on_close;
    w->m.pool = pool;
    if (weir_engine_create(pool, config, &callbacks, NULL, &w->m.engine)) abort();
}

static void close_world(world *w)
{
    if (!w->modelled) {
        if (weir_engine_flush(w->m.engine) || weir_engine_check(w->m.engine)) abort();
        if (weir_engine_destroy(w->m.engine)) abort();
        return;
    }
    model_check(&w->m);
    model_close(&w->m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static file f;
    static test_arena arena;
    static reader *r; /* kept: what it allocates is larger than most inputs */
    weir_pool_config config;
    weir_engine_config engine;
    static world w;
    weir_pool *pool;
    if (size < SETUP_BYTES || size - SETUP_BYTES > FILE_MOST) return 0;
    if (!r) r = reader_create();
    if (!r) abort();
    f.at = 0;
    f.portion = data[1] & 1 ? 1u + data[1] : FILE_MOST;
    f.size = beginning(data[0], f.bytes);
    memcpy(f.bytes + f.size, data + SETUP_BYTES, size - SETUP_BYTES);
    f.size += size - SETUP_BYTES;
    configure(data, &arena, &config, &engine);
    if (weir_pool_create(&config, &pool)) abort();
    if (engine.conn_held_bytes > config.limit_bytes) engine.conn_held_bytes = 0;
    w.modelled = !(data[3] & 8);
    open_world(&w, pool, &engine);
    feed_file(&w, r, &f);
    close_world(&w);
    if (weir_pool_destroy(pool) || arena.broken) abort();
    return 0;
}
