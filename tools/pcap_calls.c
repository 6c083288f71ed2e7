/* SPDX-License-Identifier: MIT */
#include "pcap_calls.h"

#include <string.h>

#include "libpcap.h"

bool pcap_calls_load(pcap_calls *calls)
{
    memset(calls, 0, sizeof *calls);
    calls->library = libpcap_open();
    if (!calls->library) return false;
#define X(name, returns, parameters)                                                               \
    if (!libpcap_find(calls->library, "pcap_" #name, &calls->name)) {                              \
        pcap_calls_unload(calls);                                                                  \
        return false;                                                                              \
    }
    PCAP_CALLS(X)
#undef X
    return true;
}

void pcap_calls_unload(pcap_calls *calls)
{
    libpcap_close(calls->library);
    calls->library = NULL;
}
