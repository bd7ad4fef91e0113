/* SPDX-License-Identifier: GPL-2.0-only */
/* What is tested, in this order, with one daemon for all that does not need its own. */
#ifndef CW_SCENES_H
#define CW_SCENES_H

#include <stdbool.h>

/* The table that a driver is linked with; ends with a row without a name. */
extern const struct scene {
	const char *name;
	void (*run)(void);
	bool alone; /* the daemon's business alone: what the kernel and the backend are is no matter */
} scenes[];

void running_prepare(void); /* before the daemon is there */
void running_release(void);
void scene_running(void); /* what ran before it */
void scene_table(void); /* what is allowed and what is not */
void scene_files(void);
void scene_modes(void);
void scene_guards(void);
void scene_labels(void);
void scene_trust(void);
void scene_upgrade(void); /* many trusted files replaced at once */
void scene_filesystems(void);
void scene_verity(void); /* files that the kernel verifies */
void scene_reload(void);
void scene_tail(void);
void scene_load(void);
void scene_crowd(void); /* many clients, half of them stuck */
void scene_strangers(void); /* what is no request, and who may not ask */
void scene_recording(void);
void scene_endurance(void);
void scene_standin(void);
void scene_preempted(void); /* many at once on few processors */
void standin_release(void);
void leaving_prepare(void); /* what BPF objects there are before */
void scene_leaving(void); /* the end: nothing of ours is left */

/* Who may ask for what, a part of scene_strangers(). */
void strangers_users(void);

/* Parts of the stand-in's scene: scene_roles.c. */
void standin_roles(void);
void standin_listed(void);
void standin_since(void);
void standin_learn(void);

#endif
