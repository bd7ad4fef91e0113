/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said against a file: the first reason stands. */
#ifndef CW_HOST_DISTRUST_H
#define CW_HOST_DISTRUST_H

#include "policy/facts.h"

/* error: positive errno behind it, or 0; then a sentence for people. 0 or -ENOMEM. */
int fact_distrust(struct file_fact *fact, enum file_trust trust, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
