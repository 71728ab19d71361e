/* Handlers that note a signal and let it do what it would have done: the disposition goes
 * back to the default first. What the processor raised is raised once more by the same
 * instruction, with the same registers. A handler takes no argument, so the page is kept
 * here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/sender.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "harness/round/process.h"

static struct mp_round_page *_Atomic noting_page;
static _Atomic pid_t noting_pid; /* a child of fork has the handlers, too */

static bool does_recur(int signal_number, const siginfo_t *info) {
    bool is_fault = signal_number == SIGSEGV || signal_number == SIGBUS ||
                    signal_number == SIGFPE || signal_number == SIGILL;
    return is_fault && info->si_code > 0 && info->si_code != SI_USER;
}

static bool is_sent(const siginfo_t *info) {
    bool is_by_call = info->si_code == SI_USER || info->si_code == SI_QUEUE;
#ifdef SI_TKILL
    is_by_call |= info->si_code == SI_TKILL;
#endif
    return is_by_call;
}

static void handle(int signal_number, siginfo_t *info, void *context) {
    struct mp_round_page *page = atomic_load_explicit(&noting_page, memory_order_relaxed);
    pid_t own = atomic_load_explicit(&noting_pid, memory_order_relaxed);
    struct sigaction usual = {.sa_handler = SIG_DFL};
    int former = errno;

    (void)context;
    if (page && own == getpid())
        mp_round_page_note_sender(page, signal_number, is_sent(info), info->si_pid);
    sigemptyset(&usual.sa_mask);
    sigaction(signal_number, &usual, NULL);
    if (!does_recur(signal_number, info))
        raise(signal_number); /* delivered when this handler returns */
    errno = former;
}

void mp_sender_watch(struct mp_round_page *page) {
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};

    sigfillset(&action.sa_mask);
    atomic_store_explicit(&noting_pid, getpid(), memory_order_relaxed);
    atomic_store_explicit(&noting_page, page, memory_order_relaxed);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction former;
        if (mp_process_may_note(number) && sigaction(number, NULL, &former) == 0 &&
            !(former.sa_flags & SA_SIGINFO) && former.sa_handler == SIG_DFL)
            (void)sigaction(number, &action, NULL); /* the C library keeps some */
    }
}
