/* SPDX-License-Identifier: MIT */
/*
 * VLAN filter: a tcpdump expression that looks behind VLAN tags too.
 *
 *      E   ──>   (no tag and (E)) or (vlan and ((no second tag and (E)) or (vlan and (E))))
 *
 * In libpcap's language `vlan` is a test that also moves where all that stands to the right of it
 * looks, by one tag, in brackets or out of them. So the untagged copy stands first, and each further
 * one inside the brackets of the one before: side by side, the third would look two tags on in
 * packets of which only the second tag was tested. That there is no tag is asked of the frame's
 * bytes, because `not vlan` would move what follows as well; and it must be asked, or `not port 80`
 * would be true of whatever has a tag.
 *
 * For Ethernet. In a live capture the kernel may have taken the tag off before it filters; then the
 * first copy sees what was behind it.
 */
#ifndef WEIR_TOOLS_VLAN_FILTER_H
#define WEIR_TOOLS_VLAN_FILTER_H

/* The word of `expression` that moves where libpcap looks, so that copies of it cannot follow one
 * another: vlan, mpls, pppoes … NULL: there is none. Static storage. */
const char *vlan_filter_obstacle(const char *expression);

/* The expression for packets with no, one or two tags. Free it. NULL without memory. */
char *vlan_filter_make(const char *expression);

#endif
