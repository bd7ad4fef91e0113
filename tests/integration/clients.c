/* SPDX-License-Identifier: GPL-2.0-only */
/* What is asked of the daemon by its own commands, status above all. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts.h"
#include "daemon.h"
#include "tap.h"
#include "world.h"

int client(char **ret_output, const char *command, ...)
{
	char *argv[32] = { (char *)world.program, (char *)command, (char *)"--runtime-dir",
			   strdup(world_path("run")) };
	size_t count = 4;
	va_list args;
	int status;

	va_start(args, command);
	while (count < 31 && (argv[count] = va_arg(args, char *)))
		count++;
	va_end(args);
	status = program_run(argv, ret_output);
	free(argv[3]);
	return status;
}

bool daemon_reload(void)
{
	char *output = NULL;
	int status = client(&output, "reload", NULL);

	if (status)
		tap_note("reload: exit status %d: %s", status, output);
	free(output);
	return status == 0;
}

void daemon_status(struct json *ret)
{
	char *output = NULL;
	int status = client(&output, "status", "-o", "json", NULL);

	if (status || !json_read(output, ret))
		tap_bail("status: exit status %d: %s; %s", status, output, daemon_ended());
	free(output);
}

static const char *instance_get(const struct json *status, const char *instance, const char *key)
{
	for (int i = 0;; i++) {
		const char *name = json_get(status, "instances.%d.name", i);

		if (!name)
			return NULL;
		if (strcmp(name, instance) == 0)
			return json_get(status, "instances.%d.%s", i, key);
	}
}

unsigned long long status_governed(const char *instance)
{
	struct json status;
	const char *text;
	unsigned long long count;

	daemon_status(&status);
	text = instance_get(&status, instance, "governed");
	count = text ? strtoull(text, NULL, 10) : ~0ull;
	json_release(&status);
	return count;
}

unsigned long long status_fault(const char *fault)
{
	unsigned long long count = 0;
	const char *name, *text;
	struct json status;

	daemon_status(&status);
	for (int i = 0; (name = json_get(&status, "faults.%d.fault", i)); i++) {
		text = json_get(&status, "faults.%d.count", i);
		if (strcmp(name, fault) == 0 && text)
			count = strtoull(text, NULL, 10);
	}
	json_release(&status);
	return count;
}

const char *status_mode(const char *instance)
{
	static char mode[16];
	struct json status;
	const char *text;

	daemon_status(&status);
	text = instance_get(&status, instance, "mode");
	snprintf(mode, sizeof(mode), "%s", text ? text : "none");
	json_release(&status);
	return mode;
}

unsigned long long status_generation(void)
{
	struct json status;
	unsigned long long generation;

	daemon_status(&status);
	generation = json_number(&status, 0, "generation");
	json_release(&status);
	return generation;
}

struct governed_context {
	const char *instance;
	unsigned long long count;
};

static bool governed_is(void *context)
{
	const struct governed_context *wanted = context;

	return status_governed(wanted->instance) == wanted->count;
}

bool status_await_governed(const char *instance, unsigned long long count)
{
	return wait_until(governed_is, &(struct governed_context){ instance, count });
}

static bool all_trusted(void *context)
{
	const char *besides = context, *path;
	struct json status;
	bool trusted = true;

	daemon_status(&status);
	for (int i = 0; (path = json_get(&status, "files.%d.path", i)); i++)
		trusted &= besides && strstr(path, besides);
	json_release(&status);
	return trusted;
}

bool status_await_trust(const char *besides)
{
	return wait_until(all_trusted, (void *)besides);
}

static bool clients_are(void *context)
{
	struct json status;
	bool there;

	daemon_status(&status);
	/* One that is connected and has not asked yet would miss what is done now. */
	there = json_number(&status, 0, "clients.count") == *(unsigned long long *)context &&
		json_number(&status, 0, "clients.subscribed") == *(unsigned long long *)context;
	json_release(&status);
	return there;
}

bool status_await_clients(unsigned long long count)
{
	return wait_until(clients_are, &count);
}

unsigned long long status_judged(const struct json *status, const char *operation,
				 const char *verdict)
{
	for (int i = 0;; i++) {
		const char *found = json_get(status, "counters.%d.operation", i);

		if (!found)
			return 0;
		if (strcmp(found, operation) == 0 &&
		    strcmp(json_get(status, "counters.%d.verdict", i), verdict) == 0)
			return json_number(status, 0, "counters.%d.judged", i);
	}
}
