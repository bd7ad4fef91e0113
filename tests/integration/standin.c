/* SPDX-License-Identifier: GPL-2.0-only */
#include "standin.h"

#include <stdio.h>
#include <stdlib.h>

#include "acts.h"
#include "tap.h"
#include "world.h"

#define PORTS "29700"

int standin_run(char **ret_output, const char *command, const char *argument)
{
	char program[PATH_MAX], root[PATH_MAX];

	snprintf(program, sizeof(program), "%s/instance", world.standin);
	snprintf(root, sizeof(root), "%s", world_path("standin"));
	return program_run((char *const[]){ (char *)"sh", program, (char *)command, root,
					    (char *)argument, NULL },
			   ret_output);
}

bool standin_do(const char *command)
{
	char *output = NULL;
	int status = standin_run(&output, command, NULL);

	if (status)
		tap_note("instance %s: exit status %d: %s", command, status, output);
	free(output);
	return status == 0;
}

bool standin_install(void)
{
	return world_command("sh %s/instance install %s --name " STANDIN_NAME " --ports-base " PORTS
			     " %s >/dev/null",
			     world.standin, world_path("standin"),
			     world.guest ? "--own-httpd" : "") == 0 &&
	       world_command("CACHESYS=%s %s policy generate --root %s --instance " STANDIN_NAME
			     " --output %s",
			     world_path("standin/agent"), world.program, world_path("standin"),
			     world_path("standin/made.yaml")) == 0;
}

bool standin_govern(const char *sed)
{
	return world_command("sed %s %s >%s", sed, world_path("standin/made.yaml"),
			     world_path("policy.d/standin.yaml")) == 0;
}
