/* SPDX-License-Identifier: GPL-2.0-only */
/* The answers to `status` and `policy show`: what is in force, gathered from where it is. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "event/show.h"
#include "event/status.h"
#include "policy/words.h"
#include "util/cleanup.h"

struct report {
	struct status_instance instances[CW_INSTANCES_MAX];
	struct status_counter counters[CW_COUNTERS];
	struct status_fault faults[CW_FAULT_MAX];
	char detail[512];
	char falls_back[32];
};

static uint64_t report_memory(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/statm", "re");
	unsigned long size, resident;

	if (!file || fscanf(file, "%lu %lu", &size, &resident) != 2)
		return 0;
	return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static uint64_t report_guards(const struct policy *policy)
{
	return policy->guard.bind.port_count + policy->guard.connect.port_count +
	       policy->guard.exec.executable_count;
}

static void report_instances(struct daemon *daemon, const unsigned int governed[CW_INSTANCES_MAX],
			     struct report *report, struct status_report *status)
{
	const struct governing *governing = &daemon->governing;

	for (size_t i = 0; i < governing->set.count; i++) {
		const struct policy *policy = governing->set.policies[i];
		struct status_instance *instance = &report->instances[status->instance_count];

		if (governing_is_vacant(policy))
			continue;
		*instance = (struct status_instance){
			.name = policy->instance.value,
			.mode = policy_set_file_mode(&governing->set, i),
			.policy_mode = policy->mode,
			.generation = governing->generation,
			.governed = governed[i + 1],
			.guards = report_guards(policy),
			.file = policy->file,
		};
		for (int class = 0; class < CW_RULE_CLASSES; class ++)
			instance->rules[class] = policy->classes[class].count;
		status->governed += governed[i + 1];
		status->instance_count++;
	}
	status->instances = report->instances;
}

static int report_counters(struct daemon *daemon, struct report *report,
			   struct status_report *status)
{
	struct cw_counter counters[CW_COUNTERS];
	int r = kern_counters(daemon->kern, counters);

	if (r)
		return r;
	for (size_t i = 0; i < CW_COUNTERS; i++)
		report->counters[i] = (struct status_counter){
			.operation = i / CW_VERDICT_MAX,
			.verdict = i % CW_VERDICT_MAX,
			.judged = counters[i].judged,
			.recorded = counters[i].recorded,
			.unwanted = counters[i].unwanted,
			.suppressed = counters[i].suppressed,
			.lost = counters[i].lost,
		};
	status->counters = report->counters;
	status->counter_count = CW_COUNTERS;
	return 0;
}

static int report_faults(struct daemon *daemon, struct report *report, struct status_report *status)
{
	uint64_t faults[CW_FAULT_MAX];
	int r = kern_faults(daemon->kern, faults);

	if (r)
		return r;
	for (size_t i = 0; i < CW_FAULT_MAX; i++)
		if (faults[i])
			report->faults[status->fault_count++] =
				(struct status_fault){ .fault = i, .count = faults[i] };
	status->faults = report->faults;
	return 0;
}

static void report_selftest(const struct daemon *daemon, struct report *report,
			    struct status_report *status)
{
	size_t used = 0;

	status->self_test_passed = daemon->selftest_error == 0 && !daemon->damage_told;
	if (daemon->damage_told)
		used = (size_t)snprintf(report->detail, sizeof(report->detail), "%.*s",
					(int)strcspn(daemon->damage.data, "\n"),
					daemon->damage.data);
	for (size_t i = 0; i < CW_OPERATION_MAX && used < sizeof(report->detail); i++)
		if (!daemon->selftest.tried[i])
			used += (size_t)snprintf(report->detail + used,
						 sizeof(report->detail) - used,
						 "%s%s could not be tried", used ? ", " : "",
						 vocabulary_word(&words_operation, i));
	status->self_test_detail = used ? report->detail : NULL;
}

/* The kernel counts from the start of the host, people by the clock on the wall. */
static void report_fall_back(const struct daemon *daemon, struct report *report,
			     struct status_report *status)
{
	time_t when;
	struct tm broken;

	if (!daemon->fall_back_at)
		return;
	when = time(NULL) + ((int64_t)daemon->fall_back_at - (int64_t)modes_now()) / 1000000000;
	if (gmtime_r(&when, &broken) &&
	    strftime(report->falls_back, sizeof(report->falls_back), "%Y-%m-%dT%H:%M:%SZ", &broken))
		status->falls_back = report->falls_back;
}

static int report_facts(const struct daemon *daemon, struct status_report *status)
{
	const struct facts *facts = &daemon->governing.facts;
	struct status_name *names = calloc(facts->name_count + 1, sizeof(*names));
	struct status_file *files = calloc(facts->file_count + 1, sizeof(*files));

	status->names = names;
	status->files = files;
	if (!names || !files)
		return -ENOMEM;
	for (size_t i = 0; i < facts->name_count; i++)
		if (facts->names[i].error)
			names[status->name_count++] = (struct status_name){
				.name = facts->names[i].name,
				.error = facts->names[i].error,
				.addresses = facts->names[i].address_count,
			};
	for (size_t i = 0; i < facts->file_count; i++)
		if (facts->files[i].trust != FILE_TRUSTED &&
		    strcmp(facts->files[i].path, "/nonexistent/cachewarden") != 0)
			files[status->file_count++] = (struct status_file){
				.path = facts->files[i].path,
				.trust = file_trust_name(facts->files[i].trust),
				.reason = facts->files[i].reason,
			};
	return 0;
}

static void report_recorder(const struct daemon *daemon, struct status_report *status)
{
	struct recorder_statistics statistics = { 0 };

	if (daemon->recorder)
		recorder_statistics(daemon->recorder, &statistics);
	status->record_what = vocabulary_word(&record_what, statistics.what);
	status->record_dir = statistics.log_dir;
	status->record_error = statistics.error ? strerror(-statistics.error) : NULL;
	status->record_events = statistics.recorded;
	status->record_lost = statistics.lost;
	status->record_waiting = statistics.waiting;
}

int report_status(struct daemon *daemon, bool json, struct buffer *to)
{
	_cleanup_free_ struct report *report = calloc(1, sizeof(*report));
	unsigned int governed[CW_INSTANCES_MAX];
	struct ipc_statistics statistics = { 0 };
	struct status_report status = {
		.version = CW_VERSION,
		.pid = (uint64_t)getpid(),
		.uptime = (uint64_t)(time(NULL) - daemon->started),
		.memory = report_memory(),
		.backend = kern_backend(daemon->kern),
		.pinned = kern_set(daemon->kern),
		.generation = daemon->governing.generation,
		.malformed = daemon->malformed,

	};
	int r;

	if (!report)
		return -ENOMEM;
	ipc_server_statistics(daemon->server, &statistics);
	status.clients = statistics.clients;
	status.clients_subscribed = statistics.subscribers;
	status.clients_lost = statistics.lost;
	status.clients_refused = statistics.refused;
	status.clients_malformed = statistics.malformed;
	r = kern_subjects_count(daemon->kern, governed);
	if (!r)
		r = report_counters(daemon, report, &status);
	if (!r)
		r = report_faults(daemon, report, &status);
	if (!r)
		r = report_facts(daemon, &status);
	if (!r) {
		report_instances(daemon, governed, report, &status);
		report_selftest(daemon, report, &status);
		report_fall_back(daemon, report, &status);
		report_recorder(daemon, &status);
		kern_repeats_count(daemon->kern, &status.repeats_told, &status.repeats_waiting);
		(json ? status_json : status_text)(&status, to);
	}
	free((void *)status.names);
	free((void *)status.files);
	return r;
}

int report_show(struct daemon *daemon, bool json, struct buffer *to)
{
	unsigned int counts[CW_INSTANCES_MAX];
	uint64_t governed[CW_INSTANCES_MAX];
	struct show_report show = {
		.set = &daemon->governing.set,
		.facts = &daemon->governing.facts,
		.generation = daemon->governing.generation,
		.governed = governed,
	};
	int r = kern_subjects_count(daemon->kern, counts);

	if (r)
		return r;
	for (size_t i = 0; i < CW_INSTANCES_MAX; i++)
		governed[i] = counts[i];
	(json ? show_json : show_text)(&show, to);
	return 0;
}

/* ------------------------------------------------------------------ who is governed */

static bool report_subject(void *context, pid_t pid, uint16_t instance,
			   const struct cw_subject *subject)
{
	struct buffer *to = context;

	(void)subject;
	if (instance != CW_INSTANCE_CANARY)
		buffer_printf(to, "process\t%d\t%u\n", (int)pid, instance);
	return true;
}

/* What the names of the policies are: `ps` tells by these who a peer of the cpf is, and waits for nobody. */
static void report_addresses(const struct facts *facts, struct buffer *to)
{
	for (size_t i = 0; i < facts->name_count; i++)
		for (size_t k = 0; k < facts->names[i].address_count; k++) {
			const struct resolved_address *address = &facts->names[i].addresses[k];
			char text[INET6_ADDRSTRLEN];

			if (inet_ntop(address->family, address->bytes, text, sizeof(text)))
				buffer_printf(to, "address\t%s\t%s\n", facts->names[i].name, text);
		}
}

/* Lines for `ps` (cli/ps.c), which looks at /proc itself: an instance's number, name and root; a host name
 * and an address of it; a process and the number of its instance. */
int report_governed(struct daemon *daemon, struct buffer *to)
{
	const struct policy_set *set = &daemon->governing.set;

	for (size_t i = 0; i < set->count; i++)
		if (!governing_is_vacant(set->policies[i]))
			buffer_printf(to, "instance\t%zu\t%s\t%s\n", i + 1,
				      set->policies[i]->instance.value,
				      set->policies[i]->root.value ? set->policies[i]->root.value
								   : "");
	report_addresses(&daemon->governing.facts, to);
	return kern_subjects_each(daemon->kern, report_subject, to);
}
