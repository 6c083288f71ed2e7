/* SPDX-License-Identifier: MIT */
#include "race.h"

#include <stdio.h>

#include "apart.h"
#include "clock.h"
#include "floor.h"
#include "hot.h"

static const char *const phase_names[] = {"opening", "talking", "closing"};

uint32_t race_phase_of(const load *l, size_t index)
{
    uint32_t phase = 0;
    for (size_t i = 1; i <= index; i++)
        phase += l->stretches[i].phase != l->stretches[i - 1].phase;
    return phase < RESULT_PHASES_MAX ? phase : RESULT_PHASES_MAX - 1;
}

void race_phases(const load *l, result *r)
{
    size_t begin = 0;
    for (size_t i = 0; i < l->stretch_count; i++) {
        result_phase *phase = &r->phases[race_phase_of(l, i)];
        const char *name = l->traffic ? phase_names[l->stretches[i].phase] : "all";
        (void)snprintf(phase->name, sizeof phase->name, "%s", name);
        phase->packets += l->stretches[i].end - begin;
        begin = l->stretches[i].end;
        r->phase_count = race_phase_of(l, i) + 1;
    }
}

typedef struct race {
    const drive_plan *plan;
    result *result;
    hot *window; /* NULL: packets are measured where they lie */
    uint32_t repetition;
    uint64_t touched;
} race;

/* Adds the time since *since to a floor or a library's time, and sets *since. */
static void add_time(uint64_t *cpu_ns, uint64_t *wall_ns, clock_pair since)
{
    const clock_pair now = clock_now();
    *cpu_ns += now.cpu_ns - since.cpu_ns;
    *wall_ns += now.wall_ns - since.wall_ns;
}

static void run_floor(race *c, uint32_t repetition)
{
    const load *l = c->plan->load;
    const weir_packet *packets;
    for (size_t i = 0, begin = 0, n; i < l->stretch_count; i++) {
        const load_stretch *stretch = &l->stretches[i];
        result_time *time = &c->result->phases[race_phase_of(l, i)].times[repetition];
        for (; begin < stretch->end; begin += n) {
            n = hot_take(c->window, l, begin, stretch->end, &packets);
            const clock_pair since = clock_now();
            c->touched += floor_run(stretch->link_type, packets, n);
            add_time(&time->floor_cpu_ns, &time->floor_wall_ns, since);
        }
    }
}

static bool run_library(race *c, uint32_t repetition)
{
    const load *l = c->plan->load;
    const weir_packet *packets;
    drive d;
    if (!(c->result->empty ? drive_open_empty(&d, c->plan)
                           : drive_open_touching(&d, c->plan, &c->touched)))
        return false;
    for (size_t i = 0, begin = 0, n; i < l->stretch_count; i++) {
        const load_stretch *stretch = &l->stretches[i];
        result_time *time = &c->result->phases[race_phase_of(l, i)].times[repetition];
        for (; begin < stretch->end; begin += n) {
            n = hot_take(c->window, l, begin, stretch->end, &packets);
            const clock_pair since = clock_now();
            drive_feed(&d, stretch->link_type, packets, n);
            if (begin + n == l->count) drive_flush(&d);
            add_time(&time->cpu_ns, &time->wall_ns, since);
        }
    }
    drive_close(&d);
    return true;
}

static void add_phases(result *r, uint32_t repetition)
{
    result_time *sum = &r->times[repetition];
    for (uint32_t i = 0; i < r->phase_count; i++) {
        const result_time *time = &r->phases[i].times[repetition];
        sum->cpu_ns += time->cpu_ns;
        sum->wall_ns += time->wall_ns;
        sum->floor_cpu_ns += time->floor_cpu_ns;
        sum->floor_wall_ns += time->floor_wall_ns;
    }
}

static bool run_repetition(void *argument)
{
    race c = *(const race *)argument;
    load own = *c.plan->load;
    const drive_plan plan = {&own, c.plan->pool, c.plan->engine, c.plan->batch};
    c.plan = &plan;
    c.window = hot_window(c.result->hot);
    if (own.mapping_bytes <= RACE_MOVE_BYTES) (void)load_move(&own);
    c.touched += floor_run_all(&own); /* its pages are not yet this process's */
    run_floor(&c, c.repetition);
    if (!run_library(&c, c.repetition)) return false;
    add_phases(c.result, c.repetition);
    /* What was touched is used: an impossible sum would be told. */
    if (c.touched == 1) (void)fputs("weir-bench: touched 1\n", stderr);
    return true;
}

bool race_run(const drive_plan *plan, result *r)
{
    race c = {.plan = plan, .result = r};
    bool good = true;
    for (; good && c.repetition < r->repetitions; c.repetition++)
        good = apart_run(run_repetition, &c);
    return good;
}
