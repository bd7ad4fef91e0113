/* SPDX-License-Identifier: GPL-2.0-only */
#include "instance/services.h"

const struct service services[SERVICES_MAX] = {
#define SERVICE(symbol, id, part, by_default, ...) \
	[SERVICE_##symbol] = { id, DRAFT_##part, SERVICE_##by_default, __VA_ARGS__ },
#include "services.def"
#undef SERVICE
};
