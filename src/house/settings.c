/* SPDX-License-Identifier: MIT */
#include "house/settings.h"

#include "ground/versioned.h"
#include "house/ahead.h"
#include "rooms/recent.h"

#define CONN_HELD_DEFAULT  (UINT64_C(8) << 20)
#define CONN_HELD_LEAST    UINT64_C(65536)
#define CONN_RECORDS_LEAST 64u
#define CONN_RECORDS_MOST  (UINT32_C(1) << 20)
#define TIMEOUT_MOST       (30 * 24 * 3600 * WEIR_SECOND)

void weir_engine_config_init_sized(weir_engine_config *given, size_t struct_size)
{
    const weir_engine_config own = {
        .conn_records = 8192,
        .overlap = WEIR_OVERLAP_FIRST,
        .fragment_overlap = WEIR_OVERLAP_FIRST,
        .checksum = WEIR_CHECKSUM_OFF,
        .tunnels = WEIR_TUNNELS_ALL,
        .hole_timeout_ns = 2 * WEIR_SECOND,
        .acked_hole_ns = 20 * WEIR_MILLISECOND,
        .idle_ns = 300 * WEIR_SECOND,
        .half_open_ns = 20 * WEIR_SECOND,
        .linger_ns = 5 * WEIR_SECOND,
        .fragment_timeout_ns = 30 * WEIR_SECOND,
        .key_vlan = 1,
        .key_tunnel = 1,
        .midstream = 1,
        .fragments = 1,
        .prefetch_bytes = WEIR_AHEAD_PAYLOAD,
    };
    weir_versioned_init(given, struct_size, &own, sizeof own);
}

void weir_callbacks_init_sized(weir_callbacks *given, size_t struct_size)
{
    const weir_callbacks own = {.struct_size = 0};
    weir_versioned_init(given, struct_size, &own, sizeof own);
}

void weir_conn_info_init_sized(weir_conn_info *given, size_t struct_size)
{
    const weir_conn_info own = {.struct_size = 0};
    weir_versioned_init(given, struct_size, &own, sizeof own);
}

void weir_stats_init_sized(weir_stats *given, size_t struct_size)
{
    const weir_stats own = {.struct_size = 0};
    weir_versioned_init(given, struct_size, &own, sizeof own);
}

static int timeout_ok(uint64_t ns)
{
    return ns >= WEIR_MILLISECOND && ns <= TIMEOUT_MOST;
}

static int timeouts_ok(const weir_engine_config *config)
{
    return timeout_ok(config->hole_timeout_ns) && timeout_ok(config->idle_ns) &&
           timeout_ok(config->half_open_ns) && timeout_ok(config->linger_ns) &&
           timeout_ok(config->fragment_timeout_ns) &&
           (config->acked_hole_ns == WEIR_NEVER || timeout_ok(config->acked_hole_ns));
}

static int check(const weir_engine_config *config, uint64_t limit)
{
    if (config->conn_held_bytes < CONN_HELD_LEAST || config->conn_held_bytes > limit)
        return WEIR_ERR_CONN_LIMIT;
    if (config->conn_records < CONN_RECORDS_LEAST || config->conn_records > CONN_RECORDS_MOST)
        return WEIR_ERR_CONN_RECORDS;
    if (!timeouts_ok(config)) return WEIR_ERR_TIMEOUT;
    if ((uint32_t)config->overlap >= WEIR_OVERLAP_COUNT) return WEIR_ERR_POLICY;
    if (config->recent_bytes > WEIR_RECENT_MOST) return WEIR_ERR_RECENT;
    if ((uint32_t)config->fragment_overlap >= WEIR_OVERLAP_COUNT) return WEIR_ERR_POLICY;
    if ((uint32_t)config->checksum > WEIR_CHECKSUM_ON) return WEIR_ERR_POLICY;
    if ((uint32_t)config->urgent >= WEIR_URGENT_COUNT) return WEIR_ERR_POLICY;
    if (config->tunnels & ~WEIR_TUNNELS_ALL) return WEIR_ERR_POLICY;
    if (config->shard_index && config->shard_index >= config->shard_count) return WEIR_ERR_ARGUMENT;
    return WEIR_OK;
}

int weir_settings_read(const weir_pool *pool, const weir_engine_config *config,
                       const weir_callbacks *callbacks, weir_engine_config *own_config,
                       weir_callbacks *own_callbacks)
{
    int error = WEIR_OK;
    uint64_t limit = weir_pool_limit(pool);
    weir_engine_config_init(own_config);
    weir_callbacks_init(own_callbacks);
    if (config) error = weir_versioned_read(own_config, sizeof *own_config, config);
    if (!error && callbacks)
        error = weir_versioned_read(own_callbacks, sizeof *own_callbacks, callbacks);
    if (error) return error;
    if (!own_config->conn_held_bytes) {
        uint64_t share = limit / 8 < CONN_HELD_LEAST ? CONN_HELD_LEAST : limit / 8;
        own_config->conn_held_bytes = share < CONN_HELD_DEFAULT ? share : CONN_HELD_DEFAULT;
    }
    return check(own_config, limit);
}
