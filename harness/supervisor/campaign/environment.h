/* Where the rounds run: system, processor, memory, and the driver as seen by a round.
 * Only reads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_ENVIRONMENT_H
#define MP_CAMPAIGN_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "results/store/store.h"

/* Fills in the machine, and the driver that a round opened; NULL: none is known yet. */
void mp_environment_read(struct mp_environment *env, const struct mp_driver *driver);

/* Processors that this process may use (taskset, cpusets), at least 1. */
long mp_environment_cores(void);
/* 1-minute load average, -1 if unknown. */
double mp_environment_load(void);

/* The folder of this program. False if unknown. */
bool mp_environment_program_folder(char *buf, size_t size);

/* The system-specific part: os, os_build, cpu, and its facts. */
void mp_environment_read_system(struct mp_environment *env);
/* The path of this program. Per system, for program_folder. */
bool mp_environment_program_path(char *buf, size_t size);
/* Adds one line to env->facts, if it fits. */
void mp_environment_add_fact(struct mp_environment *env, const char *fmt, ...)
    MP_PRINTF(2, 3);

#endif
