/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CW_PROTECT_CROWD_H
#define CW_PROTECT_CROWD_H

#include <stdbool.h>

#include "acts.h"

struct crowd {
	unsigned int wanted, begun, passed, refused, other; /* tries */
	unsigned int killed; /* of those who tried */
};

/* Everyone of the crowd makes this act as many times. False where it could not be tried. */
bool crowd_try(const struct act *act, unsigned int times, struct crowd *ret);
/* Does the kernel preempt tasks within this backend's programs? LSM programs do not mind. */
bool crowd_passes_by(const char *backend);
/* Have the kernel say that it does, by a file of ours at this path. False where it has nothing to say. */
bool preemption_pretend(const char *path);
void preemption_pretend_no_more(void);
/* Has it what a last turn needs? */
bool kernel_casts(void);

#endif
