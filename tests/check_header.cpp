/* SPDX-License-Identifier: MIT */
/* The public headers, as a C++17 program sees them: tests/checks/header.sh builds and runs it. */
#include "weir/weir.h"
#if __has_include("weir/weir_pcap.h")
#include "weir/weir_pcap.h"
#endif

#include <cstring>
#include <vector>

namespace
{

weir_verdict on_open(void *user, weir_conn *)
{
    ++*static_cast<int *>(user);
    return WEIR_FOLLOW;
}

/* Each list of names expands outside C as well. */
const char *const counters[] = {
#define X(name, text) #name,
    WEIR_COUNTERS(X)
#undef X
};

/* A pool and an engine, used and given back. Returns 0 if all answered as they must. */
int use()
{
    weir_pool_config pool_config;
    weir_pool_config_init(&pool_config);
    weir_pool *pool = nullptr;
    if (weir_pool_create(&pool_config, &pool) != WEIR_OK) return 2;

    weir_engine_config config;
    weir_engine_config_init(&config);
    weir_callbacks callbacks;
    weir_callbacks_init(&callbacks);
    callbacks.on_open = on_open;
    int opened = 0;
    weir_engine *engine = nullptr;
    if (weir_engine_create(pool, &config, &callbacks, &opened, &engine) != WEIR_OK) return 3;

    const std::vector<weir_packet> none;
    if (weir_engine_packets(engine, 1, none.data(), none.size(), nullptr) != WEIR_OK) return 4;
    if (weir_engine_destroy(engine) != WEIR_OK || weir_pool_destroy(pool) != WEIR_OK) return 5;
    return opened;
}

} // namespace

int main()
{
    if (std::strcmp(weir_version(), WEIR_VERSION) != 0) return 1;
    if (std::strcmp(counters[0], "packets") != 0) return 1;
    return use();
}
