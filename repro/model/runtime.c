/* Selectors of this library, and how an assertion ends the process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/runtime.h"

#include <stdio.h>
#include <stdlib.h>

struct mp_selectors mp_selector;

void mp_selectors_register(void) {
    const struct {
        SEL *selector;
        const char *name;
    } rows[] = {
        {&mp_selector.alloc, "alloc"},
        {&mp_selector.init, "init"},
        {&mp_selector.dealloc, "dealloc"},
        {&mp_selector.retain, "retain"},
        {&mp_selector.release, "release"},
        {&mp_selector.autorelease, "autorelease"},
        {&mp_selector.drain, "drain"},
        {&mp_selector.string_with_utf8, "stringWithUTF8String:"},
        {&mp_selector.utf8, "UTF8String"},
        {&mp_selector.array_with_objects, "arrayWithObjects:count:"},
        {&mp_selector.dictionary_with_objects, "dictionaryWithObjects:forKeys:count:"},
        {&mp_selector.object_for_key, "objectForKey:"},
        {&mp_selector.is_equal, "isEqual:"},
        {&mp_selector.error_with_domain, "errorWithDomain:code:userInfo:"},
        {&mp_selector.compute_encoder, "computeCommandEncoder"},
        {&mp_selector.set_pipeline, "setComputePipelineState:"},
        {&mp_selector.set_buffer, "setBuffer:offset:atIndex:"},
        {&mp_selector.set_bytes, "setBytes:length:atIndex:"},
        {&mp_selector.dispatch_threads, "dispatchThreads:threadsPerThreadgroup:"},
        {&mp_selector.end_encoding, "endEncoding"},
        {&mp_selector.device, "device"},
        {&mp_selector.count, "count"},
        {&mp_selector.object_at, "objectAtIndex:"},
        {&mp_selector.number_value, "unsignedIntegerValue"},
        {&mp_selector.compute_encoder_with_type,
         "computeCommandEncoderWithDispatchType:"},
        {&mp_selector.deferred_end_encoding, "deferredEndEncoding"},
        {&mp_selector.validate, "validate"},
        {&mp_selector.commit_encoder, "commitEncoder"},
        {&mp_selector.destroy_impl, "destroyImpl"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        *rows[i].selector = sel_registerName(rows[i].name);
}

void mp_assertion_fail(const char *method, const char *text) {
    fprintf(stderr, "%s: failed assertion `%s'\n", method, text);
    abort();
}
