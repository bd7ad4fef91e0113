/* SPDX-License-Identifier: GPL-2.0-only */
/* The scenes of the integration tests, in their order. */
#include "scenes.h"

#include <stddef.h>

const struct scene scenes[] = {
	{ "running", scene_running },
	{ "table", scene_table },
	{ "files", scene_files },
	{ "modes", scene_modes },
	{ "guards", scene_guards },
	{ "labels", scene_labels },
	{ "trust", scene_trust },
	{ "upgrade", scene_upgrade },
	{ "filesystems", scene_filesystems },
	{ "verity", scene_verity },
	{ "reload", scene_reload },
	{ "tail", scene_tail },
	{ "load", scene_load },
	{ "crowd", scene_crowd, true },
	{ "strangers", scene_strangers, true },
	{ "recording", scene_recording },
	{ "endurance", scene_endurance },
	{ "standin", scene_standin },
	{ "preempted", scene_preempted }, /* what it loses is no matter to those before */
	{ NULL, NULL },
};
