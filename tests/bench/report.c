/* SPDX-License-Identifier: GPL-2.0-only */
/* What stands for many timings, and the lines of the report. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), ascending);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

double least_disturbed(double *timings, size_t count)
{
	qsort(timings, count, sizeof(*timings), ascending);
	return timings[count / 10];
}

void report_add(struct report *report, const struct result *result)
{
	bool ok = result->at_least ? result->value >= result->target
				   : result->value <= result->target;

	report->results++;
	printf("%-9s %-44s %10.2f %-5s", result->suite, result->name, result->value, result->unit);
	if (result->target > 0) {
		printf(" %s %8.2f  %-6s", result->at_least ? ">=" : "<=", result->target,
		       ok ? "ok" : "MISSED");
		report->missed += !ok;
	} else {
		printf(" %11s  %-6s", "", "");
	}
	printf("  %s\n", result->detail);
	fflush(stdout);
	if (!report->json)
		return;
	fprintf(report->json,
		"{\"suite\":\"%s\",\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"target\":%.3f,"
		"\"ok\":%s,\"detail\":\"%s\"}\n",
		result->suite, result->name, result->value, result->unit, result->target,
		result->target <= 0 || ok ? "true" : "false", result->detail);
	fflush(report->json);
}
