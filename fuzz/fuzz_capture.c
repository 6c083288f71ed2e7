/* SPDX-License-Identifier: MIT */
/*
 * A capture file, end to end: through the tool's reader into an engine with tiny limits, beside the engine's model
 * (tests/support/model.h). Of the engine everything is verified after each packet but for the rooms' own checks, which
 * come after every eighth and at the end.
 *
 *      input    setup, file
 *      setup    4 bytes: what good beginning is put before the rest (beginning.h), in what portions the file is
 *               read, memory, policy
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
    engine->overlap = (weir_overlap)(setup[3] % WEIR_OVERLAP_COUNT);
    engine->midstream = !(setup[3] & 16);
    engine->key_vlan = !(setup[3] & 32);
    engine->checksum = (weir_checksum)((setup[3] >> 6) % 3);
}

/* A link type that the engine does not take is refused, and nothing is counted. */
static void feed(model *m, int link_type, const weir_packet *packet)
{
    evidence_packet(link_type, packet);
    if (weir_link_type_supported(link_type)) {
        (void)model_packet(m, link_type, packet);
        return;
    }
    if (weir_engine_packets(m->engine, link_type, packet, 1, NULL) != WEIR_ERR_LINK_TYPE) abort();
}

static void feed_file(model *m, reader *r, file *f)
{
    const reader_source source = {read_file, f};
    size_t packets = 0;
    reader_batch batch;
    reader_open(r, &source);
    while (packets < PACKETS_MOST && reader_next(r, READER_BATCH_MAX, &batch) > 0) {
        for (size_t i = 0; i < batch.count; i++)
            feed(m, batch.link_type, &batch.packets[i]);
        packets += batch.count;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static file f;
    static test_arena arena;
    static reader *r; /* kept: what it allocates is larger than most inputs */
    weir_pool_config config;
    weir_engine_config engine;
    weir_pool *pool;
    model m;
    if (size < SETUP_BYTES || size - SETUP_BYTES > FILE_MOST) return 0;
    if (!r) r = reader_create();
    if (!r) abort();
    f.at = 0;
    f.portion = data[1] & 1 ? 1u + data[1] : FILE_MOST;
    f.size = beginning(data[0], f.bytes);
    memcpy(f.bytes + f.size, data + SETUP_BYTES, size - SETUP_BYTES);
    f.size += size - SETUP_BYTES;
    configure(data, &arena, &config, &engine);
    if (weir_pool_create(&config, &pool)) return 0;
    if (engine.conn_held_bytes > config.limit_bytes) engine.conn_held_bytes = 0;
    model_open(&m, pool, &engine, "capture", 0);
    m.deep = 8;
    feed_file(&m, r, &f);
    model_check(&m);
    model_close(&m);
    if (weir_pool_destroy(pool) || arena.broken) abort();
    return 0;
}
