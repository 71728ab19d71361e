/* Room for the program where the limit of its stack leaves little (ulimit -s 256):
 * libraries that read debug information need more.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_BIG_STACK_H
#define MP_CLI_BIG_STACK_H

/* Calls `run` and returns its result: in a thread with a stack of its own if the limit is
 * below what is needed, and signals then go to that thread. Children keep the limit. */
int mp_big_stack_run(int (*run)(int argc, char **argv), int argc, char **argv);

#endif
