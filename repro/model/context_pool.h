/* How encoders get a context of the pool, what destroyImpl returns to it, and how methods
 * access theirs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_CONTEXT_POOL_H
#define MP_MODEL_CONTEXT_POOL_H

#include <stdbool.h>

#include "repro/model/context.h"
#include "repro/model/settings.h"

void mp_context_pool_init(struct mp_context_pool *pool);
/* At most so many contexts are kept for reuse from now on. */
void mp_context_pool_set_limit(struct mp_context_pool *pool, unsigned limit);
void mp_context_pool_release(struct mp_context_pool *pool);

/* Gives `encoder` its own context, zeroed and filled in. In a sound driver the work's
 * lock is held. */
void mp_context_create(struct mp_encoder *encoder);
/* context_leak: whether there can be no more contexts. */
bool mp_context_is_exhausted(const struct mp_settings *settings);
/* destroyImpl: removes the context and stores NULL, in the configured order. In a
 * sound driver the work's lock is held. Does nothing without a context. */
void mp_context_destroy(struct mp_encoder *encoder);

/* Begins one use of the context. True: the caller reads *ret_context, which may be
 * NULL with the readers U, L and S (that is the defect), and ends the use. False: the
 * driver's own check refused the call, counted it as dropped and marked the buffer as
 * failed; do not end the use. */
bool mp_context_enter(struct mp_encoder *encoder, struct mp_context **ret_context);
void mp_context_leave(struct mp_encoder *encoder, struct mp_context *context);

#endif
