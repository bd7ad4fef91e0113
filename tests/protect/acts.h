/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CW_PROTECT_ACTS_H
#define CW_PROTECT_ACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PINS "/sys/fs/bpf/cw-protect"
#define SET PINS "/v1"
#define ACTS_MAX 32

struct act {
	const char *name;
	int (*make)(void); /* 0 or an errno */
	bool harmless; /* allowed with --protect too */
};
extern const struct act acts[];
extern const size_t act_count;

/* What may be made by many at once. */
struct crowd_act {
	struct act act;
	bool told_at_least; /* where a hook is passed by, no other can keep it from happening */
};
extern const struct crowd_act crowd_acts[];
extern const size_t crowd_act_count;
void unlink_theirs(void); /* the pins that they left */

int act_map_write(void);
int act_unlink(void);
int act_signal(void);

/* protect.c */
extern pid_t daemon_pid;

#endif
