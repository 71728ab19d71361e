/* A library that faults when it is called; tests spoil copies of its file.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

uint64_t hostile_read(uint64_t address);

__attribute__((visibility("default"))) uint64_t hostile_read(uint64_t address) {
    return *(volatile uint64_t *)address;
}
