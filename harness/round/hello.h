/* Says hello to the supervisor, so that it may look into this process should it hang.
 * macOS: sends the own task to the port that came with the spawn, if one did. Linux: the
 * supervisor needs nothing of the kind.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_HELLO_H
#define MP_ROUND_HELLO_H

/* Never fails aloud: without it a hang is only not looked into. */
void mp_hello_say(void);

#endif
