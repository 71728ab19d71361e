/* The figures of a round (figure.def): named counts of what its arm did, what the gate
 * met, what the stream pool did, and what the driver counts about itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_FIGURE_H
#define MP_WIRE_FIGURE_H

enum mp_figure {
#define MP_FIGURE(id, name, of, words) MP_FIGURE_##id,
#include "harness/wire/figure.def"
#undef MP_FIGURE
    MP_FIGURES
};

enum mp_figure_of {
    MP_FIGURE_OF_ARM,
    MP_FIGURE_OF_GATE,
    MP_FIGURE_OF_POOL,
    MP_FIGURE_OF_FIX,
    MP_FIGURE_OF_DRIVER,
    MP_FIGURE_OF_TIME
};

struct mp_figure_kind {
    const char *name;
    enum mp_figure_of of;
    const char *words;
};

const struct mp_figure_kind *mp_figure_kind(enum mp_figure figure);
/* The figure called `name`, MP_FIGURES if there is none. */
enum mp_figure mp_figure_find(const char *name);

#endif
