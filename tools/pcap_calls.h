/* SPDX-License-Identifier: MIT */
/*
 * The calls of libpcap that a live capture makes, found in the library once it is loaded.
 */
#ifndef WEIR_TOOLS_PCAP_CALLS_H
#define WEIR_TOOLS_PCAP_CALLS_H

#include <pcap.h>
#include <stdbool.h>

/* X(name, what it returns, its parameters): pcap_NAME. */
#define PCAP_CALLS(X)                                                                              \
    X(create, pcap_t *, (const char *name, char *why))                                             \
    X(set_snaplen, int, (pcap_t * pcap, int bytes))                                                \
    X(set_promisc, int, (pcap_t * pcap, int on))                                                   \
    X(set_timeout, int, (pcap_t * pcap, int milliseconds))                                         \
    X(set_immediate_mode, int, (pcap_t * pcap, int on))                                            \
    X(set_buffer_size, int, (pcap_t * pcap, int bytes))                                            \
    X(set_tstamp_precision, int, (pcap_t * pcap, int precision))                                   \
    X(activate, int, (pcap_t * pcap))                                                              \
    X(get_tstamp_precision, int, (pcap_t * pcap))                                                  \
    X(setnonblock, int, (pcap_t * pcap, int on, char *why))                                        \
    X(setdirection, int, (pcap_t * pcap, pcap_direction_t direction))                              \
    X(datalink, int, (pcap_t * pcap))                                                              \
    X(set_datalink, int, (pcap_t * pcap, int link_type))                                           \
    X(compile, int,                                                                                \
      (pcap_t * pcap, struct bpf_program * program, const char *text, int optimize,                \
       bpf_u_int32 netmask))                                                                       \
    X(setfilter, int, (pcap_t * pcap, struct bpf_program * program))                               \
    X(freecode, void, (struct bpf_program * program))                                              \
    X(get_selectable_fd, int, (pcap_t * pcap))                                                     \
    X(dispatch, int, (pcap_t * pcap, int packets, pcap_handler handler, u_char *user))             \
    X(stats, int, (pcap_t * pcap, struct pcap_stat * counts))                                      \
    X(geterr, char *, (pcap_t * pcap))                                                             \
    X(statustostr, const char *, (int status))                                                     \
    X(close, void, (pcap_t * pcap))

typedef struct pcap_calls {
    void *library; /* NULL: not loaded */
#define X(name, returns, parameters) returns(*name) parameters;
    PCAP_CALLS(X)
#undef X
} pcap_calls;

/* Loads the library and finds them all. false: it is not there, or too old (before 1.5). */
bool pcap_calls_load(pcap_calls *calls);
void pcap_calls_unload(pcap_calls *calls);

#endif
