/* SPDX-License-Identifier: MIT */
/*
 * BPF: runs the programs that libpcap compiles filters into.
 *
 * libpcap could run them itself, but then it would have to stay loaded: 150 KiB of anonymous memory
 * that this process has not (measured: RssAnon 288 KiB with it, 140 after dlclose). Copied programs
 * need 8 bytes an instruction.
 *
 * Any program is safe to run: loads outside the packet end it, and so does a jump back, when there
 * were BPF_BACK_MAX. Of what libpcap compiles only `protochain` has such, one for each header.
 */
#ifndef WEIR_TOOLS_BPF_H
#define WEIR_TOOLS_BPF_H

#include <pcap/bpf.h>
#include <stddef.h>
#include <stdint.h>

enum { BPF_BACK_MAX = 1024 };

/* What the program returns: 0 means that the packet does not pass. Also 0 for a load outside of it,
 * a division by 0, an instruction that is not known, too many jumps back, and the program's end without a
 * return. */
uint32_t bpf_run(const struct bpf_insn *program, size_t count, const uint8_t *data,
                 uint32_t captured_bytes, uint32_t wire_bytes);

#endif
