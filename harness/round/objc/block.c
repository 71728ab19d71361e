/* See block.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/objc/block.h"

#define HAS_SIGNATURE (1 << 30)

struct mp_objc_block mp_objc_block_make(const struct mp_objc *objc, mp_objc_told *told,
                                        void *data) {
    static const struct mp_objc_block_descriptor descriptor = {
        .size = sizeof(struct mp_objc_block), .signature = "v16@?0@8"};
    return (struct mp_objc_block){.isa = objc->stack_block,
                                  .flags = HAS_SIGNATURE,
                                  .invoke = (mp_objc_function)told,
                                  .descriptor = &descriptor,
                                  .data = data};
}

struct mp_objc_block mp_objc_block_make_value(const struct mp_objc *objc,
                                              mp_objc_told_value *told, void *data) {
    static const struct mp_objc_block_descriptor descriptor = {
        .size = sizeof(struct mp_objc_block), .signature = "v24@?0@8Q16"};
    return (struct mp_objc_block){.isa = objc->stack_block,
                                  .flags = HAS_SIGNATURE,
                                  .invoke = (mp_objc_function)told,
                                  .descriptor = &descriptor,
                                  .data = data};
}
