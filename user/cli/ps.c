/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ps: the daemon says who is governed, /proc what they are, and user/instance/role.h what for. A file of the
 * administrator's (--roles) goes before all of that, for processes that were there when it was made.
 */
#include "cli/ps.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "cli/client.h"
#include "cli/policy.h"
#include "instance/role_list.h"
#include "instance/source.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/number.h"

enum { PS_INSTANCE = 1, PS_ROLES, PS_EVIDENCE };

static const struct cli_option ps_options[] = {
	{ "instance", 'i', "NAME", "processes of this instance alone", PS_INSTANCE },
	{ "roles", 'r', "FILE", "labels from a ^%SS listing or a CSV of %SYS.ProcessQuery",
	  PS_ROLES },
	{ "evidence", 'e', NULL, "say how each role is known", PS_EVIDENCE },
	{ NULL },
};

const struct cli_usage cli_ps_usage = {
	.name = "ps",
	.operands = "",
	.summary = "Show the governed processes as a tree, with what each is for.",
	.options = ps_options,
	.shared = CLI_OUTPUT | CLI_RUNTIME_DIR,
	.notes = "KNOWN: certain, by what the kernel says; likely, by logs, arguments or several "
		 "weak "
		 "signs; class\nonly, where nothing tells more; told, by FILE. A `+` behind a "
		 "user: the "
		 "real one is another.",
};

struct ps {
	const char *instance, *roles_file;
	bool evidence;
	struct ps_instance *instances; /* by place */
	size_t instance_count;
	struct roles_subject *subjects;
	size_t subject_count;
	struct facts names; /* as the daemon looked them up, an address each */
};

static void ps_release(struct ps *ps)
{
	for (size_t i = 0; i < ps->instance_count; i++) {
		free(ps->instances[i].name);
		free(ps->instances[i].root);
	}
	free(ps->instances);
	free(ps->subjects);
	facts_release(&ps->names);
}

/* ------------------------------------------------------------------ the daemon's answer */

/* instance NUMBER NAME ROOT, with tabs between */
static int take_instance(struct ps *ps, char *fields)
{
	char *number = strsep(&fields, "\t"), *name = strsep(&fields, "\t");
	struct ps_instance *instances;
	uint64_t value;

	if (!name || !fields || number_parse(number, 1, UINT16_MAX, &value))
		return -EPROTO;
	if (ps->instance && strcmp(ps->instance, name) != 0)
		return 0;
	instances = reallocarray(ps->instances, ps->instance_count + 1, sizeof(*instances));
	if (!instances)
		return -ENOMEM;
	ps->instances = instances;
	instances[ps->instance_count++] = (struct ps_instance){ .name = strdup(name),
								.root = *fields ? strdup(fields)
										: NULL,
								.number = (uint16_t)value };
	return instances[ps->instance_count - 1].name ? 0 : -ENOMEM;
}

/* process PID NUMBER */
static int take_process(struct ps *ps, char *fields)
{
	char *pid = strsep(&fields, "\t");
	uint64_t process, number;
	size_t place = 0;

	if (!fields || number_parse(pid, 1, UINT32_MAX, &process) ||
	    number_parse(fields, 1, UINT16_MAX, &number))
		return -EPROTO;
	while (place < ps->instance_count && ps->instances[place].number != number)
		place++;
	if (place < ps->instance_count)
		ps->subjects[ps->subject_count++] =
			(struct roles_subject){ .pid = (uint32_t)process, .place = place };
	return 0;
}

/* address NAME ADDRESS */
static int take_address(struct ps *ps, char *fields)
{
	const char *host = strsep(&fields, "\t");
	struct resolved_address address = { .family = AF_INET };
	struct name_fact *names;

	if (!fields)
		return -EPROTO;
	if (inet_pton(AF_INET, fields, address.bytes) != 1) {
		address.family = AF_INET6;
		if (inet_pton(AF_INET6, fields, address.bytes) != 1)
			return -EPROTO;
	}
	names = reallocarray(ps->names.names, ps->names.name_count + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	ps->names.names = names;
	names += ps->names.name_count++;
	*names = (struct name_fact){ .name = strdup(host), .addresses = malloc(sizeof(address)) };
	if (!names->name || !names->addresses)
		return -ENOMEM;
	names->addresses[names->address_count++] = address;
	return 0;
}

static int take_answer(struct ps *ps, char *answer)
{
	size_t lines = 1;
	char *line;
	int r = 0;

	for (const char *at = answer; (at = strchr(at, '\n')); at++)
		lines++;
	ps->subjects = calloc(lines, sizeof(*ps->subjects));
	if (!ps->subjects)
		return -ENOMEM;
	while (!r && (line = strsep(&answer, "\n"))) {
		char *kind = strsep(&line, "\t");

		if (line && strcmp(kind, "instance") == 0)
			r = take_instance(ps, line);
		else if (line && strcmp(kind, "process") == 0)
			r = take_process(ps, line);
		else if (line && strcmp(kind, "address") == 0)
			r = take_address(ps, line);
	}
	return r;
}

/* ------------------------------------------------------------------ the administrator's list */

/* A pid of the list is another process's where that began after the list was made. */
static void label_rows(struct roles *roles, const struct role_list *list, int64_t made)
{
	int64_t boot_time = process_boot_time();

	for (size_t i = 0; i < roles->count; i++) {
		struct role_process *process = &roles->rows[i].process;
		const struct role_list_row *row = role_list_find(list, process->process.pid);

		if (row && boot_time + (int64_t)process->process.start <= made)
			role_told(&process->role, row->routine);
	}
}

static int label(struct roles *roles, const char *file)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_buffer_ struct buffer text = { 0 };
	struct role_list list = { 0 };
	int64_t made = INT64_MAX;
	struct stat st;
	int r = source_load(file, SOURCE_NAMED, ROLE_LIST_SIZE_MAX, &diagnostics, &text);

	if (!r)
		r = role_list_read(file, text.data ? text.data : "", text.length, &diagnostics,
				   &list);
	if (!r && stat(file, &st) == 0 && S_ISREG(st.st_mode))
		made = st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec;
	policy_print_diagnostics(&diagnostics, SEVERITY_WARNING);
	if (!r)
		label_rows(roles, &list, made);
	role_list_release(&list);
	diagnostics_release(&diagnostics);
	return r;
}

/* ------------------------------------------------------------------ the command */

static int ps_print(const struct ps *ps, const struct roles *roles, bool json)
{
	struct ps_report report = { .instances = ps->instances,
				    .instance_count = ps->instance_count,
				    .roles = roles,
				    .evidence = ps->evidence };
	_cleanup_buffer_ struct buffer buffer = { 0 };

	(json ? ps_json : ps_text)(&report, &buffer);
	if (buffer_failed(&buffer))
		return log_err(-ENOMEM, "print the processes"), CLI_CANNOT;
	if (buffer.length)
		fwrite(buffer.data, 1, buffer.length, stdout);
	if (roles->unseen)
		log_warning(0,
			    "sockets of %zu %s cannot be looked at: roles that rest on them are "
			    "not told; root may look",
			    roles->unseen, roles->unseen == 1 ? "process" : "processes");
	return CLI_YES;
}

static int ps_gather(const struct ps *ps, struct roles *ret)
{
	struct diagnostics diagnostics = { 0 };
	struct roles_place *places = calloc(ps->instance_count + 1, sizeof(*places));
	int r = -ENOMEM;

	for (size_t i = 0; places && i < ps->instance_count; i++)
		places[i] = (struct roles_place){ .name = ps->instances[i].name,
						  .root = ps->instances[i].root };
	if (places)
		r = roles_gather("/proc", &ps->names, places, ps->instance_count, ps->subjects,
				 ps->subject_count, &diagnostics, ret);
	/* What is odd in a cpf is `instances`' and `generate`'s to say; here it costs a role at most. */
	diagnostics_release(&diagnostics);
	free(places);
	return r;
}

static int ps_run(struct ps *ps, const struct cli_common *common)
{
	struct ipc_request request = { .command = IPC_PS };
	_cleanup_(roles_release) struct roles roles = { 0 };
	_cleanup_buffer_ struct buffer answer = { 0 };
	int r = cli_ask(common, &request, &answer);

	if (r != CLI_YES)
		return r;
	r = take_answer(ps, answer.data);
	if (!r && ps->instance && !ps->instance_count)
		return cli_bad_usage(&cli_ps_usage, "no instance '%s' is in force", ps->instance);
	if (!r)
		r = ps_gather(ps, &roles);
	if (r)
		return log_err(r, "look at the processes"), CLI_CANNOT;
	if (ps->roles_file && label(&roles, ps->roles_file))
		return CLI_BAD_USAGE;
	return ps_print(ps, &roles, common->json);
}

int cli_ps(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_ps_usage, .argc = argc, .argv = argv };
	struct ps ps = { 0 };
	int id, r;

	while ((id = cli_parse(&parser)) > 0) {
		if (id == PS_INSTANCE)
			ps.instance = parser.value;
		else if (id == PS_ROLES)
			ps.roles_file = parser.value;
		else
			ps.evidence = true;
	}
	if (id == CLI_LEAVE)
		return parser.status;
	if (parser.operand < argc)
		return cli_bad_usage(parser.usage, "unexpected '%s'", argv[parser.operand]);
	r = ps_run(&ps, &parser.common);
	ps_release(&ps);
	return r;
}
