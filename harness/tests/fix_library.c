/* A library that fixes nothing, in two builds that differ in one name: to be injected by
 * tests.
 *
 * SPDX-License-Identifier: Apache-2.0 */
int FIX_NAME(void);

__attribute__((visibility("default"))) int FIX_NAME(void) {
    return 1;
}
