/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bin/cuxagent: the instance's agent helper, executed by ISCAgent with the connection as its
 * standard streams. Reports whether the instance's process table is there.
 */
#include <stdio.h>
#include <unistd.h>

#include "table.h"

int main(void)
{
	char root[ROOT_MAX];

	root_find(root);
	printf("AGENT %s\n", table_attach(root) ? "down" : "running");
	return 0;
}
