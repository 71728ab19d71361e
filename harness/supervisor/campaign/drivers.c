/* One text for each cell: GPU and build of the driver. A driver without a build id is
 * known by its path; one that has an id is the same wherever it lies.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/drivers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/strbuf.h"

#define WORDS_MAX 512

struct mp_drivers {
    char **of_cell; /* NULL: not known */
    size_t cell_count;
    char words[WORDS_MAX];
};

struct mp_drivers *mp_drivers_make(size_t cell_count) {
    struct mp_drivers *drivers = mp_memory_zeroed(1, sizeof(*drivers));
    drivers->of_cell = mp_memory_zeroed(cell_count + 1, sizeof(*drivers->of_cell));
    drivers->cell_count = cell_count;
    return drivers;
}

void mp_drivers_release(struct mp_drivers *drivers) {
    if (drivers == NULL)
        return;
    for (size_t i = 0; i < drivers->cell_count; i++)
        free(drivers->of_cell[i]);
    free(drivers->of_cell);
    free(drivers);
}

void mp_drivers_recall(struct mp_drivers *drivers, size_t cell, const char *build) {
    free(drivers->of_cell[cell]);
    drivers->of_cell[cell] = build[0] != '\0' ? mp_memory_copy_text(build) : NULL;
}

bool mp_drivers_is_known(const struct mp_drivers *drivers, size_t cell) {
    return drivers->of_cell[cell] != NULL;
}

/* As the database writes it. */
static void write_build(const struct mp_driver *driver, struct mp_strbuf *buf) {
    const char *build = driver->id[0] != '\0' ? driver->id : driver->path;
    mp_strbuf_add_escaped(buf, driver->gpu, strlen(driver->gpu), 0);
    mp_strbuf_addstr(buf, ", ");
    mp_strbuf_add_escaped(buf, build, strlen(build), 0);
}

bool mp_drivers_see(struct mp_drivers *drivers, size_t cell,
                    const struct mp_driver *driver) {
    struct mp_strbuf build;
    if (driver->name[0] == '\0')
        return false;
    mp_strbuf_init(&build);
    write_build(driver, &build);
    const char *known = drivers->of_cell[cell];
    bool is_other = known != NULL && strcmp(known, build.text) != 0;
    if (known == NULL)
        mp_drivers_recall(drivers, cell, build.text);
    else if (is_other && drivers->words[0] == '\0')
        snprintf(drivers->words, sizeof(drivers->words),
                 "the driver was replaced during the campaign: its rounds ran on %.200s, "
                 "and it is %.200s now",
                 known, build.text);
    mp_strbuf_release(&build);
    return is_other;
}

const char *mp_drivers_words(const struct mp_drivers *drivers) {
    return drivers->words;
}
