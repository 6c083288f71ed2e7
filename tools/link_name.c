/* SPDX-License-Identifier: MIT */
#include "link_name.h"

#include <stddef.h>

/* What people capture from; the full register has more than 250. */
static const struct {
    int number;
    const char *name;
} names[] = {
    {0, "NULL"},
    {1, "ETHERNET"},
    {3, "AX25"},
    {6, "IEEE802_5"},
    {7, "ARCNET_BSD"},
    {8, "SLIP"},
    {9, "PPP"},
    {10, "FDDI"},
    {50, "PPP_HDLC"},
    {51, "PPP_ETHER"},
    {100, "ATM_RFC1483"},
    {101, "RAW"},
    {104, "C_HDLC"},
    {105, "IEEE802_11"},
    {107, "FRELAY"},
    {108, "LOOP"},
    {113, "LINUX_SLL"},
    {114, "LTALK"},
    {117, "PFLOG"},
    {119, "IEEE802_11_PRISM"},
    {122, "IP_OVER_FC"},
    {123, "SUNATM"},
    {127, "IEEE802_11_RADIOTAP"},
    {129, "ARCNET_LINUX"},
    {138, "APPLE_IP_OVER_IEEE1394"},
    {143, "DOCSIS"},
    {144, "LINUX_IRDA"},
    {163, "IEEE802_11_AVS"},
    {187, "BLUETOOTH_HCI_H4"},
    {189, "USB_LINUX"},
    {192, "PPI"},
    {195, "IEEE802_15_4_WITHFCS"},
    {197, "ERF"},
    {201, "BLUETOOTH_HCI_H4_WITH_PHDR"},
    {220, "USB_LINUX_MMAPPED"},
    {224, "FC_2"},
    {226, "IPNET"},
    {227, "CAN_SOCKETCAN"},
    {228, "IPV4"},
    {229, "IPV6"},
    {230, "IEEE802_15_4_NOFCS"},
    {231, "DBUS"},
    {239, "NFLOG"},
    {240, "NETANALYZER"},
    {247, "INFINIBAND"},
    {249, "USBPCAP"},
    {251, "BLUETOOTH_LE_LL"},
    {253, "NETLINK"},
    {254, "BLUETOOTH_LINUX_MONITOR"},
    {256, "BLUETOOTH_LE_LL_WITH_PHDR"},
    {258, "PKTAP"},
    {266, "USB_DARWIN"},
    {271, "VSOCK"},
    {272, "NORDIC_BLE"},
    {276, "LINUX_SLL2"},
    {283, "IEEE802_15_4_TAP"},
    {290, "ETW"},
};

const char *link_name(int link_type)
{
    size_t i;
    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == link_type) return names[i].name;
    return "unknown";
}

int link_dlt(int link_type)
{
    if (link_type == 100) return 11; /* DLT_ATM_RFC1483 */
    if (link_type == 101) return 12; /* DLT_RAW */
    return link_type;
}
