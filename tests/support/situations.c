/* SPDX-License-Identifier: MIT */
#include "support/situations.h"

#include "weir/weir.h"

enum { ETHERNET = 1, RAW = 101, WIFI = 105, PRISM = 119, RADIOTAP = 127, AVS = 163, PPI = 192 };

/* ──── on links ──── */

#define LABEL      "000100ff "
#define LAST_LABEL "000201ff "
#define CONTROL    "00000000 "
#define SLL        "0000 0001 0006 0011223344550000 "
#define SLL2(type) type " 0000 00000001 0001 00 06 0011223344550000 "

/* Lengths written out are for 45 bytes of IPv4 or 65 of IPv6. */
const situation situations_links[] = {
    {"ethernet, IPv4", ETHERNET, FRAME_MACS "0800", 4, 0, 0, NULL},
    {"ethernet, IPv6", ETHERNET, FRAME_MACS "86dd", 6, 0, 0, NULL},
    {"802.1Q", ETHERNET, FRAME_MACS "8100 0005 0800", 4, 5, 0, NULL},
    {"802.1Q, priority bits are not the id", ETHERNET, FRAME_MACS "8100 f005 86dd", 6, 5, 0, NULL},
    {"802.1Q, a priority tag is as none", ETHERNET, FRAME_MACS "8100 e000 0800", 4, 0, 0, NULL},
    {"QinQ", ETHERNET, FRAME_MACS "88a8 0064 8100 0005 0800", 4, 0x640005, 0, NULL},
    {"QinQ, old number", ETHERNET, FRAME_MACS "9100 0064 8100 0005 86dd", 6, 0x640005, 0, NULL},
    {"QinQ, 802.1Q twice", ETHERNET, FRAME_MACS "8100 0fff 8100 0ffe 0800", 4, 0xfff0ffe, 0, NULL},
    {"QinQ, priority tag outside", ETHERNET, FRAME_MACS "8100 e000 8100 0005 0800", 4, 5, 0, NULL},
    {"QinQ, priority tag inside", ETHERNET, FRAME_MACS "88a8 0064 8100 0000 0800", 4, 0x640000, 0,
     NULL},
    {"three tags: the innermost two", ETHERNET, FRAME_MACS "8100 0001 8100 0002 8100 0003 0800", 4,
     0x20003, 0, NULL},
    {"802.3, SNAP", ETHERNET, FRAME_MACS "0035 aaaa03 000000 0800", 4, 0, 0, NULL},
    {"802.3, SNAP of 802.1H", ETHERNET, FRAME_MACS "0049 aaaa03 0000f8 86dd", 6, 0, 0, NULL},
    {"802.3, SNAP, tagged", ETHERNET, FRAME_MACS "8100 0005 0035 aaaa03 000000 0800", 4, 5, 0,
     NULL},
    {"802.3, SNAP, tag inside", ETHERNET, FRAME_MACS "0039 aaaa03 000000 8100 0005 0800", 4, 5, 0,
     NULL},
    {"MPLS", ETHERNET, FRAME_MACS "8847" LAST_LABEL, 4, 0, 0, NULL},
    {"MPLS, three labels", ETHERNET, FRAME_MACS "8847" LABEL LABEL LAST_LABEL, 6, 0, 0, NULL},
    {"MPLS, upstream labels, tagged", ETHERNET, FRAME_MACS "8100 0005 8848" LABEL LAST_LABEL, 4, 5,
     0, NULL},
    {"pseudowire, control word", ETHERNET,
     FRAME_MACS "8847" LABEL LAST_LABEL CONTROL FRAME_MACS "0800", 4, 0, 0, "not_ip"},
    {"pseudowire, no control word, address begins with 0", ETHERNET,
     FRAME_MACS "8847" LAST_LABEL FRAME_MACS "86dd", 6, 0, 0, "not_ip"},
    {"pseudowire, no control word", ETHERNET,
     FRAME_MACS "8847" LAST_LABEL "8a0000000001 8a0000000002 0800", 4, 0, 0, "not_ip"},
    {"pseudowire, SNAP", ETHERNET,
     FRAME_MACS "8847" LAST_LABEL CONTROL FRAME_MACS "0035 aaaa03 000000 0800", 4, 0, 0, "not_ip"},
    {"pseudowire, tagged twice", ETHERNET,
     FRAME_MACS "8100 0007 8847" LAST_LABEL CONTROL FRAME_MACS "8100 0005 0800", 4, 0x70005, 0,
     "not_ip"},
    {"PPPoE", ETHERNET, FRAME_MACS "8864 1100 0001 002f 0021", 4, 0, 0, NULL},
    {"PPPoE, short protocol", ETHERNET, FRAME_MACS "8864 1100 0001 002e 21", 4, 0, 0, NULL},
    {"PPPoE in QinQ", ETHERNET, FRAME_MACS "88a8 0064 8100 0005 8864 1100 0001 0043 0057", 6,
     0x640005, 0, NULL},
    {"PPPoE, MPLS", ETHERNET, FRAME_MACS "8864 1100 0001 0033 0281" LAST_LABEL, 4, 0, 0, NULL},
    {"PPP", 9, "ff03 0021", 4, 0, 0, NULL},
    {"PPP, IPv6", 9, "ff03 0057", 6, 0, 0, NULL},
    {"PPP, short address", 9, "0021", 4, 0, 0, NULL},
    {"PPP, short protocol", 9, "ff03 57", 6, 0, 0, NULL},
    {"PPP, both short", 9, "21", 4, 0, 0, NULL},
    {"PPP, MPLS", 9, "ff03 0283" LAST_LABEL, 4, 0, 0, NULL},
    {"HDLC, PPP", 50, "ff03 0021", 4, 0, 0, NULL},
    {"HDLC, Cisco", 50, "0f00 0800", 4, 0, 0, NULL},
    {"HDLC, Cisco, broadcast", 50, "8f00 86dd", 6, 0, 0, NULL},
    {"PPPoE without Ethernet", 51, "1100 0001 002f 0021", 4, 0, 0, NULL},
    {"Cisco HDLC", 104, "0f00 0800", 4, 0, 0, NULL},
    {"Cisco HDLC, MPLS", 104, "0f00 8847" LAST_LABEL, 6, 0, 0, NULL},
    {"SLL", 113, SLL "0800", 4, 0, 0, NULL},
    {"SLL, IPv6", 113, SLL "86dd", 6, 0, 0, NULL},
    {"SLL, tagged", 113, SLL "8100 0005 0800", 4, 5, 0, NULL},
    {"SLL, SNAP", 113, SLL "0004 aaaa03 000000 0800", 4, 0, 0, NULL},
    {"SLL2", 276, SLL2("0800"), 4, 0, 0, NULL},
    {"SLL2, IPv6", 276, SLL2("86dd"), 6, 0, 0, NULL},
    {"SLL2, QinQ", 276, SLL2("88a8") "0064 8100 0005 0800", 4, 0x640005, 0, NULL},
    {"NULL, little-endian", 0, "02000000", 4, 0, 0, NULL},
    {"NULL, big-endian", 0, "00000002", 4, 0, 0, NULL},
    {"NULL, IPv6 of Linux", 0, "0a000000", 6, 0, 0, NULL},
    {"NULL, IPv6 of OpenBSD", 0, "18000000", 6, 0, 0, NULL},
    {"NULL, IPv6 of FreeBSD", 0, "0000001c", 6, 0, 0, NULL},
    {"NULL, IPv6 of macOS", 0, "1e000000", 6, 0, 0, NULL},
    {"LOOP", 108, "00000002", 4, 0, 0, NULL},
    {"LOOP, IPv6", 108, "00000018", 6, 0, 0, NULL},
    {"LOOP, as OpenBSD numbers it", 12, "00000018", 6, 0, 0, NULL},
    {"RAW, 12", 12, "", 4, 0, 0, NULL},
    {"RAW, 14", 14, "", 6, 0, 0, NULL},
    {"RAW, 101", 101, "", 4, 0, 0, NULL},
    {"RAW, 101, IPv6", 101, "", 6, 0, 0, NULL},
    {"IPv4", 228, "", 4, 0, 0, NULL},
    {"IPv6", 229, "", 6, 0, 0, NULL},
    {"backbone bridges (802.1ah)", ETHERNET,
     FRAME_MACS "88a8 0064 88e7 00001234 " FRAME_MACS "0800", 4, 0x64, 0, NULL},
    {"VN-tag", ETHERNET, FRAME_MACS "8926 80010002 0800", 4, 0, 0, NULL},
    {"E-tag (802.1BR)", ETHERNET, FRAME_MACS "893f 000100020000 8100 0005 86dd", 6, 5, 0, NULL},
    {"Cisco metadata", ETHERNET, FRAME_MACS "8909 0101 0001 0064 0800", 4, 0, 0, NULL},
    {"MPLS without Ethernet", 219, LABEL LAST_LABEL, 4, 0, 0, NULL},
    {"PPP, direction before it", 204, "01 ff03 0021", 4, 0, 0, NULL},
    {"Cisco HDLC, direction before it", 205, "00 0f00 86dd", 6, 0, 0, NULL},
    {"Frame Relay", 107, "1841 03 cc", 4, 0, 0, NULL},
    {"Frame Relay, IPv6, long address", 107, "18406201 03 8e", 6, 0, 0, NULL},
    {"Frame Relay, pad and SNAP", 107, "1841 03 00 80 000000 0800", 4, 0, 0, NULL},
    {"Frame Relay, Cisco", 107, "1841 0800", 4, 0, 0, NULL},
    {"Token Ring", 6, "1040 020000000002 020000000001 aaaa03 000000 0800", 4, 0, 0, NULL},
    {"Token Ring, route", 6, "1040 020000000002 820000000001 0630 0011 0020 aaaa03 000000 86dd", 6,
     0, 0, NULL},
    {"FDDI", 10, "50 020000000002 020000000001 aaaa03 000000 0800", 4, 0, 0, NULL},
    {"ATM, RFC 1483", 100, "aaaa03 000000 0800", 4, 0, 0, NULL},
    {"ATM, as BSD numbers it", 11, "aaaa03 000000 86dd", 6, 0, 0, NULL},
    {"IP over Fibre Channel", 122, "1000000000000002 1000000000000001 aaaa03 000000 0800", 4, 0, 0,
     NULL},
    {.name = NULL}};

/* ──── in the air, and from capture systems ──── */

#define QOS_TO_AP(flags) "88" flags " 0000 020000000003 020000000001 020000000002 0010 "
#define DATA_TO_AP       "0801 0000 020000000003 020000000001 020000000002 0010 "
#define SNAP4            "aaaa03 000000 0800"
#define SNAP6            "aaaa03 000000 86dd"
#define RADIOTAP_PLAIN   "00 00 0800 00000000 "

const situation situations_wireless[] = {
    {"802.11 to the access point", WIFI, DATA_TO_AP SNAP4, 4, 0, 0, NULL},
    {"802.11 from it, IPv6", WIFI, "0802 0000 020000000001 020000000003 020000000002 0010 " SNAP6,
     6, 0, 0, NULL},
    {"802.11, direct", WIFI, "0800 0000 020000000001 020000000002 020000000003 0010 " SNAP4, 4, 0,
     0, NULL},
    {"802.11, four addresses", WIFI,
     "0803 0000 020000000003 020000000004 020000000001 0010 020000000002 " SNAP4, 4, 0, 0, NULL},
    {"802.11, QoS", WIFI, QOS_TO_AP("01") "0000 " SNAP4, 4, 0, 0, NULL},
    {"802.11, QoS, retry", WIFI, QOS_TO_AP("09") "0500 " SNAP6, 6, 0, 0, NULL},
    {"802.11, QoS, HT control", WIFI, QOS_TO_AP("81") "0000 00000000 " SNAP4, 4, 0, 0, NULL},
    {"802.11, QoS, HT control, four addresses", WIFI,
     "8883 0000 020000000003 020000000004 020000000001 0010 020000000002 0000 00000000 " SNAP4, 4,
     0, 0, NULL},
    {"802.11, VLAN", WIFI, DATA_TO_AP "aaaa03 000000 8100 0005 0800", 4, 5, 0, NULL},
    {"802.11, data and acknowledgement", WIFI,
     "1801 0000 020000000003 020000000001 020000000002 0010 " SNAP4, 4, 0, 0, NULL},
    {"802.11, decrypted", WIFI, QOS_TO_AP("41") "0000 " SNAP4, 4, 0, 0, "encrypted"},
    {"802.11, decrypted, the cipher's header kept", WIFI,
     QOS_TO_AP("41") "0000 0100002000000000 " SNAP4, 4, 0, 0, "encrypted"},
    {"802.11, aggregate of one", WIFI,
     QOS_TO_AP("01") "8000 020000000002 020000000001 len(0) " SNAP4, 4, 0, 0, NULL},
    {"802.11, aggregate, decrypted", WIFI,
     QOS_TO_AP("41") "8000 020000000002 020000000001 len(0) " SNAP4, 4, 0, 0, "encrypted"},
    {"radiotap", RADIOTAP, RADIOTAP_PLAIN DATA_TO_AP SNAP4, 4, 0, 0, NULL},
    {"radiotap, flags", RADIOTAP, "00 00 0900 02000000 00 " DATA_TO_AP SNAP4, 4, 0, 0, NULL},
    {"radiotap, time before flags", RADIOTAP,
     "00 00 1900 03000080 00000000 00000000 0011223344556677 20 " QOS_TO_AP("01") "0000 0000" SNAP4,
     4, 0, 0, NULL},
    {"radiotap, header padded", RADIOTAP,
     "00 00 0900 02000000 20 " QOS_TO_AP("01") "0000 0000 " SNAP4, 4, 0, 0, NULL},
    {"radiotap, header padded, nothing to pad", RADIOTAP,
     "00 00 0900 02000000 20 " DATA_TO_AP SNAP6, 6, 0, 0, NULL},
    {"Prism", PRISM, "44000000 10000000 0102030405060708 " DATA_TO_AP SNAP4, 4, 0, 0, NULL},
    {"Prism of a big-endian machine", PRISM, "00000044 00000010 0102030405060708 " DATA_TO_AP SNAP4,
     4, 0, 0, NULL},
    {"AVS as Prism", PRISM, "80211001 0000000c 01020304 " DATA_TO_AP SNAP4, 4, 0, 0, NULL},
    {"AVS", AVS, "80211002 0000000c 01020304 " DATA_TO_AP SNAP6, 6, 0, 0, NULL},
    {"PPI, 802.11", PPI, "00 00 0800 69000000 " DATA_TO_AP SNAP4, 4, 0, 0, NULL},
    {"PPI, 802.11, fields", PPI,
     "00 00 2700 69000000 0100 0300 010203 0200 1400 0011223344556677 0000 0000 00000000 "
     "00000000 " DATA_TO_AP SNAP4,
     4, 0, 0, NULL},
    {"PPI, Ethernet", PPI, "00 00 0c00 01000000 03000000 " FRAME_MACS "86dd", 6, 0, 0, NULL},
    {"PPI in PPI", PPI, "00 00 0800 c0000000 00 00 0800 65000000 ", 4, 0, 0, NULL},
    {"NFLOG", 239, "02 00 0001 0800 0100 0800 0300 0600 0a00 00780000 lel(2) 0900 ", 4, 0, 0,
     "not_ip"},
    {"NFLOG, IPv6", 239, "0a 00 0001 lel(2) 0900 ", 6, 0, 0, "not_ip"},
    {"NFLOG of a big-endian machine", 239, "02 00 0001 0008 0001 0800 0003 len(2) 0009 ", 4, 0, 0,
     "not_ip"},
    {"PKTAP", 258, "10000000 01000000 01000000 656e3000 " FRAME_MACS "0800", 4, 0, 0, NULL},
    {"PKTAP, raw", 258, "0c000000 01000000 0c000000 ", 6, 0, 0, NULL},
    {"PFLOG", 117, "07 02 00 00 65 6d 30 00 ", 4, 0, 0, NULL},
    {"PFLOG, IPv6 of OpenBSD", 117, "08 18 00 00 65 6d 30 00 ", 6, 0, 0, NULL},
    {"enc", 109, "02000000 00001000 00000000 ", 4, 0, 0, NULL},
    {"enc, IPv6, big-endian", 109, "00000018 00001000 00000000 ", 6, 0, 0, NULL},
    {.name = NULL}};

/* ──── in tunnels ──── */

#define ETH4                 FRAME_MACS "0800 "
#define ETH6                 FRAME_MACS "86dd "
#define IN_UDP(p)            ETH4 "ip4(17) udp(" p ") "
#define FROM_UDP(hex)        ETH4 "ip4(17) " hex " c000 len(6) 0000 "
#define NUMBER(kind, number) ((WEIR_TUNNEL_##kind + UINT32_C(1)) << 24 ^ UINT32_C(number))

const situation situations_tunnels[] = {
    {"IPv4 in IPv4", ETHERNET, ETH4 "ip4(4) ", 4, 0, 0, NULL},
    {"IPv4 in IPv6", ETHERNET, ETH6 "ip6(4) ", 4, 0, 0, NULL},
    {"IPv6 in IPv4", ETHERNET, ETH4 "ip4(41) ", 6, 0, 0, NULL},
    {"IPv6 in IPv6", ETHERNET, ETH6 "ip6(41) ", 6, 0, 0, NULL},
    {"IPv6 in IPv6 behind options", ETHERNET, ETH6 "ip6(60) 2900 010400000000 ", 6, 0, 0, NULL},
    {"IPv6 in IPv6, segment routing", ETHERNET,
     ETH6 "ip6(43) 2902 0400 00000000 fd000000000000000000000000000009 ", 6, 0, 0, NULL},
    {"IPv4 in IPv4, raw", RAW, "ip4(4) ", 4, 0, 0, NULL},
    {"EtherIP", ETHERNET, ETH4 "ip4(97) 3000 " ETH4, 4, 0, 0, NULL},
    {"MPLS in IPv4", ETHERNET, ETH4 "ip4(137) " LABEL LAST_LABEL, 6, 0, 0, NULL},
    {"MPLS in UDP", ETHERNET, IN_UDP("6635") LAST_LABEL, 4, 0, 0, NULL},

    {"GRE", ETHERNET, ETH4 "ip4(47) 0000 0800 ", 4, 0, 0, NULL},
    {"GRE, IPv6 in IPv6", ETHERNET, ETH6 "ip6(47) 0000 86dd ", 6, 0, 0, NULL},
    {"GRE, checksum", ETHERNET, ETH4 "ip4(47) 8000 0800 12340000 ", 4, 0, 0, NULL},
    {"GRE, key", ETHERNET, ETH4 "ip4(47) 2000 0800 00000007 ", 4, 0, NUMBER(GRE, 7), NULL},
    {"GRE, key 0 is a key", ETHERNET, ETH4 "ip4(47) 2000 0800 00000000 ", 4, 0, NUMBER(GRE, 0),
     NULL},
    {"GRE, a large key", ETHERNET, ETH4 "ip4(47) 2000 0800 fedcba98 ", 4, 0,
     NUMBER(GRE, 0xfedcba98), NULL},
    {"GRE, a key that would be none", ETHERNET, ETH4 "ip4(47) 2000 0800 07000000 ", 4, 0,
     NUMBER(GRE, 0), NULL},
    {"GRE, all fields", ETHERNET, ETH4 "ip4(47) b000 0800 12340000 00000007 00000001 ", 4, 0,
     NUMBER(GRE, 7), NULL},
    {"GRE, sequence", ETHERNET, ETH4 "ip4(47) 1000 86dd 00000001 ", 6, 0, 0, NULL},
    {"GRE, Ethernet", ETHERNET, ETH4 "ip4(47) 0000 6558 " ETH4, 4, 0, 0, NULL},
    {"NVGRE", ETHERNET, ETH4 "ip4(47) 2000 6558 00123400 " ETH4, 4, 0, NUMBER(GRE, 0x123400), NULL},
    {"GRE, tagged Ethernet", ETHERNET, ETH4 "ip4(47) 0000 6558 " FRAME_MACS "8100 0005 0800", 4, 5,
     0, NULL},
    {"GRE, MPLS", ETHERNET, ETH4 "ip4(47) 0000 8847 " LABEL LAST_LABEL, 4, 0, 0, NULL},
    {"GRE, PPP", ETHERNET, ETH4 "ip4(47) 0000 880b ff03 0021 ", 4, 0, 0, NULL},
    {"GRE, WCCP", ETHERNET, ETH4 "ip4(47) 0000 883e ", 4, 0, 0, NULL},
    {"GRE, WCCP version 2", ETHERNET, ETH4 "ip4(47) 0000 883e 00000001 ", 4, 0, 0, NULL},
    {"GRE in UDP", ETHERNET, IN_UDP("4754") "2000 0800 00000007 ", 4, 0, NUMBER(GRE, 7), "not_tcp"},
    {"ERSPAN type I", ETHERNET, ETH4 "ip4(47) 0000 88be " ETH4, 4, 0, 0, NULL},
    {"ERSPAN type II", ETHERNET, ETH4 "ip4(47) 1000 88be 00000001 1005 0064 00000001 " ETH4, 4, 0,
     NUMBER(ERSPAN, 0x64), NULL},
    {"ERSPAN type II, upper bits are no session", ETHERNET,
     ETH4 "ip4(47) 1000 88be 00000001 1005 ffff 00000001 " FRAME_MACS "8100 0005 86dd", 6, 5,
     NUMBER(ERSPAN, 0x3ff), NULL},
    {"ERSPAN type III", ETHERNET,
     ETH4 "ip4(47) 1000 22eb 00000001 2005 0064 00000000 0000 0000 " ETH4, 4, 0,
     NUMBER(ERSPAN, 0x64), NULL},
    {"ERSPAN type III, platform", ETHERNET,
     ETH4 "ip4(47) 1000 22eb 00000001 2005 0064 00000000 0000 0001 0011223344556677 " ETH6, 6, 0,
     NUMBER(ERSPAN, 0x64), NULL},
    {"ERSPAN type III, IP", ETHERNET,
     ETH4 "ip4(47) 1000 22eb 00000001 2005 0064 00000000 0000 0800 ", 6, 0, NUMBER(ERSPAN, 0x64),
     NULL},
    {"PPTP", ETHERNET, ETH4 "ip4(47) 3001 880b len(-6) 0007 00000001 ff03 0021 ", 4, 0, 0,
     "not_tcp"},
    {"PPTP, acknowledgement", ETHERNET,
     ETH4 "ip4(47) 3081 880b len(-10) 0007 00000001 00000002 21 ", 4, 0, 0, "not_tcp"},

    {"VXLAN", ETHERNET, IN_UDP("4789") "08000000 00000700 " ETH4, 4, 0, NUMBER(VXLAN, 7),
     "not_tcp"},
    {"VXLAN, old port", ETHERNET, IN_UDP("8472") "08000000 12345600 " ETH6, 6, 0,
     NUMBER(VXLAN, 0x123456), "not_tcp"},
    {"VXLAN, group policy", ETHERNET, IN_UDP("4789") "88080123 00000700 " ETH4, 4, 0,
     NUMBER(VXLAN, 7), "not_tcp"},
    {"VXLAN, network 0 is a network", ETHERNET, IN_UDP("4789") "08000000 00000000 " ETH4, 4, 0,
     NUMBER(VXLAN, 0), "not_tcp"},
    {"VXLAN in IPv6, tagged outside and inside", ETHERNET,
     FRAME_MACS "8100 0007 86dd ip6(17) udp(4789) 08000000 00000700 " FRAME_MACS "8100 0005 0800",
     4, 0x70005, NUMBER(VXLAN, 7), "not_tcp"},
    {"VXLAN-GPE, IPv4", ETHERNET, IN_UDP("4790") "0c000001 00000700 ", 4, 0, NUMBER(VXLAN, 7),
     "not_tcp"},
    {"VXLAN-GPE, IPv6", ETHERNET, IN_UDP("4790") "0c000002 00000700 ", 6, 0, NUMBER(VXLAN, 7),
     "not_tcp"},
    {"VXLAN-GPE, Ethernet", ETHERNET, IN_UDP("4790") "0c000003 00000700 " ETH4, 4, 0,
     NUMBER(VXLAN, 7), "not_tcp"},
    {"VXLAN-GPE, MPLS", ETHERNET, IN_UDP("4790") "0c000005 00000700 " LAST_LABEL, 4, 0,
     NUMBER(VXLAN, 7), "not_tcp"},
    {"GENEVE", ETHERNET, IN_UDP("6081") "0000 6558 00000700 " ETH4, 4, 0, NUMBER(GENEVE, 7),
     "not_tcp"},
    {"GENEVE, IPv4", ETHERNET, IN_UDP("6081") "0000 0800 00000700 ", 4, 0, NUMBER(GENEVE, 7),
     "not_tcp"},
    {"GENEVE, options, critical", ETHERNET,
     IN_UDP("6081") "0340 86dd 00000700 0102 03 02 0011223344556677 ", 6, 0, NUMBER(GENEVE, 7),
     "not_tcp"},
    {"GTP-U", ETHERNET, IN_UDP("2152") "30ff len(-4) 00000007 ", 4, 0, 0, "not_tcp"},
    {"GTP-U, IPv6", ETHERNET, IN_UDP("2152") "30ff len(-4) 00000007 ", 6, 0, 0, "not_tcp"},
    {"GTP-U, sequence", ETHERNET, IN_UDP("2152") "32ff len(-4) 00000007 0001 00 00 ", 4, 0, 0,
     "not_tcp"},
    {"GTP-U, number, next that does not count", ETHERNET,
     IN_UDP("2152") "31ff len(-4) 00000007 0001 05 85 ", 4, 0, 0, "not_tcp"},
    {"GTP-U, extensions", ETHERNET,
     IN_UDP("2152") "34ff len(-4) 00000007 0000 00 85 01 0009 c0 02 0011223344 55 00 ", 4, 0, 0,
     "not_tcp"},
    {"Teredo", ETHERNET, IN_UDP("3544"), 6, 0, 0, "not_tcp"},
    {"Teredo, from its port", ETHERNET, FROM_UDP("0dd8"), 6, 0, 0, "not_tcp"},
    {"GTP-U, from its port", ETHERNET, FROM_UDP("0868") "30ff len(-4) 00000007 ", 4, 0, 0,
     "not_tcp"},
    {"L2TP, from its port", ETHERNET, FROM_UDP("06a5") "0002 0001 0002 21 ", 4, 0, 0, "not_tcp"},
    {"Teredo, origin", ETHERNET, IN_UDP("3544") "0000 fe12 01020304 ", 6, 0, 0, "not_tcp"},
    {"Teredo, authentication", ETHERNET, IN_UDP("3544") "0001 0000 0011223344556677 00 ", 6, 0, 0,
     "not_tcp"},
    {"Teredo, both", ETHERNET,
     IN_UDP("3544") "0001 0204 aabb 01020304 0011223344556677 01 0000 fe12 01020304 ", 6, 0, 0,
     "not_tcp"},
    {"L2TP", ETHERNET, IN_UDP("1701") "0002 0001 0002 ff03 0021 ", 4, 0, 0, "not_tcp"},
    {"L2TP, all fields", ETHERNET, IN_UDP("1701") "4b02 len(4) 0001 0002 0003 0004 0002 0000 0057 ",
     6, 0, 0, "not_tcp"},

    {"GENEVE in VXLAN", ETHERNET,
     IN_UDP("4789") "08000000 00000700 " IN_UDP("6081") "0000 0800 00000700 ", 4, 0,
     UINT32_C(0x368447d0), "not_tcp"},
    {"VXLAN in GENEVE", ETHERNET,
     IN_UDP("6081") "0000 6558 00000700 " IN_UDP("4789") "08000000 00000700 " ETH4, 4, 0,
     UINT32_C(0xe48445d0), "not_tcp"},
    {"VXLAN in GRE in IPv4 in IPv6", ETHERNET,
     ETH6 "ip6(4) ip4(47) 2000 6558 00000005 " IN_UDP("4789") "08000000 12345600 " ETH4, 4, 0,
     UINT32_C(0xe4072223), "not_tcp"},
    {"IPv4 four times in IPv4", ETHERNET, ETH4 "ip4(4) ip4(4) ip4(4) ip4(4) ", 4, 0, 0, NULL},
    {"IPv4 in VXLAN: the outer number stays", ETHERNET,
     IN_UDP("4789") "08000000 00000700 " ETH4 "ip4(4) ", 4, 0, NUMBER(VXLAN, 7), "not_tcp"},
    {"VXLAN on a radio link", RADIOTAP,
     RADIOTAP_PLAIN DATA_TO_AP SNAP4 " ip4(17) udp(4789) 08000000 00000700 " ETH4, 4, 0,
     NUMBER(VXLAN, 7), "not_tcp"},
    {.name = NULL}};

size_t situations_count(const situation *list)
{
    size_t count = 0;
    while (list[count].name != NULL)
        count++;
    return count;
}

const situation *situations_at(size_t i)
{
    static const situation *const lists[] = {situations_links, situations_wireless,
                                             situations_tunnels};
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        size_t count = situations_count(lists[k]);
        if (i < count) return &lists[k][i];
        i -= count;
    }
    return NULL;
}

static void end_with_tcp(int family, frame *f)
{
    if (family == 4) frame_ipv4(f, FRAME_TCP, "");
    if (family == 6) frame_ipv6(f, FRAME_TCP, "");
    frame_tcp(f, "", "hello", 5);
}

void situations_compose(const situation *s, frame *f)
{
    f->length = 0;
    frame_hex(f, s->headers);
    end_with_tcp(s->family, f);
}

void situations_nest(uint32_t depth, frame *f)
{
    f->length = 0;
    frame_hex(f, ETH4);
    while (depth-- > 0)
        frame_hex(f, "ip4(4) ");
    end_with_tcp(4, f);
}
