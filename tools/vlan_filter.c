/* SPDX-License-Identifier: MIT */
#include "vlan_filter.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

static bool has_word(const char *text, const char *word)
{
    const size_t length = strlen(word);
    const char *at = text;
    while ((at = strstr(at, word))) {
        if ((at == text || !is_of_word(at[-1])) && !is_of_word(at[length])) return true;
        at += length;
    }
    return false;
}

const char *vlan_filter_obstacle(const char *expression)
{
    static const char *const words[] = {"vlan", "mpls", "pppoed", "pppoes", "geneve", "vxlan"};
    size_t i;
    for (i = 0; i < sizeof words / sizeof *words; i++)
        if (has_word(expression, words[i])) return words[i];
    return NULL;
}

/* Whether the 16 bits at this place of a frame are no tag's. */
#define NO_TAG(at)                                                                                 \
    "not (ether[" at ":2] = 0x8100 or ether[" at ":2] = 0x88a8 or ether[" at ":2] = 0x9100)"

char *vlan_filter_make(const char *expression)
{
    static const char form[] = "(" NO_TAG("12") " and (%s)) or (vlan and ((" NO_TAG(
        "16") " and (%s)) or (vlan and (%s))))";
    const size_t bytes = sizeof form + 3 * strlen(expression);
    char *made = malloc(bytes);
    if (made) (void)snprintf(made, bytes, form, expression, expression, expression);
    return made;
}
