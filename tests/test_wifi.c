/* SPDX-License-Identifier: MIT */
/*
 * 802.11 and what capture systems put before packets: every way to a packet, and what is none.
 * See support/situations.h for the ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/frame.h"
#include "support/lens.h"
#include "support/situations.h"

static void each_radio_and_capture_header_leads_to_the_segment(void **state)
{
    (void)state;
    lens_check_situations(situations_wireless, situations_count(situations_wireless));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_radio_and_capture_header_leads_to_the_segment),
    };
    return cmocka_run_group_tests_name("wifi", tests, NULL, NULL);
}
