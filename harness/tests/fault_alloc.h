/* How alloc_sweep.c orders children of a program that fault_alloc.c has stopped where it
 * first opens a database: what came before costs a try nothing, and nothing is open yet.
 * The program writes the number of its last allocation, an unsigned long; then it reads
 * orders, forks for each, and writes the child's wait status, an int.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_FAULT_ALLOC_H
#define MP_TESTS_FAULT_ALLOC_H

/* Descriptors that the program inherits. */
#define MP_FAULT_ORDERS  198
#define MP_FAULT_REPLIES 199

struct mp_fault_order {
    unsigned long number; /* of the allocation that fails */
    int stays;            /* all after it fail as well */
};

#endif
