/* The signal handler and the state it may write. A signal handler takes no argument, so
 * the state is kept here and not in a struct of the caller.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/interrupt.h"

#include <errno.h>
#include <stddef.h>

static volatile sig_atomic_t interrupt_count;
static volatile sig_atomic_t first_signal;
static struct mp_runner *volatile woken_runner;
static struct sigaction former_int, former_term, former_hup;

static void handle(int signal_number) {
    int saved_errno = errno;
    if (interrupt_count == 0)
        first_signal = signal_number;
    interrupt_count = interrupt_count + 1;
    if (interrupt_count >= 2) {
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        signal(SIGHUP, former_hup.sa_handler == SIG_IGN ? SIG_IGN : SIG_DFL);
    }
    if (woken_runner != NULL)
        mp_runner_wake(woken_runner);
    errno = saved_errno;
}

void mp_interrupt_install(struct mp_runner *runner) {
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaddset(&action.sa_mask, SIGHUP);
    woken_runner = runner;
    sigaction(SIGINT, &action, &former_int);
    sigaction(SIGTERM, &action, &former_term);
    sigaction(SIGHUP, NULL, &former_hup);
    if (former_hup.sa_handler != SIG_IGN) /* as nohup leaves it */
        sigaction(SIGHUP, &action, NULL);
}

void mp_interrupt_remove(void) {
    sigaction(SIGINT, &former_int, NULL);
    sigaction(SIGTERM, &former_term, NULL);
    sigaction(SIGHUP, &former_hup, NULL);
    woken_runner = NULL;
}

const volatile sig_atomic_t *mp_interrupt_count(void) {
    return &interrupt_count;
}

int mp_interrupt_signal(void) {
    return first_signal;
}
