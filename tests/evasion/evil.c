/* SPDX-License-Identifier: GPL-2.0-only */
/* A library that says it was loaded. */
#include <stdlib.h>

__attribute__((constructor)) static void loaded(void)
{
	setenv("CW_PRELOADED", "1", 1);
}
