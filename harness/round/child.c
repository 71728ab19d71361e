/* SIGCHLD says how a child died before anyone can wait for it. A signal handler takes no
 * argument, so the page is kept here. It stores one word and nothing else.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/child.h"

#include <signal.h>
#include <stddef.h>

#include "harness/wire/crash.h"

static struct mp_round_page *_Atomic watched_page;
static struct sigaction former;

static void handle(int signal_number, siginfo_t *info, void *context) {
    struct mp_round_page *page =
        atomic_load_explicit(&watched_page, memory_order_relaxed);
    bool is_killed = info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED;

    (void)signal_number;
    (void)context;
    if (page && is_killed && mp_crash_is_crash_signal(info->si_status))
        atomic_store_explicit(&page->child_crashed, 1, memory_order_relaxed);
}

void mp_child_watch(struct mp_round_page *page) {
    struct sigaction action = {.sa_sigaction = handle,
                               .sa_flags = SA_SIGINFO | SA_RESTART | SA_NOCLDSTOP};

    sigemptyset(&action.sa_mask);
    atomic_store_explicit(&watched_page, page, memory_order_relaxed);
    sigaction(SIGCHLD, &action, &former);
}

void mp_child_unwatch(void) {
    sigaction(SIGCHLD, &former, NULL);
    atomic_store_explicit(&watched_page, NULL, memory_order_relaxed);
}
