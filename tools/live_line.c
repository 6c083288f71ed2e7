/* SPDX-License-Identifier: MIT */
#include "live_line.h"

#include <inttypes.h>

#include "units.h"

/* Sums over the interfaces. */
static snapshot_interface sum_up(const snapshot *now, size_t *up)
{
    snapshot_interface sum = {NULL, false, 0, 0, 0};
    size_t i;
    *up = 0;
    for (i = 0; i < now->interface_count; i++) {
        const snapshot_interface *one = &now->interfaces[i];
        *up += one->up;
        sum.kernel_drops += one->kernel_drops;
        sum.interface_drops += one->interface_drops;
    }
    return sum;
}

void live_line_print(FILE *to, const snapshot *now, uint64_t running_ns)
{
    const weir_stats *stats = &now->stats;
    size_t up;
    const snapshot_interface sum = sum_up(now, &up);
    (void)fprintf(
        to,
        "weir: %s: %s packets, %s dropped by the kernel, %s by interfaces; %s connections open; %s "
        "delivered, %s missing in %s holes, %s held; memory %s, peak %s, limit %s; %zu of %zu "
        "interfaces up\n",
        units_duration(running_ns).text, units_count(now->read_packets).text,
        units_count(sum.kernel_drops).text, units_count(sum.interface_drops).text,
        units_count(stats->connections_open).text, units_bytes(stats->delivered_bytes).text,
        units_bytes(stats->missing_bytes).text, units_count(snapshot_holes(now)).text,
        units_bytes(stats->held_bytes).text, units_bytes(now->memory.committed_bytes).text,
        units_bytes(now->memory.peak_bytes).text, units_bytes(now->memory.limit_bytes).text, up,
        now->interface_count);
}
