/* Fuzzes the readers of the page that a round wrote: its header, its sums, its recorder
 * and its table of modules.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "harness/wire/flight.h"
#include "harness/wire/modules.h"
#include "harness/wire/round_page.h"

#define SLOTS 2
/* Of the table of modules only the beginning is written to: all of it has one form, and
 * to clear it whole would take most of the time. */
#define TABLE_REACH 4096

static const char seed_spec[] = "mpstress-spec 1\n"
                                "device null:fault=abort,p=1,at=1,offset=1480\n"
                                "scenario mm\n"
                                "param threads 2\n"
                                "param iters 20\n"
                                "param n 48\n"
                                "param batch 1\n"
                                "param streams 32\n"
                                "param share thread\n"
                                "param sync on_queue\n"
                                "param q 0\n"
                                "arm none\n"
                                "seed 0x99769101d85dc6a8\n"
                                "timeout_ms 10000\n"
                                "recorder on\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is a list of stores into a page as the supervisor makes it, since a round may
 * have written any byte of it: three bytes of offset, one of length, the bytes. */
static void store_all(uint8_t *page, size_t page_size, const uint8_t *data, size_t size) {
    while (size > 4) {
        size_t offset = (size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2];
        size_t len = data[3];
        data += 4;
        size -= 4;
        len = len < size ? len : size;
        offset %= page_size;
        memcpy(page + offset, data, len < page_size - offset ? len : page_size - offset);
        data += len;
        size -= len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct mp_round_spec spec, read_back;
    struct mp_page_summary summary;
    struct mp_flight flight;
    struct mp_modules modules;
    struct mp_fix_claim claim;
    struct mp_error err;
    static struct mp_round_page *page; /* what lies behind its reach stays zero */
    size_t page_size = mp_round_page_size(SLOTS);
    size_t reach = page_size - MP_PAGE_MODULES_BYTES + TABLE_REACH;
    if (page == NULL) {
        page = aligned_alloc(64, page_size);
        if (page == NULL)
            abort();
        memset(page, 0, page_size);
    }
    memset(page, 0, reach);
    if (mp_round_spec_parse(seed_spec, sizeof(seed_spec) - 1, "seed", &spec, &err) !=
            MP_OK ||
        mp_round_page_format(page, page_size, SLOTS, &spec, &err) != MP_OK)
        abort();
    store_all((uint8_t *)page, reach, data, size);
    (void)mp_round_page_open(page, page_size, &read_back, &err);
    mp_round_page_summarise(page, page_size, &summary);
    mp_flight_read(page, page_size, &flight);
    if (flight.event_count > MP_FLIGHT_EVENTS_MAX || flight.thread_count > SLOTS)
        abort();
    mp_flight_release(&flight);
    mp_modules_read(page, page_size, &modules);
    if (modules.count > MP_PAGE_MODULES_MAX || modules.is_known != (modules.count > 0))
        abort();
    mp_modules_mark(&modules, summary.driver.path, "/lib/libfix.so",
                    "/lib/libc.so.6:libm.so.6");
    mp_modules_check(&modules, "/lib/libfix.so", "", &claim);
    mp_modules_release(&modules);
    return 0;
}
