/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <stdio.h>
#include <unistd.h>

#include "apart.h"
#include "race.h"
#include "truth.h"

measure *measure_create(void)
{
    return apart_memory(sizeof(measure));
}

void measure_free(measure *m)
{
    apart_free(m, sizeof *m);
}

/* A line that the next one overwrites. */
static void show(const measure *m, const char *doing)
{
    if (!isatty(STDERR_FILENO)) return;
    (void)fprintf(stderr, "\r\033[K%s%s%s", m->result.name, *doing ? ": " : "\r\033[K", doing);
}

bool measure_run(measure *m, const drive_plan *plan, bool quick)
{
    result *r = &m->result;
    bool good;
    r->packets = plan->load->count;
    r->frame_bytes = plan->load->frame_bytes;
    r->batch = plan->batch;
    race_phases(plan->load, r);
    show(m, "time");
    good = race_run(plan, r);
    show(m, "memory");
    good = good && watch_run(plan, r, m->samples, &m->sample_count);
    show(m, "every byte");
    good = good && truth_run(plan, r);
    show(m, "single packets");
    if (!quick) good = good && latency_run(plan, r, &m->spread);
    show(m, "");
    return good;
}
