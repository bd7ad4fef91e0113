/* SPDX-License-Identifier: GPL-2.0-only */
#include "told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "work.h"

unsigned int events_told(const char *effect)
{
	FILE *file = fopen(in_work("log"), "r");
	static char line[16384];
	unsigned int told = 0;
	char wanted[32] = "";

	if (effect)
		snprintf(wanted, sizeof(wanted), "\"effect\":\"%s\"", effect);

	/* The same again within a second is told as a number. */
	while (file && fgets(line, sizeof(line), file)) {
		const char *count = strstr(line, "\"count\":");

		if (count && strstr(line, "\"operation\":\"tamper\"") &&
		    strstr(line, "\"reason\":\"protected\"") && strstr(line, wanted))
			told += (unsigned int)strtoul(count + strlen("\"count\":"), NULL, 10);
	}
	if (file)
		fclose(file);
	return told;
}
