/* A round under the supervisor: the page comes through an inherited descriptor and holds
 * the spec.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_SUPERVISED_H
#define MP_ROUND_SUPERVISED_H

/* Runs the round of the page behind descriptor `page_fd` and returns the exit code: 0
 * once the result is complete, whatever it is; 2 if the spec is invalid (the page says
 * why); 6 if there is no valid page, no supervisor, or no go. */
int mp_supervised_run(int page_fd);

#endif
