/* SPDX-License-Identifier: GPL-2.0-only */
/* The scenes of the evasion suite, for the driver of the integration tests. */
#include "../integration/scenes.h"

#include "evasion.h"

const struct scene scenes[] = {
	{ "limits", limits_read },	{ "beginnings", scene_beginnings },
	{ "network", scene_network },	{ "handed", scene_handed },
	{ "programs", scene_programs }, { "scripts", scene_scripts },
	{ "code", scene_code },		{ "processes", scene_processes },
	{ "sum", evasions_sum },	{ NULL, NULL },
};
