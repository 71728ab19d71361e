/* Nothing to call: it compiles, or a name of Mach has another number or place than the
 * double gives it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <mach/mach.h>
#include <stddef.h>
#include <stdint.h>

#define MACH_VALUE(name, number)                                                         \
    _Static_assert((uint32_t)(name) == UINT32_C(number), #name " has another value");
#define MACH_PLACE(type, member, offset)                                                 \
    _Static_assert(offsetof(type, member) == (offset), #type "." #member " is elsewhere");
#include "harness/tests/mach_double/values.def"
