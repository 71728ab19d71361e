/* An arm that gathers, on a device that lets the test hold a thread inside a call.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/tests/stream_fixture.h"

static enum mp_status hand_in(struct mp_worker *worker, struct mp_stream_pool *pool,
                              struct mp_error *err) {
    enum mp_status status = encode(worker, pool, err);

    return status == MP_OK ? mp_stream_synchronize(worker, pool, err) : status;
}

/* A thread without ops of its own ends and commits on every stream, also on the one that
 * a group is being encoded on. */
static void group_is_whole_while_another_synchronizes_all_streams(void **state) {
    static const enum call held[] = {IN_ENCODE, IN_END, IN_COMMIT, IN_WAIT};

    (void)state;
    for (size_t i = 0; i < MP_COUNT(held); i++) {
        struct mp_stream_policy policy = policy_of(find_arm("batch=1"), MP_SHARE_THREAD);
        struct scene scene;

        policy.arm_number = 1;
        policy.streams = 3;
        open_scene(&scene, &policy);
        assert_false(
            meets(&scene, held[i], IN_END, false, hand_in, mp_stream_synchronize_all));
        assert_int_equal(atomic_load(&scene.fake.entered[IN_ENCODE]), 1);
        assert_int_equal(atomic_load(&scene.fake.entered[IN_COMMIT]), 4);
        close_scene(&scene);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(group_is_whole_while_another_synchronizes_all_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
