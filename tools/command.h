/* SPDX-License-Identifier: MIT */
/*
 * The commands of `weir`. Each reads its own command line (argv[0] is its name) and returns an exit
 * code.
 */
#ifndef WEIR_TOOLS_COMMAND_H
#define WEIR_TOOLS_COMMAND_H

int command_run(int argc, char **argv);
int command_cat(int argc, char **argv);

#endif
