/* SPDX-License-Identifier: MIT */
/* The smallest user of weir: minimal FILE.pcap prints what each connection said, and what is missing.
 * cc minimal.c -lweir -lpcap */
#define _DEFAULT_SOURCE 1 /* for <pcap.h> */
#include <inttypes.h>
#include <stdio.h>

#include <weir/weir_pcap.h>

static void on_data(void *user, weir_conn *conn, weir_direction direction, const weir_span *spans,
                    size_t count)
{
    (void)user;
    for (size_t i = 0; i < count; i++) {
        printf("%" PRIu64 " %c %" PRIu64 ": ", weir_conn_ref(conn).id,
               direction == WEIR_C2S ? '>' : '<', spans[i].offset);
        (void)fwrite(spans[i].data, 1, spans[i].length, stdout);
        (void)putchar('\n');
    }
}

static void on_hole(void *user, weir_conn *conn, weir_direction direction, const weir_hole *hole)
{
    (void)user;
    printf("%" PRIu64 " %c %" PRIu64 ": %" PRIu64 " bytes are missing (%s)\n",
           weir_conn_ref(conn).id, direction == WEIR_C2S ? '>' : '<', hole->offset, hole->length,
           weir_hole_cause_name(hole->cause));
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE] = "usage: minimal FILE.pcap";
    pcap_t *pcap = argc == 2 ? pcap_open_offline(argv[1], error) : NULL;
    weir_pool_config config;
    weir_callbacks callbacks;
    weir_pool *pool;
    weir_engine *engine;
    int taken;
    if (!pcap) return (void)fprintf(stderr, "%s\n", error), 1;
    weir_pool_config_init(&config); /* 64 MiB, and every other default */
    weir_callbacks_init(&callbacks);
    callbacks.on_data = on_data;
    callbacks.on_hole = on_hole;
    if (weir_pool_create(&config, &pool) ||
        weir_engine_create(pool, NULL, &callbacks, NULL, &engine))
        return 1;
    while ((taken = weir_pcap_dispatch(engine, pcap, -1, NULL, 0)) > 0)
        continue;
    if (taken < 0) /* of libpcap, or of weir */
        (void)fprintf(stderr, "%s\n",
                      taken == WEIR_PCAP_FAILED ? pcap_geterr(pcap) : weir_error_text(taken));
    weir_engine_destroy(engine); /* ends what is still open */
    weir_pool_destroy(pool);
    pcap_close(pcap);
    return taken < 0;
}
