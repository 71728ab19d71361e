/* See place.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/place.h"

enum mp_status mp_place_encode(struct mp_worker *worker, struct mp_place place,
                               const struct mp_op *op, struct mp_bare_pass *pass,
                               struct mp_error *err) {
    if (place.bare)
        return mp_bare_encode(worker, place.device->ops->bare, place.bare, place.index,
                              op, pass, err);
    return mp_device_encode(worker, place.device, place.stream, place.index, op, err);
}

enum mp_status mp_place_end(struct mp_worker *worker, struct mp_place place,
                            struct mp_bare_pass *pass, struct mp_error *err) {
    if (place.bare)
        return mp_bare_end(worker, place.device->ops->bare, place.bare, place.index, pass,
                           err);
    return mp_device_end(worker, place.device, place.stream, place.index, err);
}

enum mp_status mp_place_commit(struct mp_worker *worker, struct mp_place place,
                               struct mp_bare_pass *pass, struct mp_error *err) {
    if (place.bare)
        return mp_bare_commit(worker, place.device->ops->bare, place.bare, place.index,
                              pass, err);
    return mp_device_commit(worker, place.device, place.stream, place.index, err);
}

enum mp_status mp_place_wait(struct mp_worker *worker, struct mp_place place,
                             struct mp_bare_pass *pass, uint64_t deadline_ns,
                             struct mp_error *err) {
    if (place.bare)
        return mp_bare_wait(worker, place.device->ops->bare, place.bare, place.index,
                            pass, err);
    return mp_device_wait(worker, place.device, place.stream, place.index, deadline_ns,
                          err);
}

enum mp_status mp_place_flush(struct mp_worker *worker, struct mp_place place,
                              struct mp_bare_pass *pass, struct mp_error *err) {
    struct mp_bare_pass unwatched = {.at = NULL};
    enum mp_status status = mp_place_end(worker, place, &unwatched, err);

    if (status == MP_OK)
        status = mp_bare_flush(worker, place.device->ops->bare, place.bare, place.index);
    mp_bare_reach(pass, MP_BARE_CONTINUED);
    return status;
}
