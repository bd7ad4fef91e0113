/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of services, policy/services.def, as the program has it.
 */
#ifndef CW_INSTANCE_SERVICES_H
#define CW_INSTANCE_SERVICES_H

#include <stddef.h>

/* Parts of a draft, in the order of a file. */
enum draft_part { DRAFT_EXECUTABLES, DRAFT_EXEC, DRAFT_BIND, DRAFT_CONNECT, DRAFT_PARTS };

enum service_default {
	SERVICE_ALWAYS,
	SERVICE_CONFIGURED,
	SERVICE_OPERATOR,
	SERVICE_COVERED,
	SERVICE_NEVER,
};

enum service_id {
#define SERVICE(symbol, ...) SERVICE_##symbol,
#include "services.def"
#undef SERVICE
	SERVICES_MAX,
};

struct service {
	const char *id;
	enum draft_part part;
	enum service_default by_default;
	const char *guide;
	const char *title, *binds, *connects, *ports, *source;
	const char *absent;
	const char *example;
};
extern const struct service services[SERVICES_MAX];

#endif
