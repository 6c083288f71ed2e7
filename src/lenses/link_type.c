/* SPDX-License-Identifier: MIT */
#include "lenses/link_type.h"

#include "lenses/type.h"
#include "weir/weir.h"

enum {
    LINK_NULL = 0,
    LINK_TOKEN_RING = 6,
    LINK_PPP = 9,
    LINK_FDDI = 10,
    LINK_ATM_11 = 11, /* DLT_ATM_RFC1483 */
    LINK_RAW_12 = 12, /* DLT_RAW; on OpenBSD DLT_LOOP: see WEIR_TYPE_RAW */
    LINK_RAW_14 = 14, /* DLT_RAW on OpenBSD */
    LINK_PPP_SERIAL = 50,
    LINK_PPP_ETHER = 51,
    LINK_ATM = 100,
    LINK_RAW = 101,
    LINK_C_HDLC = 104,
    LINK_WIFI = 105,
    LINK_FRAME_RELAY = 107,
    LINK_LOOP = 108,
    LINK_ENC = 109,
    LINK_LINUX_SLL = 113,
    LINK_PFLOG = 117,
    LINK_PRISM = 119,
    LINK_FIBRE_CHANNEL = 122,
    LINK_RADIOTAP = 127,
    LINK_AVS = 163,
    LINK_PPI = 192,
    LINK_PPP_DIRECTION = 204,
    LINK_C_HDLC_DIRECTION = 205,
    LINK_MPLS = 219,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_NFLOG = 239,
    LINK_NETANALYZER = 240,
    LINK_PKTAP = 258,
    LINK_LINUX_SLL2 = 276
};

/* What is captured where hosts and routers are. */
static uint32_t of_system(int link_type)
{
    switch (link_type) {
    case LINK_NULL:
    case LINK_LOOP:
        return WEIR_TYPE_FAMILY;
    case LINK_RAW_12:
    case LINK_RAW_14:
    case LINK_RAW:
        return WEIR_TYPE_RAW;
    case LINK_IPV4:
        return WEIR_TYPE_IPV4;
    case LINK_IPV6:
        return WEIR_TYPE_IPV6;
    case LINK_LINUX_SLL:
        return WEIR_TYPE_SLL;
    case LINK_LINUX_SLL2:
        return WEIR_TYPE_SLL2;
    case LINK_NFLOG:
        return WEIR_TYPE_NFLOG;
    case LINK_PFLOG:
        return WEIR_TYPE_PFLOG;
    case LINK_ENC:
        return WEIR_TYPE_ENC;
    case LINK_PKTAP:
        return WEIR_TYPE_PKTAP;
    default:
        return WEIR_TYPE_UNKNOWN;
    }
}

static uint32_t of_wireless(int link_type)
{
    switch (link_type) {
    case LINK_WIFI:
        return WEIR_TYPE_WIFI;
    case LINK_PRISM:
        return WEIR_TYPE_PRISM;
    case LINK_RADIOTAP:
        return WEIR_TYPE_RADIOTAP;
    case LINK_AVS:
        return WEIR_TYPE_AVS;
    case LINK_PPI:
        return WEIR_TYPE_PPI;
    default:
        return of_system(link_type);
    }
}

uint32_t weir_link_type_first(int link_type)
{
    switch (link_type) {
    case WEIR_LINK_TYPE_ETHERNET:
        return WEIR_TYPE_ETHERNET;
    case LINK_PPP:
        return WEIR_TYPE_PPP;
    case LINK_PPP_SERIAL:
        return WEIR_TYPE_HDLC;
    case LINK_PPP_ETHER:
        return WEIR_TYPE_PPPOE;
    case LINK_PPP_DIRECTION:
        return WEIR_TYPE_PPP_DIRECTION;
    case LINK_C_HDLC:
        return WEIR_TYPE_C_HDLC;
    case LINK_C_HDLC_DIRECTION:
        return WEIR_TYPE_C_HDLC_DIRECTION;
    case LINK_FRAME_RELAY:
        return WEIR_TYPE_FRAME_RELAY;
    case LINK_MPLS:
        return WEIR_TYPE_MPLS;
    case LINK_ATM_11:
    case LINK_ATM:
        return WEIR_TYPE_LLC;
    case LINK_TOKEN_RING:
        return WEIR_TYPE_TOKEN_RING;
    case LINK_FDDI:
        return WEIR_TYPE_FDDI;
    case LINK_FIBRE_CHANNEL:
        return WEIR_TYPE_FIBRE_CHANNEL;
    case LINK_NETANALYZER:
        return WEIR_TYPE_NETANALYZER;
    default:
        return of_wireless(link_type);
    }
}

int weir_link_type_supported(int link_type)
{
    return weir_link_type_first(link_type) != WEIR_TYPE_UNKNOWN;
}
