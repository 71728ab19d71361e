/* Sorts hangs. Knows nothing of debuggers, clocks or processes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/hang.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/strbuf.h"

/* A thread that used this much CPU time between two samples 100 ms apart is not
 * waiting. */
#define RUNNER_CPU_NS UINT64_C(20000000)

static const struct mp_crash_thread *find_thread(const struct mp_crash *crash,
                                                 uint64_t tid) {
    for (size_t i = 0; i < crash->thread_count; i++)
        if (crash->thread[i].tid == tid)
            return &crash->thread[i];
    return NULL;
}

bool mp_hang_is_in_cycle(const struct mp_crash *sample, size_t thread) {
    const struct mp_crash_thread *start = &sample->thread[thread], *at = start;
    for (size_t n = 0; n < sample->thread_count && at != NULL && at->lock_owner != 0;
         n++) {
        at = find_thread(sample, at->lock_owner);
        if (at == start)
            return true;
    }
    return false;
}

/* A thread in a cycle of lock holders, or NULL. */
static const struct mp_crash_thread *find_circle(const struct mp_crash *crash) {
    for (size_t i = 0; i < crash->thread_count; i++)
        if (mp_hang_is_in_cycle(crash, i))
            return &crash->thread[i];
    return NULL;
}

static bool is_runner(const struct mp_crash_thread *first,
                      const struct mp_crash_thread *second) {
    bool was_running = first->run_state == 'R' && second->run_state == 'R';
    return was_running || second->cpu_ns - first->cpu_ns >= RUNNER_CPU_NS;
}

struct mp_hang_facts mp_hang_gather(const struct mp_crash *first,
                                    const struct mp_page_summary *first_page,
                                    const struct mp_crash *second,
                                    const struct mp_page_summary *second_page) {
    struct mp_hang_facts facts = {
        .has_progress = first_page->ops_started != second_page->ops_started ||
                        first_page->ops_done != second_page->ops_done ||
                        first_page->events != second_page->events,
        .has_lock_circle = find_circle(second) != NULL,
        .waits_for_device = second_page->threads_waiting > 0,
    };
    for (size_t i = 0; i < second->thread_count; i++) {
        const struct mp_crash_thread *now = &second->thread[i];
        const struct mp_crash_thread *before = find_thread(first, now->tid);
        facts.is_stopped |= now->run_state == 'T';
        facts.waits_for_lock |= now->is_at_lock;
        facts.has_runner |= before != NULL && is_runner(before, now);
    }
    return facts;
}

enum mp_hang_class mp_hang_classify(const struct mp_hang_facts *facts) {
    const bool is_allowed[MP_HANG_CLASS_COUNT] = {
        [MP_HANG_STOPPED] = facts->is_stopped,
        [MP_HANG_SLOW] = facts->has_progress,
        [MP_HANG_DEADLOCK] = facts->has_lock_circle,
        [MP_HANG_SPINNING] = facts->has_runner,
        [MP_HANG_DEVICE] = facts->waits_for_device,
        [MP_HANG_LOCKED] = facts->waits_for_lock,
        [MP_HANG_ASLEEP] = true,
    };
    unsigned class = 0;
    while (!is_allowed[class])
        class ++;
    return (enum mp_hang_class) class;
}

const char *mp_hang_name(enum mp_hang_class hang_class) {
    static const char *const names[MP_HANG_CLASS_COUNT] = {
        [MP_HANG_STOPPED] = "stopped",   [MP_HANG_SLOW] = "slow",
        [MP_HANG_DEADLOCK] = "deadlock", [MP_HANG_SPINNING] = "spinning",
        [MP_HANG_DEVICE] = "device",     [MP_HANG_LOCKED] = "locked",
        [MP_HANG_ASLEEP] = "asleep",
    };
    return (unsigned)hang_class < MP_HANG_CLASS_COUNT ? names[hang_class] : "unknown";
}

const char *mp_hang_words(enum mp_hang_class hang_class) {
    static const char *const words[MP_HANG_CLASS_COUNT] = {
        [MP_HANG_STOPPED] = "it was stopped from outside",
        [MP_HANG_SLOW] = "it was slow but still making progress",
        [MP_HANG_DEADLOCK] = "threads wait for each other's locks",
        [MP_HANG_SPINNING] = "a thread spins without progress",
        [MP_HANG_DEVICE] = "it waits for a command buffer that never completed",
        [MP_HANG_LOCKED] = "threads wait for a lock that is never released",
        [MP_HANG_ASLEEP] = "all of its threads sleep",
    };
    return (unsigned)hang_class < MP_HANG_CLASS_COUNT ? words[hang_class] : "unknown";
}

static void add_thread(struct mp_strbuf *text, const struct mp_crash_thread *thread) {
    mp_strbuf_add_escaped(text, thread->name, strlen(thread->name), 0);
    mp_strbuf_addf(text, " (%" PRIu64 ")", thread->tid);
}

void mp_hang_describe_cycle(const struct mp_crash *sample, char *buf, size_t size) {
    const struct mp_crash_thread *start = find_circle(sample);
    const struct mp_crash_thread *at = start;
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    while (at != NULL) {
        add_thread(&text, at);
        at = find_thread(sample, at->lock_owner);
        if (at == start)
            break;
        mp_strbuf_addstr(&text, " waits for ");
    }
    if (start != NULL) {
        mp_strbuf_addstr(&text, " waits for ");
        add_thread(&text, start);
    }
    snprintf(buf, size, "%s", text.text);
    mp_strbuf_release(&text);
}
