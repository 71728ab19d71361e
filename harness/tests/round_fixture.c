/* Shared by the tests of the round's side.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/round_fixture.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/base/clock.h"

struct mp_round_page *fixture_page(const struct mp_round_spec *spec, uint32_t slots) {
    size_t size = mp_round_page_size(slots);
    struct mp_round_page *page;
    struct mp_round_spec none;
    struct mp_error err;
    void *memory;

    if (!spec) {
        mp_round_spec_init(&none);
        strcpy(none.scenario, "test");
        spec = &none;
    }
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        abort();
    page = memory;
    if (mp_round_page_format(page, size, slots, spec, &err) != MP_OK)
        abort();
    atomic_store(&page->go, 1);
    return page;
}

void fixture_page_free(struct mp_round_page *page) {
    munmap(page, page->size);
}

struct mp_worker fixture_worker(struct mp_round_page *page, unsigned index) {
    struct mp_worker worker = {
        .index = index,
        .seed = index,
        .page = page,
        .slot = &page->thread[index],
        .is_recording = true,
    };

    atomic_store(&worker.slot->state, 3);
    return worker;
}

bool fixture_wait_for(const _Atomic unsigned *flag, unsigned value, uint64_t limit_ns) {
    uint64_t deadline_ns = mp_clock_now_ns() + limit_ns;

    while (atomic_load(flag) < value) {
        if (mp_clock_now_ns() > deadline_ns)
            return false;
        sched_yield();
    }
    return true;
}
