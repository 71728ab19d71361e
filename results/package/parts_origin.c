/* What the figures must not be taken for: on what ground the crash was seen.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "results/package/parts.h"
#include "results/report/line.h"

static const char *name_ground(enum mp_dossier_ground ground) {
    switch (ground) {
    case MP_GROUND_MODEL:
        return "the software model of mpstress, a stand-in for the driver with the "
               "defect switched on";
    case MP_GROUND_SOFTWARE:
        return "a driver that runs on the CPU";
    case MP_GROUND_TEST_BED:
        return "the test bed of mpstress, which has no driver";
    case MP_GROUND_OTHER:
        break;
    }
    return NULL;
}

static bool is_of_it(const struct mp_dossier_cell *cell) {
    return cell->is_hit || cell->hits > 0;
}

/* Whether a row before named the device. */
static bool is_named(const struct mp_dossier *dossier, size_t index) {
    bool is_named = strcmp(dossier->cell[index].device, dossier->show.round.device) == 0;
    for (size_t i = 0; i < index; i++)
        is_named |= is_of_it(&dossier->cell[i]) &&
                    strcmp(dossier->cell[i].device, dossier->cell[index].device) == 0;
    return is_named;
}

/* It came on several grounds: which part of the page is of which. */
static void add_mixed(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    const char *device = dossier->show.round.device;
    const char *ground = name_ground(mp_dossier_ground_of(device));
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "This %s came on devices of different kinds. ",
                   mp_writing_noun(writing));
    if (ground != NULL)
        mp_strbuf_addf(&line,
                       "The stacks, the calls and all rows without another device are of "
                       "%s (%s). ",
                       ground, device);
    for (size_t i = 0; i < dossier->cell_count; i++) {
        const struct mp_dossier_cell *cell = &dossier->cell[i];
        ground = name_ground(mp_dossier_ground_of(cell->device));
        if (is_of_it(cell) && ground != NULL && !is_named(dossier, i))
            mp_strbuf_addf(&line, "Rows on %s are of %s. ", cell->device, ground);
    }
    mp_strbuf_addstr(&line,
                     "Nothing of them was seen on the driver of a GPU, and nothing "
                     "of them is a finding about one.");
    mp_letter_add(writing->letter, MP_LETTER_WARNING, "%s", line.text);
    mp_strbuf_release(&line);
}

void mp_part_origin(const struct mp_writing *writing) {
    const char *device = writing->dossier->show.round.device;
    if (mp_dossier_is_mixed(writing->dossier)) {
        add_mixed(writing);
        return;
    }
    switch (mp_dossier_ground_of(device)) {
    case MP_GROUND_MODEL:
        mp_letter_add(
            writing->letter, MP_LETTER_WARNING,
            "Every round in which this %s came ran on %s (%s). Nothing here was "
            "seen on Apple's driver, and nothing here is a finding about it.",
            mp_writing_noun(writing), name_ground(MP_GROUND_MODEL), device);
        return;
    case MP_GROUND_SOFTWARE:
        mp_letter_add(writing->letter, MP_LETTER_WARNING, "%s", MP_SOFTWARE_NOTE);
        return;
    case MP_GROUND_TEST_BED:
        mp_letter_add(
            writing->letter, MP_LETTER_WARNING,
            "This %s was planted in the test bed of mpstress (%s), which has no "
            "driver: nothing here is a finding about one.",
            mp_writing_noun(writing), device);
        return;
    case MP_GROUND_OTHER:
        return;
    }
}
