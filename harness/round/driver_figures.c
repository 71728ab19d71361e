/* Reads the driver's own counts. A device that has none counts 0 of everything.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/driver_figures.h"

#include "harness/base/array.h"
#include "harness/base/clock.h"

#define PATIENCE_NS (200 * MP_CLOCK_NS_PER_MS)
#define PAUSE_NS    (200 * MP_CLOCK_NS_PER_US)

/* Names of mp_device_ops.driver_count (on the model repro/model/count.def). */
static const struct {
    enum mp_figure figure;
    const char *count, *less[2]; /* less: what is subtracted; NULL: nothing */
    bool is_alive;               /* becomes 0 once the driver has freed everything */
} rows[] = {
    {MP_FIGURE_STALE_USES, "stale_uses", {NULL}, false},
    {MP_FIGURE_LOST, "lost", {NULL}, false},
    {MP_FIGURE_REFUSED, "dropped", {NULL}, false},
    {MP_FIGURE_OBJECTS_LIVE, "inits", {"deallocs", "held"}, true},
    {MP_FIGURE_CONTEXTS_LIVE, "contexts_live", {NULL}, true},
};

_Static_assert(MP_COUNT(rows) <= MP_DRIVER_FIGURES_MAX, "every row has a place");

static uint64_t read_count(struct mp_device *device, size_t i) {
    uint64_t count = device->ops->driver_count(device, rows[i].count);
    uint64_t less = 0;

    for (size_t k = 0; k < MP_COUNT(rows[i].less) && rows[i].less[k]; k++)
        less += device->ops->driver_count(device, rows[i].less[k]);
    return count > less ? count - less : 0;
}

/* How much more it is than before. */
static uint64_t read_more(const struct mp_driver_figures *figures,
                          struct mp_device *device, size_t i) {
    uint64_t now = read_count(device, i);

    return now > figures->before[i] ? now - figures->before[i] : 0;
}

static bool is_any_alive(const struct mp_driver_figures *figures,
                         struct mp_device *device) {
    for (size_t i = 0; i < MP_COUNT(rows); i++)
        if (rows[i].is_alive && read_more(figures, device, i) > 0)
            return true;
    return false;
}

void mp_driver_figures_begin(struct mp_driver_figures *figures, struct mp_device *device,
                             struct mp_worker *worker) {
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        figures->before[i] = read_count(device, i);
        figures->is_mirrored[i] =
            !rows[i].is_alive &&
            device->ops->driver_mirror(device, rows[i].count,
                                       &worker->page->figure[rows[i].figure]);
    }
}

void mp_driver_figures_end(const struct mp_driver_figures *figures,
                           struct mp_device *device, struct mp_worker *worker) {
    uint64_t deadline_ns = mp_clock_now_ns() + PATIENCE_NS;

    while (is_any_alive(figures, device) && mp_clock_now_ns() < deadline_ns)
        mp_clock_sleep_ns(PAUSE_NS);
    for (size_t i = 0; i < MP_COUNT(rows); i++)
        if (figures->is_mirrored[i])
            device->ops->driver_mirror(device, rows[i].count, NULL);
        else
            mp_recorder_count(worker, rows[i].figure, read_more(figures, device, i));
}
