/* Why an Apple system ended a process that did nothing wrong by itself: the codes of
 * its watchdogs in words. Sources: Apple's page "EXC_CRASH (SIGKILL)", its older
 * Technical Note TN2151, and Apple's answers on its forums (0xbada5e47).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_TERMINATION_H
#define MP_WIRE_TERMINATION_H

#include <stdbool.h>
#include <stdint.h>

struct mp_termination {
    uint32_t code;
    const char *name;  /* "watchdog" */
    const char *words; /* completes "ended because" */
    bool is_sample;    /* not the end of a process: its stacks were requested */
};

/* NULL if the code is none of them. Upper halves are ignored: some systems extend the
 * sign. */
const struct mp_termination *mp_termination_find(uint64_t code);

#endif
