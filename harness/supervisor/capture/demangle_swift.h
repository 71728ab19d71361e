/* Swift's symbols, as far as a name needs: the path of the declaration, its labels, what
 * kind of function it is. Types are not read. Pure; any text is safe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_DEMANGLE_SWIFT_H
#define MP_CAPTURE_DEMANGLE_SWIFT_H

#include <stdbool.h>
#include <stddef.h>

/* "$s9workbench6CanvasC4draw2inySo6CGRectV_tF", without underscores in front, as
 * "workbench.Canvas.draw(in:)", in the words of Apple's reports: "closure #1 in ...",
 * "thunk for ...". Grammar: Mangling.rst of the Swift compiler. False if it is none. */
bool mp_demangle_swift(const char *symbol, char *buf, size_t size);

#endif
