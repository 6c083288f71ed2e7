/* SPDX-License-Identifier: MIT */
/*
 * What comes next in a frame: an EtherType, or a number beyond those for what has none.
 *
 *      0 .. 0xffff   EtherTypes, as Ethernet, tags, GRE and GENEVE carry them
 *      0x10000 ..    layers that only a link type, a capture system or a tunnel announces
 *
 * No header on the wire can name a number of the second kind.
 */
#ifndef WEIR_TYPE_H
#define WEIR_TYPE_H

enum {
    WEIR_TYPE_LLC = 0x0004, /* Linux's ETH_P_802_2 */
    WEIR_TYPE_IPV4 = 0x0800,
    WEIR_TYPE_ETHERNET = 0x6558, /* transparent Ethernet bridging */
    WEIR_TYPE_VLAN = 0x8100,
    WEIR_TYPE_IPV6 = 0x86dd,
    WEIR_TYPE_PPP = 0x880b,
    WEIR_TYPE_MPLS = 0x8847,
    WEIR_TYPE_MPLS_UPSTREAM = 0x8848,
    WEIR_TYPE_PPPOE = 0x8864,
    WEIR_TYPE_QINQ = 0x88a8,
    WEIR_TYPE_BACKBONE = 0x88e7,       /* 802.1ah: a service tag, then a frame */
    WEIR_TYPE_CISCO_METADATA = 0x8909, /* security group tags */
    WEIR_TYPE_VN_TAG = 0x8926,
    WEIR_TYPE_E_TAG = 0x893f, /* 802.1BR */
    WEIR_TYPE_MACSEC = 0x88e5,
    WEIR_TYPE_QINQ_OLD = 0x9100,

    WEIR_TYPE_IP = 0x10000, /* version 4 or 6: its first four bits tell */
    WEIR_TYPE_RAW,          /* the same, or an address family in network order before it */
    WEIR_TYPE_FAMILY,       /* an address family, then IP */
    WEIR_TYPE_HDLC,
    WEIR_TYPE_C_HDLC,
    WEIR_TYPE_SLL,
    WEIR_TYPE_SLL2,
    WEIR_TYPE_PPP_DIRECTION,    /* a byte that tells the direction, then PPP */
    WEIR_TYPE_C_HDLC_DIRECTION, /* the same before Cisco's HDLC */
    WEIR_TYPE_FRAME_RELAY,
    WEIR_TYPE_TOKEN_RING,
    WEIR_TYPE_FDDI,
    WEIR_TYPE_FIBRE_CHANNEL,
    WEIR_TYPE_WIFI,           /* 802.11 */
    WEIR_TYPE_WIFI_PADDED,    /* the same, its header padded to a multiple of 4 bytes */
    WEIR_TYPE_WIFI_AGGREGATE, /* packets one after the other, each with an Ethernet-like header */
    WEIR_TYPE_RADIOTAP,
    WEIR_TYPE_PRISM,
    WEIR_TYPE_AVS,
    WEIR_TYPE_PPI,
    WEIR_TYPE_NFLOG,
    WEIR_TYPE_PKTAP,
    WEIR_TYPE_PFLOG,
    WEIR_TYPE_ENC,
    WEIR_TYPE_NETANALYZER,
    WEIR_TYPE_UNKNOWN
};

#endif
