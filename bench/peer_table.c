/* SPDX-License-Identifier: MIT */
#include "peer_table.h"

#include <math.h>
#include <string.h>

enum { CELL_BYTES = 24 };

typedef double figure(const contest *c, const contest_row *row);

static const contest_row *of_role(const contest *c, peer_role role)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->rows[i].entry->role == role) return &c->rows[i];
    return &c->rows[0];
}

const contest_row *peer_table_floor(const contest *c)
{
    return of_role(c, PEER_FLOOR);
}

const contest_row *peer_table_weir(const contest *c)
{
    return of_role(c, PEER_WEIR);
}

/* ── Figures; NAN: there is none ── */

static double of_bytes(const contest_row *row, uint64_t bytes)
{
    return row->runs == 0 || bytes == PEER_UNKNOWN ? (double)NAN : (double)bytes / 1e6;
}

static double cpu(const contest *c, const contest_row *row)
{
    (void)c;
    return row->runs ? row->median_cpu_ns : (double)NAN;
}

static double cpu_of_floor(const contest *c, const contest_row *row)
{
    return cpu(c, row) / cpu(c, peer_table_floor(c));
}

static double cpu_of_weir(const contest *c, const contest_row *row)
{
    return cpu(c, row) / cpu(c, peer_table_weir(c));
}

static double added_of_weir(const contest *c, const contest_row *row)
{
    const double floor_ns = cpu(c, peer_table_floor(c));
    if (row->entry->role == PEER_FLOOR) return (double)NAN;
    return (cpu(c, row) - floor_ns) / (cpu(c, peer_table_weir(c)) - floor_ns);
}

static double peak(const contest *c, const contest_row *row)
{
    (void)c;
    return of_bytes(row, row->peak_bytes);
}

static double peak_of_weir(const contest *c, const contest_row *row)
{
    return peak(c, row) / peak(c, peer_table_weir(c));
}

static double anonymous(const contest *c, const contest_row *row)
{
    (void)c;
    return of_bytes(row, row->peak_anon_bytes);
}

static double at_end(const contest *c, const contest_row *row)
{
    (void)c;
    return of_bytes(row, row->end_anon_bytes);
}

static const struct column {
    figure *value;
    const char *head[2];
    int width, decimals;
    bool marked;
} columns[] = {
    {cpu, {"CPU", "ns/packet"}, 9, 0, true},
    {cpu_of_floor, {"CPU", "x floor"}, 7, 2, false},
    {cpu_of_weir, {"CPU", "x weir"}, 7, 2, false},
    {added_of_weir, {"no floor", "x weir"}, 8, 2, false},
    {peak, {"peak", "MB"}, 8, 1, true},
    {peak_of_weir, {"peak", "x weir"}, 7, 1, false},
    {anonymous, {"anonym.", "peak MB"}, 8, 1, true},
    {at_end, {"anonym.", "end MB"}, 8, 1, true},
};

enum { COLUMNS = sizeof columns / sizeof *columns, NAME_WIDTH = 34, VERSION_WIDTH = 18 };

/* ── The best ── */

static bool competes(const contest_row *row)
{
    return row->entry->role != PEER_FLOOR && row->outcome == PEER_DONE && row->runs > 0;
}

static double best_of(const contest *c, figure *value)
{
    double best = INFINITY;
    for (size_t i = 0; i < c->count; i++) {
        const double one = value(c, &c->rows[i]);
        if (competes(&c->rows[i]) && c->rows[i].right && one < best) best = one;
    }
    return best;
}

static char mark(const contest *c, const contest_row *row, const struct column *column)
{
    if (!column->marked || !competes(row)) return ' ';
    const double one = column->value(c, row), best = best_of(c, column->value);
    if (row->right && one <= best) return '*';
    return !row->right && one < best ? '~' : ' ';
}

/* ── Text ── */

static void put_cell(FILE *to, const contest *c, const contest_row *row,
                     const struct column *column)
{
    char cell[CELL_BYTES];
    const double value = column->value(c, row);
    const bool killed = row->outcome == PEER_KILLED_MEMORY || row->outcome == PEER_KILLED_TIME;
    if (isnan(value))
        (void)snprintf(cell, sizeof cell, "-");
    else
        (void)snprintf(cell, sizeof cell, "%s%.*f", killed ? ">" : "", column->decimals, value);
    (void)fprintf(to, " %*s%c", column->width, cell, mark(c, row, column));
}

static void put_heads(FILE *to)
{
    for (int line = 0; line < 2; line++) {
        (void)fprintf(to, "%-*s%-*s", NAME_WIDTH, line ? "program" : "", VERSION_WIDTH,
                      line ? "version" : "");
        for (size_t i = 0; i < COLUMNS; i++)
            (void)fprintf(to, " %*s ", columns[i].width, columns[i].head[line]);
        (void)fprintf(to, " %s\n", line ? "bytes" : "");
    }
}

static void put_row(FILE *to, const contest *c, const contest_row *row)
{
    (void)fprintf(to, "%-*s%-*.*s", NAME_WIDTH, row->entry->name, VERSION_WIDTH, VERSION_WIDTH - 1,
                  row->version);
    for (size_t i = 0; i < COLUMNS; i++)
        put_cell(to, c, row, &columns[i]);
    (void)fprintf(to, " %s\n", row->verdict);
}

/* What is not right, and where first. */
static void put_firsts(FILE *to, const contest *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const contest_row *row = &c->rows[i];
        if (row->first[0] == '\0') continue;
        const char *name = row->entry->name + strspn(row->entry->name, " ");
        (void)fprintf(to, "first of %s (%s): %s\n", row->entry->program, name, row->first);
    }
}

void peer_table_print(FILE *to, const contest *c)
{
    put_heads(to);
    for (size_t i = 0; i < c->count; i++)
        put_row(to, c, &c->rows[i]);
    (void)fputs("* the best whose bytes are right   ~ better, but not right   > killed there\n",
                to);
    put_firsts(to, c);
    (void)fflush(to);
}
