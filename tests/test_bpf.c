/* SPDX-License-Identifier: MIT */
/*
 * The runner of filter programs, beside libpcap's own: the same answer for each packet, for what
 * libpcap compiles from expressions and for random programs that it finds valid.
 */
#include <sys/types.h>

#include "bpf.h"

#include "../bench/traffic.h"

#include <pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PACKETS = 400, RANDOM_PROGRAMS = 20000, RANDOM_STEPS = 24, SEED = 7 };

static void compare(const struct bpf_insn *steps, size_t count, const uint8_t *data,
                    uint32_t captured, uint32_t wire, const char *what)
{
    const uint32_t theirs = bpf_filter(steps, data, wire, captured);
    const uint32_t ours = bpf_run(steps, count, data, captured, wire);
    if (ours != theirs)
        fail_msg("%s: %u, libpcap %u (%u of %u bytes)", what, ours, theirs, captured, wire);
}

/* Whole, and cut at many places. */
static void compare_packets(const struct bpf_program *program, const char *what)
{
    static const char *const scenarios[] = {"reorder", "churn", "tso"};
    size_t i;
    for (i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        traffic *t = traffic_open(scenarios[i], SEED, 0.001);
        traffic_packet p;
        int k;
        assert_non_null(t);
        for (k = 0; k < PACKETS && traffic_next(t, &p); k++) {
            const uint32_t cut = (uint32_t)k % 80;
            compare(program->bf_insns, program->bf_len, p.data, p.captured_bytes, p.wire_bytes,
                    what);
            if (cut < p.captured_bytes)
                compare(program->bf_insns, program->bf_len, p.data, cut, p.wire_bytes, what);
        }
        traffic_close(t);
    }
}

static void expressions_give_libpcaps_answer(void **state)
{
    static const char *const expressions[] = {
        "tcp",
        "udp",
        "port 443",
        "host 10.0.0.1 or host 10.0.0.2",
        "net 10.0.0.0/8 and not port 50000",
        "ip6 and tcp",
        "ip6 host fd00:0:0:1::1",
        "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
        "tcp[4:4] > 1000000 or tcp[13] = 16",
        "portrange 49152-49160",
        "len > 500 and less 2000",
        "greater 1000",
        "vlan",
        "vlan 5 and tcp",
        "ip[8] * 2 + 1 = 129",
        "(ip[2:2] - 40) / 4 % 3 = 1",
        "ip[6] << 3 | ip[7] >> 1 != 0",
        "ether[0] ^ 3 = 1",
        "ip[8] / ether[12] = 1",
        "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x41424344",
        "icmp or (tcp and dst port 443 and len < 100)",
        "not ip",
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof expressions / sizeof *expressions; i++) {
        pcap_t *pcap = pcap_open_dead(1, 262144);
        struct bpf_program program;
        int optimize;
        for (optimize = 0; optimize < 2; optimize++) {
            if (pcap_compile(pcap, &program, expressions[i], optimize, PCAP_NETMASK_UNKNOWN) != 0)
                fail_msg("%s: %s", expressions[i], pcap_geterr(pcap));
            compare_packets(&program, expressions[i]);
            pcap_freecode(&program);
        }
        pcap_close(pcap);
    }
}

/* `protochain` is a loop: a jump back for each header between IPv6's and TCP's. */
static void headers_are_walked(void **state)
{
    uint8_t frame[14 + 40 + 3 * 8 + 20] = {[12] = 0x86, 0xdd, 0x60, [19] = 3 * 8 + 20, 0, 64};
    pcap_t *pcap = pcap_open_dead(1, 262144);
    struct bpf_program program;
    (void)state;
    frame[54] = 60; /* hop by hop, then destination options twice */
    frame[62] = 60;
    frame[70] = 6;
    for (int optimize = 0; optimize < 2; optimize++) {
        assert_int_equal(pcap_compile(pcap, &program, "ip6 protochain 6", optimize, 0), 0);
        compare(program.bf_insns, program.bf_len, frame, sizeof frame, sizeof frame, "chain");
        assert_int_not_equal(
            bpf_run(program.bf_insns, program.bf_len, frame, sizeof frame, sizeof frame), 0);
        pcap_freecode(&program);
    }
    pcap_close(pcap);
}

static void loops_end(void **state)
{
    static const int32_t back[] = {-1, -2, -3, -1000, INT32_MIN};
    const uint8_t byte = 0;
    (void)state;
    for (size_t i = 0; i < sizeof back / sizeof *back; i++) {
        const struct bpf_insn steps[] = {BPF_STMT(BPF_LD | BPF_IMM, 1),
                                         BPF_JUMP(BPF_JMP | BPF_JA, (uint32_t)back[i], 0, 0),
                                         BPF_STMT(BPF_RET | BPF_K, 1)};
        assert_int_equal(bpf_run(steps, 3, &byte, 1, 1), 0);
    }
}

static uint32_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed >> 16);
}

/* A step of any kind. Nearly all are valid: a division by 0 is not. */
static struct bpf_insn random_step(uint64_t *seed, size_t left)
{
    static const u_short codes[] = {
        BPF_LD | BPF_W | BPF_ABS,
        BPF_LD | BPF_H | BPF_ABS,
        BPF_LD | BPF_B | BPF_ABS,
        BPF_LD | BPF_W | BPF_IND,
        BPF_LD | BPF_H | BPF_IND,
        BPF_LD | BPF_B | BPF_IND,
        BPF_LD | BPF_IMM,
        BPF_LD | BPF_LEN,
        BPF_LD | BPF_MEM,
        BPF_LDX | BPF_IMM,
        BPF_LDX | BPF_MEM,
        BPF_LDX | BPF_MSH | BPF_B,
        BPF_ST,
        BPF_STX,
        BPF_MISC | BPF_TAX,
        BPF_MISC | BPF_TXA,
        BPF_RET | BPF_A,
    };
    static const uint32_t values[] = {1, 2, 14, 31, 32, 63, 64, 0x7fffffff, 0xffffffff, 0xfffffff0};
    const uint32_t kind = draw(seed) % 3;
    const u_short operand = draw(seed) % 2 ? BPF_X : BPF_K;
    struct bpf_insn step;
    memset(&step, 0, sizeof step);
    if (kind == 0) step.code = codes[draw(seed) % (sizeof codes / sizeof *codes)];
    if (kind == 1) step.code = (u_short)(BPF_ALU | draw(seed) % 11 << 4 | operand);
    if (kind == 2) step.code = (u_short)(BPF_JMP | (1 + draw(seed) % 4) << 4 | operand);
    step.jt = (u_char)(draw(seed) % left);
    step.jf = (u_char)(draw(seed) % left);
    step.k = draw(seed) % 3 ? draw(seed) % 70 : values[draw(seed) % 10];
    if (BPF_MODE(step.code) == BPF_MEM || step.code == BPF_ST || step.code == BPF_STX)
        step.k %= BPF_MEMWORDS;
    /* What libpcap's runner leaves undefined, or aborts at. */
    if (kind == 1 && BPF_OP(step.code) == BPF_NEG) step.code = BPF_ALU | BPF_NEG;
    if (kind == 1 && (BPF_OP(step.code) == BPF_LSH || BPF_OP(step.code) == BPF_RSH)) step.k %= 32;
    return step;
}

/* All of the machine's memory is set first: libpcap's is not cleared. */
static size_t random_program(struct bpf_insn *steps, uint64_t *seed)
{
    size_t count = 0, i;
    memset(steps, 0, sizeof *steps * (BPF_MEMWORDS + RANDOM_STEPS + 1));
    for (i = 0; i < BPF_MEMWORDS; i++) {
        steps[count].code = BPF_ST;
        steps[count++].k = (uint32_t)i;
    }
    for (i = 0; i < RANDOM_STEPS; i++)
        steps[count++] = random_step(seed, RANDOM_STEPS - i);
    steps[count++].code = BPF_RET | BPF_A;
    return count;
}

static void random_programs_give_libpcaps_answer(void **state)
{
    struct bpf_insn steps[BPF_MEMWORDS + RANDOM_STEPS + 1];
    uint8_t data[64];
    uint64_t seed = SEED;
    int valid = 0;
    size_t i;
    (void)state;
    while (valid < RANDOM_PROGRAMS) {
        const size_t count = random_program(steps, &seed);
        if (!bpf_validate(steps, (int)count)) continue;
        valid++;
        for (i = 0; i < sizeof data; i++)
            data[i] = (uint8_t)draw(&seed);
        compare(steps, count, data, sizeof data, 1500, "random program");
        compare(steps, count, data, draw(&seed) % 64, 64, "random program");
    }
}

/* What libpcap would never run must still end. */
static void invalid_programs_end(void **state)
{
    static const struct bpf_insn away[] = {{BPF_JMP | BPF_JA, 0, 0, UINT32_MAX}};
    static const struct bpf_insn nothing[] = {{BPF_LD | BPF_IMM, 0, 0, 5}};
    static const struct bpf_insn outside[] = {{BPF_LD | BPF_MEM, 0, 0, 1000},
                                              {BPF_RET | BPF_A, 0, 0, 0}};
    static const struct bpf_insn unknown[] = {{BPF_LD | 0xe0, 0, 0, 0}, {BPF_RET | BPF_K, 0, 0, 9}};
    (void)state;
    assert_int_equal(bpf_run(NULL, 0, NULL, 0, 0), 0);
    assert_int_equal(bpf_run(away, 1, NULL, 0, 0), 0);
    assert_int_equal(bpf_run(nothing, 1, NULL, 0, 0), 0);
    assert_int_equal(bpf_run(outside, 2, NULL, 0, 0), 0);
    assert_int_equal(bpf_run(unknown, 2, NULL, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_give_libpcaps_answer),
        cmocka_unit_test(headers_are_walked),
        cmocka_unit_test(loops_end),
        cmocka_unit_test(random_programs_give_libpcaps_answer),
        cmocka_unit_test(invalid_programs_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
