/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/ps.h"
#include "event/escape.h"
#include "event/event.h"
#include "event/record.h"
#include "util/cleanup.h"

#define DEPTH_MAX 32 /* of the tree, as it is drawn */
#define SOCKETS_SHOWN 4 /* in text: the rest is a number */

struct drawing {
	const struct ps_report *report;
	struct buffer *buffer;
	int64_t boot_time;
	size_t *by_pid; /* rows by pid */
	size_t *child, *sibling; /* by row: its first child, the next of its parent's; NO_ROW */
	bool *drawn; /* by row */
};

#define NO_ROW SIZE_MAX

static const struct process *process_of(const struct roles_row *row)
{
	return &row->process.process;
}

/* ------------------------------------------------------------------ parts of both */

static void add_user(struct buffer *buffer, uint32_t uid, bool json)
{
	const struct passwd *entry = getpwuid(uid);
	char number[16];
	const char *name = number;

	snprintf(number, sizeof(number), "%u", uid);
	if (entry)
		name = entry->pw_name;
	(json ? escape_json : escape_text)(buffer, name, strlen(name));
}

/* tcp/127.0.0.1:1972 */
static void add_endpoint(struct buffer *buffer, const struct process_socket *socket, bool remote)
{
	char address[INET6_ADDRSTRLEN] = "?";
	bool brackets = socket->family == AF_INET6;

	inet_ntop(socket->family, remote ? socket->remote : socket->local, address,
		  sizeof(address));
	buffer_printf(buffer, "%s/%s%s%s:%u", socket->protocol == IPPROTO_TCP ? "tcp" : "udp",
		      brackets ? "[" : "", address, brackets ? "]" : "",
		      remote ? socket->remote_port : socket->local_port);
}

static bool same_endpoint(const struct process_socket *one, const struct process_socket *other,
			  bool remote)
{
	return one->protocol == other->protocol && one->family == other->family &&
	       memcmp(remote ? one->remote : one->local, remote ? other->remote : other->local,
		      16) == 0 &&
	       (remote ? one->remote_port == other->remote_port
		       : one->local_port == other->local_port);
}

/* Is it one of the sockets asked for, and the first of its kind? */
static bool endpoint_shown(const struct role_process *process, size_t index, bool remote)
{
	const struct process_socket *socket = &process->sockets[index];

	if (remote ? !socket->remote_port : !socket->listening)
		return false;
	for (size_t i = 0; i < index; i++) {
		const struct process_socket *other = &process->sockets[i];

		if ((remote ? other->remote_port != 0 : other->listening) &&
		    same_endpoint(socket, other, remote))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------ text */

static void text_endpoints(struct buffer *buffer, const char *label,
			   const struct role_process *process, bool remote)
{
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < process->socket_count; i++) {
		if (!endpoint_shown(process, i, remote))
			continue;
		if (shown == SOCKETS_SHOWN) {
			left++;
			continue;
		}
		buffer_add_string(buffer, shown++ ? ", " : label);
		add_endpoint(buffer, &process->sockets[i], remote);
	}
	if (left)
		buffer_printf(buffer, " and %zu more", left);
}

static void text_row(struct drawing *drawing, const struct roles_row *row, size_t depth)
{
	const struct process *process = process_of(row);
	const struct role *role = &row->process.role;
	struct buffer *buffer = drawing->buffer;
	char time[EVENT_TIME_MAX];
	size_t begin, width;

	event_time(drawing->boot_time + (int64_t)process->start, time);
	time[strlen("2026-02-28T06:30:00")] = '\0';
	buffer_printf(buffer, "%8u %sZ ", process->pid, time);
	begin = buffer->length;
	add_user(buffer, process->effective_uid, false);
	if (process->real_uid != process->effective_uid)
		buffer_add_string(buffer, "+");
	for (width = buffer->length - begin; width < 10; width++)
		buffer_add_char(buffer, ' ');
	buffer_printf(buffer, " %-10s ", vocabulary_word(&role_strength_words, role->strength));
	for (size_t i = 0; i < depth && i < DEPTH_MAX; i++)
		buffer_add_string(buffer, "  ");
	escape_text(buffer, role->text, strlen(role->text));
	text_endpoints(buffer, "; listens on ", &row->process, false);
	text_endpoints(buffer, "; peers ", &row->process, true);
	if (!row->process.sockets_known)
		buffer_add_string(buffer, "; its sockets cannot be looked at");
	if (drawing->report->evidence && role->evidence)
		buffer_printf(buffer, " (%s)", role->evidence);
	buffer_add_char(buffer, '\n');
}

/* Children by start, below their parent. A pid that is its own ancestor would be a race: drawn once. */
static void text_tree(struct drawing *drawing, size_t index, size_t depth)
{
	const struct roles_row *row = &drawing->report->roles->rows[index];

	if (drawing->drawn[index])
		return;
	drawing->drawn[index] = true;
	text_row(drawing, row, depth);
	if (depth == DEPTH_MAX)
		return;
	for (size_t i = drawing->child[index]; i != NO_ROW; i = drawing->sibling[i])
		text_tree(drawing, i, depth + 1);
}

static int compare_pids(const void *a, const void *b, void *context)
{
	const struct roles *roles = context;
	uint32_t x = process_of(&roles->rows[*(const size_t *)a])->pid;
	uint32_t y = process_of(&roles->rows[*(const size_t *)b])->pid;

	return (x > y) - (x < y);
}

/* The parent's row, of the same instance. */
static size_t parent_row(const struct drawing *drawing, size_t index)
{
	const struct roles *roles = drawing->report->roles;
	const struct roles_row *row = &roles->rows[index];
	size_t low = 0, high = roles->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2, at = drawing->by_pid[middle];
		uint32_t pid = process_of(&roles->rows[at])->pid;

		if (pid == process_of(row)->parent)
			return roles->rows[at].place == row->place ? at : NO_ROW;
		if (pid < process_of(row)->parent)
			low = middle + 1;
		else
			high = middle;
	}
	return NO_ROW;
}

static void link_rows(struct drawing *drawing)
{
	const struct roles *roles = drawing->report->roles;

	for (size_t i = 0; i < roles->count; i++) {
		drawing->by_pid[i] = i;
		drawing->child[i] = drawing->sibling[i] = NO_ROW;
	}
	qsort_r(drawing->by_pid, roles->count, sizeof(*drawing->by_pid), compare_pids,
		(void *)roles);
	/* From the last to the first, each put in front: they then stand in the rows' order. */
	for (size_t i = roles->count; i-- > 0;) {
		size_t parent = parent_row(drawing, i);

		if (parent == NO_ROW)
			continue;
		drawing->sibling[i] = drawing->child[parent];
		drawing->child[parent] = i;
	}
}

static void text_instance(struct drawing *drawing, size_t place)
{
	const struct ps_instance *instance = &drawing->report->instances[place];
	const struct roles *roles = drawing->report->roles;
	size_t count = 0;

	for (size_t i = 0; i < roles->count; i++)
		count += roles->rows[i].place == place;
	escape_text(drawing->buffer, instance->name, strlen(instance->name));
	if (instance->root) {
		buffer_add_string(drawing->buffer, ", ");
		escape_text(drawing->buffer, instance->root, strlen(instance->root));
	}
	buffer_printf(drawing->buffer, ": %zu governed %s\n", count,
		      count == 1 ? "process" : "processes");
	if (count)
		buffer_printf(drawing->buffer, "%8s %-20s %-10s %-10s %s\n", "PID", "START", "USER",
			      "KNOWN", "ROLE");
	for (size_t i = 0; i < roles->count; i++)
		if (roles->rows[i].place == place && parent_row(drawing, i) == NO_ROW)
			text_tree(drawing, i, 0);
	for (size_t i = 0; i < roles->count; i++)
		if (roles->rows[i].place == place)
			text_tree(drawing, i, 0);
}

void ps_text(const struct ps_report *report, struct buffer *buffer)
{
	size_t count = report->roles->count + 1;
	_cleanup_free_ size_t *rows = calloc(3 * count, sizeof(*rows));
	_cleanup_free_ bool *drawn = calloc(count, sizeof(*drawn));
	struct drawing drawing = {
		.report = report, .buffer = buffer, .boot_time = process_boot_time(), .drawn = drawn
	};

	if (!drawn || !rows) {
		buffer->failed = true;
		return;
	}
	drawing.by_pid = rows;
	drawing.child = rows + count;
	drawing.sibling = rows + 2 * count;
	link_rows(&drawing);
	for (size_t place = 0; place < report->instance_count; place++)
		text_instance(&drawing, place);
}

/* ------------------------------------------------------------------ JSON */

static void json_string(struct buffer *buffer, const char *name, const char *text)
{
	buffer_printf(buffer, ",\"%s\":", name);
	if (text)
		escape_json(buffer, text, strlen(text));
	else
		buffer_add_string(buffer, "null");
}

static void json_endpoints(struct buffer *buffer, const char *name,
			   const struct role_process *process, bool remote)
{
	bool first = true;

	buffer_printf(buffer, ",\"%s\":[", name);
	for (size_t i = 0; i < process->socket_count; i++) {
		if (!endpoint_shown(process, i, remote))
			continue;
		buffer_add_string(buffer, first ? "\"" : ",\"");
		add_endpoint(buffer, &process->sockets[i], remote);
		buffer_add_char(buffer, '"');
		first = false;
	}
	buffer_add_char(buffer, ']');
}

static void json_arguments(struct buffer *buffer, const struct process *process)
{
	size_t position = 0, size = 0;
	const char *argument;
	bool first = true;

	buffer_add_string(buffer, ",\"args\":[");
	while ((argument = record_argument(process->arguments, process->arguments_length, &position,
					   &size))) {
		buffer_add_string(buffer, first ? "" : ",");
		escape_json(buffer, argument, size);
		first = false;
	}
	buffer_add_char(buffer, ']');
}

static void json_row(struct buffer *buffer, const struct ps_instance *instance,
		     const struct roles_row *row, int64_t boot_time)
{
	const struct process *process = process_of(row);
	const struct role *role = &row->process.role;
	char time[EVENT_TIME_MAX];

	buffer_add_string(buffer, "{\"instance\":");
	escape_json(buffer, instance->name, strlen(instance->name));
	buffer_printf(buffer, ",\"pid\":%u,\"ppid\":%u", process->pid, process->parent);
	json_string(buffer, "role", role->text);
	json_string(buffer, "known", vocabulary_word(&role_strength_words, role->strength));
	json_string(buffer, "evidence", role->evidence);
	buffer_add_string(buffer, ",\"user\":");
	add_user(buffer, process->effective_uid, true);
	buffer_printf(buffer, ",\"uid\":%u,\"real_uid\":%u", process->effective_uid,
		      process->real_uid);
	event_time(boot_time + (int64_t)process->start, time);
	json_string(buffer, "start", time);
	json_string(buffer, "path", process->executable);
	json_string(buffer, "comm", process->comm);
	json_arguments(buffer, process);
	buffer_printf(buffer, ",\"sockets_known\":%s",
		      row->process.sockets_known ? "true" : "false");
	json_endpoints(buffer, "listens", &row->process, false);
	json_endpoints(buffer, "peers", &row->process, true);
	buffer_add_string(buffer, "}\n");
}

void ps_json(const struct ps_report *report, struct buffer *buffer)
{
	int64_t boot_time = process_boot_time();

	for (size_t i = 0; i < report->roles->count; i++) {
		const struct roles_row *row = &report->roles->rows[i];

		json_row(buffer, &report->instances[row->place], row, boot_time);
	}
}
