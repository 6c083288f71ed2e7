/* SPDX-License-Identifier: MIT */
#include <sys/types.h> /* pcap/bpf.h wants u_int */

#include "bpf.h"

#include <stdbool.h>

struct machine {
    const uint8_t *data;
    uint32_t captured_bytes;
    uint32_t wire_bytes;
    uint32_t a;
    uint32_t x;
    uint32_t memory[BPF_MEMWORDS];
};

/* Reads 1, 2 or 4 bytes of the packet. false: they are not all there. */
static bool read_packet(const struct machine *m, uint32_t at, uint32_t bytes, uint32_t *value)
{
    uint32_t i, sum = 0;
    if (at > m->captured_bytes || m->captured_bytes - at < bytes) return false;
    for (i = 0; i < bytes; i++)
        sum = sum << 8 | m->data[at + i];
    *value = sum;
    return true;
}

static uint32_t size_of(uint16_t code)
{
    return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

static bool load(struct machine *m, const struct bpf_insn *step, uint32_t *to)
{
    uint32_t byte;
    switch (BPF_MODE(step->code)) {
    case BPF_ABS:
        return read_packet(m, step->k, size_of(step->code), to);
    case BPF_IND:
        if (step->k > UINT32_MAX - m->x) return false;
        return read_packet(m, m->x + step->k, size_of(step->code), to);
    case BPF_IMM:
        *to = step->k;
        return true;
    case BPF_LEN:
        *to = m->wire_bytes;
        return true;
    case BPF_MEM:
        *to = m->memory[step->k % BPF_MEMWORDS];
        return true;
    case BPF_MSH: /* the length of an IPv4 header */
        if (!read_packet(m, step->k, 1, &byte)) return false;
        *to = (byte & 15) * 4;
        return true;
    default:
        return false;
    }
}

static bool calculate(struct machine *m, const struct bpf_insn *step)
{
    const uint32_t with = BPF_SRC(step->code) == BPF_X ? m->x : step->k;
    const uint16_t operation = BPF_OP(step->code);
    if ((operation == BPF_DIV || operation == BPF_MOD) && with == 0) return false;
    if (operation == BPF_ADD) m->a += with;
    if (operation == BPF_SUB) m->a -= with;
    if (operation == BPF_MUL) m->a *= with;
    if (operation == BPF_DIV) m->a /= with;
    if (operation == BPF_MOD) m->a %= with;
    if (operation == BPF_AND) m->a &= with;
    if (operation == BPF_OR) m->a |= with;
    if (operation == BPF_XOR) m->a ^= with;
    if (operation == BPF_LSH) m->a = with < 32 ? m->a << with : 0;
    if (operation == BPF_RSH) m->a = with < 32 ? m->a >> with : 0;
    if (operation == BPF_NEG) m->a = UINT32_C(0) - m->a;
    return true;
}

/* How many instructions to pass over; a negative number leads back. */
static int32_t jump(const struct machine *m, const struct bpf_insn *step)
{
    const uint32_t with = BPF_SRC(step->code) == BPF_X ? m->x : step->k;
    switch (BPF_OP(step->code)) {
    case BPF_JA:
        return (int32_t)step->k;
    case BPF_JEQ:
        return m->a == with ? step->jt : step->jf;
    case BPF_JGT:
        return m->a > with ? step->jt : step->jf;
    case BPF_JGE:
        return m->a >= with ? step->jt : step->jf;
    default: /* BPF_JSET */
        return (m->a & with) != 0 ? step->jt : step->jf;
    }
}

/* Anything but jumps and returns. false: ends the program. */
static bool step_on(struct machine *m, const struct bpf_insn *step)
{
    switch (BPF_CLASS(step->code)) {
    case BPF_LD:
        return load(m, step, &m->a);
    case BPF_LDX:
        return load(m, step, &m->x);
    case BPF_ST:
        m->memory[step->k % BPF_MEMWORDS] = m->a;
        return true;
    case BPF_STX:
        m->memory[step->k % BPF_MEMWORDS] = m->x;
        return true;
    case BPF_ALU:
        return calculate(m, step);
    default: /* BPF_MISC */
        if (BPF_MISCOP(step->code) == BPF_TAX)
            m->x = m->a;
        else
            m->a = m->x;
        return true;
    }
}

uint32_t bpf_run(const struct bpf_insn *program, size_t count, const uint8_t *data,
                 uint32_t captured_bytes, uint32_t wire_bytes)
{
    struct machine m = {data, captured_bytes, wire_bytes, 0, 0, {0}};
    uint32_t back = 0;
    for (size_t at = 0; at < count && back <= BPF_BACK_MAX; at++) {
        const struct bpf_insn *step = &program[at];
        if (BPF_CLASS(step->code) == BPF_RET) return BPF_RVAL(step->code) == BPF_A ? m.a : step->k;
        if (BPF_CLASS(step->code) == BPF_JMP) {
            const int32_t over = jump(&m, step);
            back += over < 0;
            at += (size_t)(ptrdiff_t)over; /* before the first: far beyond the last */
        } else if (!step_on(&m, step)) {
            return 0;
        }
    }
    return 0;
}
