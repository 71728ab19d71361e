/* The code of the small defects. destroy_race is in context_pool.c, those of single calls
 * stand in the calls.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/defect.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "repro/model/count.h"
#include "repro/model/object.h"
#include "scenarios/kernels/reference.h"

/* Occasions per strike; -n: the n-th alone. Deterministic, so that tests need no luck. */
static const int every[MP_DEFECT_COUNT] = {
#define MP_DEFECT(id, name, every, plants, finder, basis) [MP_DEFECT_##id] = (every),
#include "repro/model/defect.def"
#undef MP_DEFECT
};

#define QUEUES_MAX       40
#define SLOWEST_US       1000000.0
#define FIRST_US         100.0
#define SLOWER_BY        1.1
#define PLAN_OFFSET      0x40
#define DEVIATION_FACTOR 9.0f

static _Atomic unsigned occasions[MP_DEFECT_COUNT];

bool mp_defect_strikes(const struct mp_settings *settings, enum mp_defect defect) {
    bool strikes = false;
    if (settings->defect[defect]) {
        unsigned number =
            atomic_fetch_add_explicit(&occasions[defect], 1, memory_order_relaxed) + 1;
        int n = every[defect];
        strikes = n < 0 ? number == (unsigned)-n : n > 0 && number % (unsigned)n == 0;
    }
    if (strikes)
        mp_count_raise(MP_COUNT_DEFECTS_FIRED);
    return strikes;
}

/* The slots that threads share: written and read without a lock, which is the defect. */
static struct mp_kernel_contiguous strides;
static const char *last_normaliser; /* the thread that encoded the newest layer norm */
static bool is_deviation_wrong;

/* Its address tells threads apart. */
static _Thread_local char self;

static bool is_staged(const struct mp_settings *settings,
                      const struct mp_kernel_reference *kernel, enum mp_defect defect,
                      const char *name) {
    return settings->defect[defect] && !strcmp(kernel->name, name);
}

void mp_defect_stage(const struct mp_settings *settings,
                     const struct mp_kernel_reference *kernel, const void *constants) {
    if (is_staged(settings, kernel, MP_DEFECT_CONTIGUOUS_RACE, "mp_contiguous"))
        memcpy(&strides, constants, sizeof(strides));
    if (is_staged(settings, kernel, MP_DEFECT_LAYERNORM_RACE, "mp_layernorm")) {
        is_deviation_wrong |= last_normaliser && last_normaliser != &self;
        last_normaliser = &self;
    }
}

void mp_defect_unstage(const struct mp_settings *settings,
                       const struct mp_kernel_reference *kernel, void *constants) {
    if (is_staged(settings, kernel, MP_DEFECT_CONTIGUOUS_RACE, "mp_contiguous")) {
        if (memcmp(constants, &strides, sizeof(strides)) != 0)
            mp_count_raise(MP_COUNT_DEFECTS_FIRED);
        memcpy(constants, &strides, sizeof(strides));
    }
    if (is_staged(settings, kernel, MP_DEFECT_LAYERNORM_RACE, "mp_layernorm") &&
        is_deviation_wrong) {
        ((struct mp_kernel_layernorm *)constants)->eps += DEVIATION_FACTOR;
        is_deviation_wrong = false;
        mp_count_raise(MP_COUNT_DEFECTS_FIRED);
    }
}

/* The kernel object's plans: the threads that own them. Two threads that begin at once
 * get one each, since there is room for both. */
static const char *plan_owner[2];
static atomic_uint plans_made;

MP_METHOD(void, read_plan,
          "-[MPSNDArrayMatrixMultiplication "
          "encodeToCommandEncoder:commandBuffer:sourceArrays:destinationArray:]",
          const volatile char *plan) {
    (void)plan[PLAN_OFFSET];
}

void mp_defect_use_shared(const struct mp_settings *settings,
                          const struct mp_kernel_reference *kernel) {
    static const char plan[PLAN_OFFSET + 1];
    static _Thread_local bool has_plan;
    if (!is_staged(settings, kernel, MP_DEFECT_NOGRAPH_SHARED, "mp_linear"))
        return;
    bool is_there = plan_owner[0] == &self || plan_owner[1] == &self;
    if (!is_there && !has_plan) {
        plan_owner[atomic_fetch_add(&plans_made, 1) % 2] = &self;
        is_there = has_plan = true;
    }
    if (!is_there)
        mp_count_raise(MP_COUNT_DEFECTS_FIRED);
    read_plan(is_there ? plan : NULL);
}

MP_METHOD(void, submit_slowly, "-[IOGPUMetalCommandQueue submitCommandBuffers:count:]",
          double us) {
    struct timespec pause = {.tv_sec = (time_t)(us / 1e6)};
    pause.tv_nsec = (long)(us * 1e3) % 1000000000L;
    nanosleep(&pause, NULL);
}

void mp_defect_slow_down(const struct mp_settings *settings) {
    if (!settings->defect[MP_DEFECT_SLOW_DEGRADATION])
        return;
    unsigned commits = atomic_fetch_add(&occasions[MP_DEFECT_SLOW_DEGRADATION], 1);
    double us = FIRST_US;
    for (unsigned i = 0; i < commits && us < SLOWEST_US; i++)
        us *= SLOWER_BY;
    mp_count_raise(MP_COUNT_DEFECTS_FIRED);
    submit_slowly(us < SLOWEST_US ? us : SLOWEST_US);
}

bool mp_defect_refuses_queue(const struct mp_settings *settings) {
    bool refuses =
        settings->defect[MP_DEFECT_QUEUE_EXHAUSTION] &&
        atomic_fetch_add(&occasions[MP_DEFECT_QUEUE_EXHAUSTION], 1) >= QUEUES_MAX;
    if (refuses)
        mp_count_raise(MP_COUNT_DEFECTS_FIRED);
    return refuses;
}

/* The first word of an object is its class, which is read too. */
void mp_defect_retain_freed(void) {
    const volatile char *volatile class = (const volatile char *)MP_OBJECT_GARBAGE;
    (void)*class;
}

void mp_defect_trap(void) {
#if defined(__x86_64__) || defined(__i386__)
    __asm__ volatile("int3");
#elif defined(__aarch64__)
    __asm__ volatile("brk #1");
#else
    __builtin_trap();
#endif
}

MP_METHOD(void, wait_for_notice, "-[IOGPUMetalCommandBuffer waitForNotification]",
          const struct mp_settings *settings) {
    while (settings->defect[MP_DEFECT_STUCK_BUFFER])
        pause();
}

void mp_defect_lose_notice(const struct mp_settings *settings) {
    if (mp_defect_strikes(settings, MP_DEFECT_STUCK_BUFFER))
        wait_for_notice(settings);
}
