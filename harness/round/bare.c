/* The checked layer over streams in PyTorch's style.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/bare.h"

#include "harness/round/call.h"

/* Records that the call returned `status`, and returns it. */
static enum mp_status leave(struct mp_worker *worker, enum mp_page_op op, unsigned index,
                            enum mp_status status) {
    mp_call_leave(worker, op, index, (uint64_t)status);
    return status;
}

enum mp_status mp_bare_encode(struct mp_worker *worker, const struct mp_bare_ops *ops,
                              struct mp_bare *bare, unsigned index,
                              const struct mp_op *op, struct mp_bare_pass *pass,
                              struct mp_error *err) {
    mp_recorder_count_op(worker);
    mp_call_enter(worker, MP_PAGE_OP_ENCODE, index, 0);
    return leave(worker, MP_PAGE_OP_ENCODE, index, ops->encode(bare, op, pass, err));
}

enum mp_status mp_bare_end(struct mp_worker *worker, const struct mp_bare_ops *ops,
                           struct mp_bare *bare, unsigned index,
                           struct mp_bare_pass *pass, struct mp_error *err) {
    mp_call_enter(worker, MP_PAGE_OP_END, index, 0);
    return leave(worker, MP_PAGE_OP_END, index, ops->end(bare, pass, err));
}

enum mp_status mp_bare_commit(struct mp_worker *worker, const struct mp_bare_ops *ops,
                              struct mp_bare *bare, unsigned index,
                              struct mp_bare_pass *pass, struct mp_error *err) {
    mp_call_enter(worker, MP_PAGE_OP_COMMIT, index, 0);
    return leave(worker, MP_PAGE_OP_COMMIT, index, ops->commit(bare, pass, err));
}

enum mp_status mp_bare_wait(struct mp_worker *worker, const struct mp_bare_ops *ops,
                            struct mp_bare *bare, unsigned index,
                            struct mp_bare_pass *pass, struct mp_error *err) {
    enum mp_status status;

    mp_call_enter(worker, MP_PAGE_OP_WAIT, index, 0);
    status = leave(worker, MP_PAGE_OP_WAIT, index, ops->wait(bare, pass, err));
    if (status == MP_DEVICE)
        atomic_fetch_add_explicit(&worker->page->buffers_failed, 1, memory_order_relaxed);
    return status;
}

enum mp_status mp_bare_flush(struct mp_worker *worker, const struct mp_bare_ops *ops,
                             struct mp_bare *bare, unsigned index) {
    mp_call_enter(worker, MP_PAGE_OP_COMMIT, index, 0);
    ops->flush(bare);
    return leave(worker, MP_PAGE_OP_COMMIT, index, MP_OK);
}

enum mp_status mp_bare_fetch(struct mp_worker *worker, const struct mp_bare_ops *ops,
                             struct mp_bare *bare, unsigned index,
                             struct mp_bare_pass *pass, struct mp_error *err) {
    mp_call_enter(worker, MP_PAGE_OP_ACTION, index, 0);
    return leave(worker, MP_PAGE_OP_ACTION, index, ops->fetch(bare, pass, err));
}
