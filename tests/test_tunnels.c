/* SPDX-License-Identifier: MIT */
/*
 * Tunnels: every way into one, what is none, how deep they nest, what each switch does, and lengths
 * that lie. See support/situations.h for the ways.
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

static void each_tunnel_leads_to_the_segment(void **state)
{
    (void)state;
    lens_check_situations(situations_tunnels, situations_count(situations_tunnels));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_tunnel_leads_to_the_segment),
    };
    return cmocka_run_group_tests_name("tunnels", tests, NULL, NULL);
}
