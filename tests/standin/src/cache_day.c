/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ordinary day as the instance's own processes live it: all the traffic and all the programs of
 * the policy's allow rules, once. What comes from outside (clients, browser, mirror member,
 * terminal) is done by tests/standin/src/visits.c.
 */
#include "cache.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

static int day_gateway(const struct instance *instance)
{
	char reply[LINE_SIZE];
	int r = gateway_ask(instance, "PING", reply);

	return r ? r : strcmp(reply, "PONG") ? -EPROTO : 0;
}

static int day_ecp(const struct instance *instance)
{
	int descriptor;

	if (!instance->ecp_port)
		return 0;
	descriptor = ecp_connect(instance);
	if (descriptor < 0)
		return descriptor;
	close(descriptor);
	return 0;
}

static int day_callout(const struct instance *instance)
{
	char command[PATH_MAX + 64];
	int status;

	snprintf(command, sizeof(command), "%s/bin/cstat -s%s/mgr >/dev/null", instance->root,
		 instance->root);
	status = callout(command);
	return status < 0 ? status : status ? -ECHILD : 0;
}

static int day_script(const struct instance *instance)
{
	char script[PATH_MAX], mark[PATH_MAX];
	char *const arguments[] = { script, mark, NULL };

	root_path(script, instance->root, "bin/nightly.sh");
	root_path(mark, instance->root, "mgr/Temp/nightly.txt");
	return program_run(arguments);
}

static int day_job(const struct instance *instance)
{
	char path[PATH_MAX];
	pid_t pid;

	root_path(path, instance->root, "mgr/Temp/export.txt");
	unlink(path);
	pid = job_start(instance, "Export^NIGHTLY");
	return pid < 0 ? pid : file_await(path, pid, WAIT_MS);
}

static const struct {
	const char *name;
	int (*run)(const struct instance *instance);
} items[] = {
	{ "license-request", license_report },
	{ "license-query", license_query },
	{ "gateway", day_gateway },
	{ "ecp", day_ecp },
	{ "callout", day_callout },
	{ "script", day_script },
	{ "job", day_job },
};

void day_run(const struct instance *instance, int descriptor)
{
	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		char line[COMMAND_SIZE];
		int r = items[i].run(instance);

		snprintf(line, sizeof(line), "day %s: %s", items[i].name,
			 r ? strerrorname_np(-r) : "ok");
		send(descriptor, line, strlen(line), MSG_NOSIGNAL);
	}
}
