/* SPDX-License-Identifier: GPL-2.0-only */
/* A draft as YAML. Nothing of it depends on the time, on memory or on the order of a directory. */
#include <stdlib.h>
#include <string.h>

#include "instance/draft.h"
#include "instance/yaml.h"

static const char *const part_names[DRAFT_PARTS] = {
	[DRAFT_EXECUTABLES] = "executables",
	[DRAFT_EXEC] = "exec",
	[DRAFT_BIND] = "bind",
	[DRAFT_CONNECT] = "connect",
};

static const char *const part_says[DRAFT_PARTS] = {
	[DRAFT_EXECUTABLES] = "the files that the rules speak of, as they are on this host",
	[DRAFT_EXEC] = "what may be executed; everything else is not",
	[DRAFT_BIND] = "the ports that may be bound and listened on",
	[DRAFT_CONNECT] = "the ports that may be connected and sent to",
};

static const char foreign_says[] =
	"the files that the rules speak of, as an installation has them; none was looked at";

static unsigned int line_of(const struct buffer *buffer)
{
	unsigned int line = 1;

	for (size_t i = 0; i < buffer->length; i++)
		line += buffer->data[i] == '\n';
	return line;
}

/* ------------------------------------------------------------------ entries */

static void print_executable(const struct draft_entry *entry, struct buffer *to)
{
	buffer_printf(to, "%s: { path: ", entry->name);
	yaml_value(to, entry->path);
	if (entry->entry)
		buffer_add_string(to, ", entry: true");
	if (entry->pinned) {
		buffer_add_string(to, ", sha256: ");
		for (size_t i = 0; i < sizeof(entry->sha256); i++)
			buffer_printf(to, "%02x", entry->sha256[i]);
	}
	buffer_add_string(to, " }");
}

static void print_rule(const struct draft_entry *entry, struct buffer *to)
{
	buffer_printf(to, "- { id: %s, allow: ", entry->name);
	yaml_values(to, entry->what.items, entry->what.count);
	if (entry->addresses.count) {
		buffer_add_string(to, entry->part == DRAFT_BIND ? ", at: " : ", to: ");
		yaml_values(to, entry->addresses.items, entry->addresses.count);
	}
	if (entry->by.count) {
		buffer_add_string(to, ", by: ");
		yaml_values(to, entry->by.items, entry->by.count);
	}
	if (entry->why) {
		buffer_add_string(to, ", why: ");
		yaml_value(to, entry->why);
	}
	buffer_add_string(to, " }");
}

static void print_entry(const struct draft_entry *entry, struct buffer *to)
{
	if (entry->part == DRAFT_EXECUTABLES)
		print_executable(entry, to);
	else
		print_rule(entry, to);
}

/* Each line of an example is a comment of its own: never broken, so that it can be pasted. */
static void print_example(const char *lines, struct buffer *to)
{
	while (*lines) {
		size_t length = strcspn(lines, "\n");

		buffer_add_string(to, "  #     ");
		yaml_clean(to, lines, length);
		buffer_add_char(to, '\n');
		lines += length + (lines[length] == '\n');
	}
}

static void print_remark(const struct draft_entry *entry, struct buffer *to)
{
	_cleanup_buffer_ struct buffer text = { 0 };

	buffer_printf(&text, "%s: %s", entry->name, entry->doubt);
	if (!buffer_failed(&text))
		yaml_comment(to, "  ", "  ", text.data);
	if (entry->example)
		print_example(entry->example, to);
}

/* What would stand there but for the doubt. */
static void print_doubted(const struct draft_entry *entry, struct buffer *to)
{
	_cleanup_buffer_ struct buffer text = { 0 }, line = { 0 };

	buffer_printf(&text, "%s: not %s: %s", entry->name,
		      entry->part == DRAFT_EXECUTABLES ? "here" : "a rule", entry->doubt);
	if (!buffer_failed(&text))
		yaml_comment(to, "  ", "  ", text.data);
	if (!entry->what.count && entry->part != DRAFT_EXECUTABLES)
		return;
	print_entry(entry, &line);
	if (!buffer_failed(&line))
		print_example(line.data, to);
}

static void print_in_force(struct draft_entry *entry, struct buffer *to)
{
	if (entry->part == DRAFT_EXECUTABLES && entry->why)
		yaml_comment(to, "  ", "  ", entry->why);
	entry->line = line_of(to);
	buffer_add_string(to, "  ");
	print_entry(entry, to);
	buffer_add_char(to, '\n');
}

/* ------------------------------------------------------------------ the file */

static bool part_empty(const struct draft *draft, enum draft_part part)
{
	for (size_t i = 0; i < draft->count; i++)
		if (draft->entries[i]->part == part && !draft->entries[i]->doubt)
			return false;
	return true;
}

static void print_part(struct draft *draft, enum draft_part part, struct buffer *to)
{
	buffer_printf(to, "\n%s:%s # %s\n", part_names[part], part_empty(draft, part) ? " []" : "",
		      draft->foreign && part == DRAFT_EXECUTABLES ? foreign_says : part_says[part]);
	for (size_t i = 0; i < draft->count; i++) {
		struct draft_entry *entry = draft->entries[i];

		if (entry->part != part)
			continue;
		entry->line = 0;
		if (entry->remark_only)
			print_remark(entry, to);
		else if (entry->doubt)
			print_doubted(entry, to);
		else
			print_in_force(entry, to);
	}
	if (draft->left_out[part])
		buffer_printf(to, "  # ... and %zu more, for which there is no room\n",
			      draft->left_out[part]);
}

static void print_head(const struct draft *draft, struct buffer *to)
{
	const char *lines = draft->head ? draft->head : "";

	while (*lines) {
		size_t length = strcspn(lines, "\n");
		_cleanup_free_ char *line = strndup(lines, length);

		if (line)
			yaml_comment(to, "", "  ", line);
		to->failed = to->failed || !line;
		lines += length + (lines[length] == '\n');
	}
	buffer_add_string(to, "version: 1\ninstance: ");
	yaml_value(to, draft->instance);
	if (draft->root) {
		buffer_add_string(to, "\nroot: ");
		yaml_value(to, draft->root);
	}
	buffer_add_string(to,
			  "\nmode: audit # enforce, when what is reported is no longer wanted\n");
	if (draft->owner_why)
		yaml_comment(to, "", "  ", draft->owner_why);
	if (draft->owner) {
		buffer_add_string(to, "owner: ");
		yaml_value(to, draft->owner);
		buffer_add_char(to, '\n');
	}
	buffer_add_string(to, "on_undecided: deny\n"
			      "# Where only the cgroup backend works (`cachewarden doctor` tells), "
			      "enforcing needs:\n"
			      "# allow_partial: [library, receive]\n");
}

/* Ports of bind rules that nobody else needs: the agent is every instance's. */
static void print_guard_ports(const struct draft *draft, bool connect, struct buffer *to)
{
	struct draft_texts ports = { calloc(draft->count * 2 + 1, sizeof(char *)), 0 };

	for (size_t i = 0; ports.items && i < draft->count; i++) {
		const struct draft_entry *entry = draft->entries[i];
		const char *id = entry->name;

		if (entry->part != DRAFT_BIND || entry->doubt || entry->what.count != 1 ||
		    strcmp(id, services[SERVICE_AGENT].id) == 0 ||
		    strstr(entry->what.items[0], "ephemeral") ||
		    (connect && strncmp(id, services[SERVICE_SUPERSERVER].id,
					strlen(services[SERVICE_SUPERSERVER].id)) != 0))
			continue;
		for (size_t known = 0; known < ports.count; known++)
			if (strcmp(ports.items[known], entry->what.items[0]) == 0)
				id = NULL;
		if (id)
			ports.items[ports.count++] = entry->what.items[0];
	}
	to->failed = to->failed || !ports.items;
	yaml_values(to, ports.items, ports.items ? ports.count : 0);
	free(ports.items);
}

static void print_guard_executables(const struct draft *draft, struct buffer *to)
{
	char *names[8];
	size_t count = 0;
	const struct draft_entry *entry;

	if (draft->database && draft_has(draft, draft->database))
		names[count++] = draft->database;
	entry = draft_find(draft, "iriscp");
	if (entry && !entry->doubt && entry->entry)
		names[count++] = entry->name;
	yaml_values(to, names, count);
}

static void print_guard(const struct draft *draft, struct buffer *to)
{
	bool listens = false;

	for (size_t i = 0; i < draft->count; i++)
		listens = listens ||
			  (draft->entries[i]->part == DRAFT_BIND && !draft->entries[i]->doubt &&
			   strcmp(draft->entries[i]->name, services[SERVICE_SUPERSERVER].id) == 0);
	buffer_add_string(to, "\nguard: # what everyone else on this host may not do\n");
	if (draft->guard_note)
		yaml_comment(to, "  ", "  ", draft->guard_note);
	if (listens) {
		buffer_add_string(to, "  bind: ");
		print_guard_ports(draft, false, to);
		buffer_add_string(to, "\n  connect: { ports: ");
		print_guard_ports(draft, true, to);
		buffer_add_string(to, ", users: ");
		yaml_values(to, draft->guard_users.items, draft->guard_users.count);
		buffer_add_string(to, " }\n");
	}
	buffer_add_string(to, "  exec: { executables: ");
	print_guard_executables(draft, to);
	buffer_add_string(to, ", users: ");
	yaml_values(to, draft->guard_users.items, draft->guard_users.count);
	buffer_add_string(to, " }\n");
}

void draft_print(struct draft *draft, struct buffer *to)
{
	print_head(draft, to);
	for (enum draft_part part = 0; part < DRAFT_PARTS; part++)
		print_part(draft, part, to);
	yaml_comment(
		to, "", "  ",
		"Code may come from files that only root and the owner can have written; memory "
		"without a file may not become code.");
	buffer_printf(to, "library: { trust: owners, anonymous: deny%s }\n",
		      draft->java_except && draft_has(draft, "java") ? ", except: [java]" : "");
	buffer_add_string(to, "sockets: { allow: [unix, inet, inet6, netlink] } # no raw, packet, "
			      "vsock sockets\n");
	print_guard(draft, to);
}
