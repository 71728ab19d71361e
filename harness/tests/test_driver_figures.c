/* What a driver counts about itself comes into the page once, as it happens where the
 * driver can, and of a round that ends where it cannot.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/round/driver_figures.h"
#include "harness/tests/round_fixture.h"

static const char *const names[] = {"stale_uses", "lost", "dropped"};
static const enum mp_figure figures[] = {MP_FIGURE_STALE_USES, MP_FIGURE_LOST,
                                         MP_FIGURE_REFUSED};

/* A driver with three counters, of which it mirrors those that it is told to. */
struct driver {
    struct mp_device base;
    uint64_t count[MP_COUNT(names)];
    _Atomic uint64_t *word[MP_COUNT(names)];
    bool mirrors;
};

static size_t index_of(const char *name) {
    size_t i = 0;

    while (i < MP_COUNT(names) && strcmp(names[i], name) != 0)
        i++;
    return i;
}

static uint64_t count_of(struct mp_device *device, const char *name) {
    const struct driver *driver = (struct driver *)device;
    const size_t i = index_of(name);

    return i < MP_COUNT(names) ? driver->count[i] : 0;
}

static bool mirror(struct mp_device *device, const char *name, _Atomic uint64_t *word) {
    struct driver *driver = (struct driver *)device;
    const size_t i = index_of(name);

    if (!driver->mirrors || i == MP_COUNT(names))
        return false;
    driver->word[i] = word;
    return true;
}

static void happen(struct driver *driver, size_t i) {
    driver->count[i]++;
    if (driver->word[i])
        atomic_fetch_add(driver->word[i], 1);
}

static void check_figures(bool mirrors) {
    const struct mp_device_ops ops = {.driver_count = count_of, .driver_mirror = mirror};
    struct driver driver = {.base = {.ops = &ops}, .mirrors = mirrors};
    struct mp_round_page *page = fixture_page(NULL, 1);
    struct mp_worker worker = fixture_worker(page, 0);
    struct mp_driver_figures before;

    for (unsigned round = 1; round <= 2; round++) {
        happen(&driver, 0); /* of nobody's round */
        mp_driver_figures_begin(&before, &driver.base, &worker);
        for (size_t i = 0; i < MP_COUNT(names); i++)
            for (size_t k = 0; k <= i; k++)
                happen(&driver, i);
        for (size_t i = 0; i < MP_COUNT(names); i++)
            assert_int_equal(atomic_load(&page->figure[figures[i]]),
                             (round - 1) * (i + 1) + (mirrors ? i + 1 : 0));
        mp_driver_figures_end(&before, &driver.base, &worker);
        for (size_t i = 0; i < MP_COUNT(names); i++)
            assert_int_equal(atomic_load(&page->figure[figures[i]]), round * (i + 1));
    }
    happen(&driver, 1);
    assert_int_equal(atomic_load(&page->figure[MP_FIGURE_LOST]), 4);
    fixture_page_free(page);
}

static void driver_that_writes_into_the_page_is_read_as_it_counts(void **state) {
    (void)state;
    check_figures(true);
}

static void driver_that_does_not_is_read_at_the_end(void **state) {
    (void)state;
    check_figures(false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(driver_that_writes_into_the_page_is_read_as_it_counts),
        cmocka_unit_test(driver_that_does_not_is_read_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
