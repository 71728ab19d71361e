/* The table of figures.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/figure.h"

#include <string.h>

static const struct mp_figure_kind kinds[MP_FIGURES] = {
#define MP_FIGURE(id, name, of, words) {name, MP_FIGURE_OF_##of, words},
#include "harness/wire/figure.def"
#undef MP_FIGURE
};

const struct mp_figure_kind *mp_figure_kind(enum mp_figure figure) {
    return &kinds[figure];
}

enum mp_figure mp_figure_find(const char *name) {
    int i = 0;
    while (i < MP_FIGURES && strcmp(kinds[i].name, name) != 0)
        i++;
    return (enum mp_figure)i;
}
