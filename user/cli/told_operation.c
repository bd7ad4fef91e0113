/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/told_operation.h"

#include <stdio.h>
#include <string.h>

#include "event/fields.h"
#include "policy/words.h"

static const char *told_path(const struct event *event, struct operation *operation)
{
	const char *path = event->target_path;

	if (!path)
		return "it does not say which file";
	if (strcmp(path, EVENT_ANONYMOUS) == 0)
		path = "anonymous";
	else if (*path != '/')
		return "its file has no path";
	operation_word(operation, path);
	return NULL;
}

static const char *told_socket(const struct event *event, struct operation *operation)
{
	const struct cw_record *record = &event->record;

	if (record->family >= words_family.count || !words_family.words[record->family] ||
	    record->socket_type >= words_socket_type.count ||
	    !words_socket_type.words[record->socket_type])
		return "its kind of socket has no name";
	operation_word(operation, words_family.words[record->family]);
	operation_word(operation, words_socket_type.words[record->socket_type]);
	return NULL;
}

static const char *told_endpoint(const struct event *event, struct told_operation *ret)
{
	bool brackets = event->address && strchr(event->address, ':');
	int length;

	if (!event->address)
		return "its socket has no address and port";
	length = snprintf(ret->endpoint, sizeof(ret->endpoint), "%s%s%s:%u", brackets ? "[" : "",
			  event->address, brackets ? "]" : "", event->record.port);
	if (length < 0 || (size_t)length >= sizeof(ret->endpoint))
		return "its address is none";
	operation_word(&ret->operation, vocabulary_word(&words_protocol, event->record.protocol));
	operation_word(&ret->operation, ret->endpoint);
	return NULL;
}

/* Whether a received socket was bound or connected is told by the class that answered. Events of before there was
 * that field: what has no port yet was bound, and the rest is what is handed over most. */
static const char *told_received(const struct event *event, struct told_operation *ret)
{
	bool known = event->record.rule_class == CW_CLASS_BIND ||
		     event->record.rule_class == CW_CLASS_CONNECT;
	bool bound = known ? event->record.rule_class == CW_CLASS_BIND : !event->record.port;

	operation_word(&ret->operation, bound ? "bound" : "connected");
	return told_endpoint(event, ret);
}

static const char *told_words(const struct event *event, struct told_operation *ret)
{
	switch (event->record.operation) {
	case CW_OPERATION_EXEC:
	case CW_OPERATION_LIBRARY:
		return told_path(event, &ret->operation);
	case CW_OPERATION_SOCKET:
		return told_socket(event, &ret->operation);
	case CW_OPERATION_RECEIVE:
		return told_received(event, ret);
	default:
		return told_endpoint(event, ret);
	}
}

const char *told_operation(const struct event *event, struct told_operation *ret)
{
	struct operation *operation = &ret->operation;

	memset(ret, 0, sizeof(*ret));
	operation->told = true;
	if (event->record.operation >= CW_OPERATION_MAX)
		return "no policy judges that";
	operation_word(operation, vocabulary_word(&words_operation, event->record.operation));
	snprintf(ret->user, sizeof(ret->user), "%u", event->record.uid);
	operation->user = ret->user;
	/* A guard's event names whose guard it is, not who acts: everyone else. */
	if (!event->instance || event->record.reason == CW_REASON_GUARD) {
		operation->outside = true;
		return told_words(event, ret);
	}
	operation->instance = event->instance;
	if (event->path && *event->path == '/')
		operation->by = event->path;
	if (event->script && *event->script == '/')
		operation->script = event->script;
	return told_words(event, ret);
}
