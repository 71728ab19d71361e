/* What of macOS's <pthread/qos.h> the round uses, as no effect.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_MACOS_PTHREAD_QOS_H
#define MP_TESTS_MACOS_PTHREAD_QOS_H

#define QOS_CLASS_BACKGROUND 0x09

static inline int pthread_set_qos_class_self_np(unsigned quality, int priority) {
    (void)quality;
    return priority;
}

#endif
