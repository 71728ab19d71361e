/* ptrace needs no consent.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/hello.h"

void mp_hello_say(void) {}
