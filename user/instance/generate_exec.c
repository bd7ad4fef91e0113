/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may be executed: the instance's own programs, the private web server, java, and the shell,
 * whose children stay under the policy. What cache may execute itself, a shell that it called may
 * too: nothing is gained by refusing that, and callouts of the vendor's own need it.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "instance/generation.h"

static void rule_programs(struct generation *generation, struct draft_entry *rule)
{
	draft_what(rule, "%s", generation->license_server);
	for (size_t i = 0; i < generation->tool_count; i++)
		draft_what(rule, "%s", generation->tools[i]);
}

static void exec_own(struct generation *generation)
{
	struct draft_entry *rule = draft_rule(generation->draft, DRAFT_EXEC, "bin", NULL);

	draft_what(rule, "%s", generation->draft->database);
	if (generation->iris && draft_has(generation->draft, "iriscp"))
		draft_what(rule, "iriscp");
	draft_what(rule, generation->iris ? "irisirdimj" : "cwdimj");
	rule_programs(generation, rule);
	generation_by_database(generation, rule);
	draft_why(rule, "the instance's own programs in bin; hardening guide 5");
}

static void exec_shell(struct generation *generation)
{
	struct draft_entry *rule = draft_rule(generation->draft, DRAFT_EXEC, "callout", NULL);

	draft_what(rule, "sh");
	generation_by_database(generation, rule);
	draft_why(rule,
		  "$ZF(-1) and the start of the license server go through the shell; what the "
		  "shell may execute is the next rule's");
	rule = draft_rule(generation->draft, DRAFT_EXEC, "from-sh", NULL);
	rule_programs(generation, rule);
	draft_by(rule, "sh");
	draft_why(rule, "callouts of the instance's own programs; nothing else from a shell");
}

static void exec_web(struct generation *generation)
{
	struct draft_entry *rule;

	if (config_private_web_server(generation->config) != 1)
		return;
	rule = draft_rule(generation->draft, DRAFT_EXEC, "web", NULL);
	draft_what(rule, "httpd");
	generation_by_database(generation, rule);
	draft_why(rule, "%s%s", generation_parameter(generation, CONFIG_WEB_SERVER),
		  generation_guide(generation, SERVICE_WEB_SERVER));
}

static void exec_java(struct generation *generation)
{
	struct draft_entry *rule;

	generation->draft->java_except = true;
	if (!generation_java_wanted(generation)) {
		draft_example(draft_note(generation->draft, DRAFT_EXEC, "java",
					 "neither a JDBC gateway nor a gateway for Java is "
					 "configured. Gateways and Zen report servers that only "
					 "the database knows need:"),
			      "executables: java: { path: /usr/bin/java }\n"
			      "exec:        - { id: java, allow: java, by: DATABASE }\n"
			      "library:     except: [java]\n");
		return;
	}
	rule = draft_rule(generation->draft, DRAFT_EXEC, "java", NULL);
	draft_what(rule, "java");
	generation_by_database(generation, rule);
	draft_why(
		rule, "%s%s",
		generation->config->gateways.count
			? generation_place(generation, &generation->config->gateways.items[0].where)
			: generation_parameter(generation, CONFIG_JDBC_GATEWAY_PORT),
		generation_guide(generation, SERVICE_LANGUAGE_GATEWAYS));
}

/* [Logging] of IRIS: any program with arguments, started as a child. */
static void exec_logging(struct generation *generation)
{
	const char *command = config_text(generation->config, CONFIG_LOGGING_COMMAND);
	_cleanup_free_ char *program = NULL;
	struct draft_entry *rule, *made;

	if (!*command)
		return;
	draft_set(generation->draft, &program, "%.*s", (int)strcspn(command, " \t"), command);
	rule = draft_rule(generation->draft, DRAFT_EXEC, "logging", NULL);
	if (program && program[0] != '/')
		made = generation_own(generation, "logging", "bin/irislogd", false);
	else
		made = program ? generation_program(generation, "logging", program, false) : NULL;
	if (made)
		draft_what(rule, "%s", made->name);
	if (program && program[0] != '/' && strcmp(program, "irislogd") != 0)
		draft_doubt(rule, "%s names a program without its directory",
			    generation_parameter(generation, CONFIG_LOGGING_COMMAND));
	if (!config_number(generation->config, CONFIG_LOGGING_ENABLED))
		draft_doubt(rule, "[Logging] Enabled is not 1");
	generation_by_database(generation, rule);
	draft_why(rule, "%s", generation_parameter(generation, CONFIG_LOGGING_COMMAND));
}

/* The agent of all instances is governed by one policy, whose rule must know all their helpers. */
static void agent_others(struct generation *generation)
{
	if (generation->helper_count)
		draft_note(generation->draft, DRAFT_EXEC, "agent-others",
			   "one agent serves all instances of a host, and is governed by the first "
			   "of their policies (by the names of their files, when the daemon "
			   "starts). Each of them has "
			   "the helpers of all.");
	else
		draft_note(generation->draft, DRAFT_EXEC, "agent-others",
			   "one agent serves all instances of a host, and is governed by the first "
			   "of their policies (by the names of their files, when the daemon "
			   "starts). No other instance "
			   "with a helper is known; --qlist FILE and --all know of others.");
}

static void exec_agent(struct generation *generation)
{
	struct draft_entry *rule;

	if (!generation->agent_used)
		return;
	rule = draft_rule(generation->draft, DRAFT_EXEC, "agent", NULL);
	draft_what(rule, "%s", generation->helper);
	for (size_t i = 0; i < generation->helper_count; i++)
		draft_what(rule, "%s", generation->helpers[i]);
	for (size_t i = 0; i < generation->agent_count; i++)
		draft_by(rule, generation->agents[i]);
	draft_why(rule, "ISCAgent executes the instance's agent helper, and nothing else%s%s",
		  generation->iris ? ""
		  : generation->input->foreign
			  ? "; the name is that of IRIS's"
			  : "; the name is that of IRIS's, and the file is there",
		  generation_guide(generation, SERVICE_AGENT));
	agent_others(generation);
}

/* The vendor's own collector of diagnostics runs these through a shell. As a comment: an operator who
 * never runs it need not allow a shell to run them. */
static void exec_diagnostics(struct generation *generation)
{
	static const char *const tools[] = { "cpio",   "cp",	"df",	 "grep",  "iostat",
					     "ipcs",   "mount", "ps",	 "sar",	  "sed",
					     "sysctl", "tar",	"uname", "vmstat" };
	static const char *const directories[] = { "/usr/bin", "/bin", "/usr/sbin", "/sbin" };
	_cleanup_buffer_ struct buffer lines = { 0 }, names = { 0 };
	struct draft_entry *note;

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		if (generation->input->foreign)
			buffer_printf(&names, "%s%s", names.length ? ", " : "", tools[i]);
		for (size_t d = 0; !generation->input->foreign && d < ARRAY_SIZE(directories);
		     d++) {
			char path[64];

			snprintf(path, sizeof(path), "%s/%s", directories[d], tools[i]);
			if (access(path, X_OK))
				continue;
			buffer_printf(&lines, "executables: %s: { path: %s }\n", tools[i], path);
			buffer_printf(&names, "%s%s", names.length ? ", " : "", tools[i]);
			break;
		}
	}
	buffer_printf(&lines, "exec:        - { id: diagnostics, allow: [%s], by: sh }\n",
		      names.data ? names.data : "");
	note = draft_note(generation->draft, DRAFT_EXEC, "diagnostics",
			  generation->input->foreign
				  ? "what %s runs through the shell, for whoever uses it. Each of "
				    "the tools needs its line in `executables`:"
				  : "what %s runs through the shell. Those of its tools that this "
				    "host has, for whoever uses it:",
			  generation->iris ? "^SystemPerformance" : "^pButtons");
	if (buffer_failed(&lines) || buffer_failed(&names))
		generation->draft->failed = true;
	else
		draft_example(note, lines.data);
}

void generation_exec(struct generation *generation)
{
	exec_own(generation);
	exec_shell(generation);
	exec_web(generation);
	exec_java(generation);
	exec_logging(generation);
	exec_agent(generation);
	exec_diagnostics(generation);
}
