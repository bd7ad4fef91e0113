/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/distrust.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int fact_distrust(struct file_fact *fact, enum file_trust trust, int error, const char *format, ...)
{
	va_list args;
	int length;

	if (fact->trust != FILE_TRUSTED)
		return 0;
	va_start(args, format);
	length = vasprintf(&fact->reason, format, args);
	va_end(args);
	if (length < 0)
		fact->reason = NULL;
	fact->trust = trust;
	fact->reason_error = error;
	return fact->reason ? 0 : -ENOMEM;
}
