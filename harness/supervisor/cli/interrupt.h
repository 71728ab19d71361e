/* SIGINT, SIGTERM and SIGHUP of a running campaign: the first lets the running rounds
 * end, the second kills them, the third kills the program.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_INTERRUPT_H
#define MP_CLI_INTERRUPT_H

#include <signal.h>

#include "harness/supervisor/process/runner.h"

/* Catches them from now on, SIGHUP unless it was ignored, and wakes `runner` when one
 * arrives. */
void mp_interrupt_install(struct mp_runner *runner);
/* Restores the former actions; call before closing the runner. */
void mp_interrupt_remove(void);
/* How many have arrived. */
const volatile sig_atomic_t *mp_interrupt_count(void);
/* The first one that arrived, 0: none. */
int mp_interrupt_signal(void);

#endif
