/* SPDX-License-Identifier: MIT */
/*
 * Build facts: what this program was built from, and how. Written by the Makefile, so that they are of the program that
 * runs and not of the folder it runs in.
 */
#ifndef WEIR_BENCH_BUILD_FACTS_H
#define WEIR_BENCH_BUILD_FACTS_H

typedef struct build_facts {
    const char *commit;   /* "0123456789ab", with "-dirty" if files had changed; or "unknown" */
    const char *compiler; /* "gcc 12.2.0" */
    const char *flags;    /* of the library, without warnings */
    const char *type;     /* "release" or "debug" */
} build_facts;

extern const build_facts build_facts_own;

#endif
