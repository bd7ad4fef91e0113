/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which programs belong to which backend, and what is pinned: two tables that loading, attaching,
 * pinning and adopting all walk.
 */
#include <stdio.h>
#include <string.h>

#include "kern/internal.h"

#define LSM (1u << CW_BACKEND_LSM)
#define FMOD (1u << CW_BACKEND_FMOD_RET)
#define CGROUP (1u << CW_BACKEND_CGROUP)
#define EVERY (LSM | FMOD | CGROUP)
/* Wanted only where the kernel preempts tasks within tracing programs; … and kprobes can be had. */
#define AGAIN(backends) ((backends) << 8 * KERN_TURNS_AGAIN)
#define LAST(backends) ((backends) << 8 * KERN_TURNS_LAST)

/* See bpf/turn.bpf.h. What is attached later runs earlier. */
#define TURNS(name) \
	{ "fmod_" #name "_last", LAST(FMOD), ATTACH_BODY }, \
		{ "fmod_" #name "_again", LAST(FMOD), ATTACH_PLAIN }, \
	{ \
		"fmod_" #name, FMOD, ATTACH_PLAIN \
	}

/* In the order of attaching: labels are kept before anything is judged by them. */
const struct program_row program_rows[] = {
	{ "identify", EVERY, ATTACH_NOT },
	{ "label_running", EVERY, ATTACH_NOT },
	{ "label_fork", EVERY, ATTACH_PLAIN },
	{ "label_fork_again", AGAIN(EVERY), ATTACH_PLAIN },
	{ "label_fork_last", LAST(EVERY), ATTACH_PLAIN },
	{ "label_exit", EVERY, ATTACH_PLAIN },
	{ "label_exit_again", AGAIN(EVERY), ATTACH_PLAIN },
	{ "cgroup_exec", CGROUP,
	  ATTACH_PLAIN }, /* judges the exec that label_exec then makes true */
	{ "cgroup_exec_again", AGAIN(CGROUP), ATTACH_PLAIN },
	{ "label_exec", CGROUP, ATTACH_PLAIN },
	{ "label_committing", LSM | FMOD, ATTACH_PLAIN },
	{ "label_exec_again", LSM | FMOD | AGAIN(CGROUP), ATTACH_PLAIN },
	{ "label_exec_last", LAST(LSM | FMOD), ATTACH_PLAIN },
	{ "inherit_exec", EVERY, ATTACH_PLAIN },
	{ "lsm_exec", LSM, ATTACH_PLAIN },
	{ "lsm_create", LSM, ATTACH_PLAIN },
	{ "lsm_connect", LSM, ATTACH_PLAIN },
	{ "lsm_bind", LSM, ATTACH_PLAIN },
	{ "lsm_listen", LSM, ATTACH_PLAIN },
	{ "lsm_send", LSM, ATTACH_PLAIN },
	{ "lsm_option", LSM, ATTACH_PLAIN },
	{ "lsm_receive", LSM, ATTACH_PLAIN },
	{ "lsm_sctp", LSM, ATTACH_PLAIN },
	{ "lsm_mmap", LSM, ATTACH_PLAIN },
	{ "lsm_protect", LSM, ATTACH_PLAIN },
	{ "lsm_trace", LSM, ATTACH_PLAIN },
	{ "lsm_traceme", LSM, ATTACH_PLAIN },
	{ "lsm_open", LSM, ATTACH_PLAIN },
	TURNS(exec),
	TURNS(create),
	TURNS(connect),
	TURNS(bind),
	TURNS(listen),
	TURNS(send),
	TURNS(option),
	TURNS(receive),
	TURNS(sctp),
	TURNS(mmap),
	TURNS(protect),
	TURNS(trace),
	TURNS(traceme),
	TURNS(open),
	{ "tell_changed", EVERY, ATTACH_NOT },
	{ "cgroup_create", CGROUP, ATTACH_CGROUP },
	{ "cgroup_connect4", CGROUP, ATTACH_CGROUP },
	{ "cgroup_connect6", CGROUP, ATTACH_CGROUP },
	{ "cgroup_sendmsg4", CGROUP, ATTACH_CGROUP },
	{ "cgroup_sendmsg6", CGROUP, ATTACH_CGROUP },
	{ "cgroup_bind4", CGROUP, ATTACH_CGROUP },
	{ "cgroup_bind6", CGROUP, ATTACH_CGROUP },
	{ "cgroup_listen", CGROUP, ATTACH_PLAIN },
};
const size_t program_row_count = ARRAY_SIZE(program_rows);
_Static_assert(ARRAY_SIZE(program_rows) <= KERN_PROGRAMS_MAX, "programs");

bool row_wanted(const struct program_row *row, enum cw_backend backend, enum kern_turns turns)
{
	for (unsigned int turn = KERN_TURNS_FIRST; turn <= turns; turn++)
		if (row->backends >> 8 * turn & (1u << backend))
			return true;
	return false;
}

int kern_program(const struct kern *kern, const char *name)
{
	for (size_t i = 0; i < program_row_count; i++)
		if (strcmp(program_rows[i].name, name) == 0)
			return kern->programs[i];
	return -1;
}

const char *const pin_kinds[PIN_KIND_MAX] = {
	[PIN_MAP] = "map_",
	[PIN_PROGRAM] = "program_",
	[PIN_LINK] = "link_",
};

/* Names of the compiler's own sections begin with the object's, and have a dot, which a bpf file
 * system does not take. */
static const char *map_name(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

static void pin_add(struct pin *pin, enum pin_kind kind, const char *name)
{
	*pin = (struct pin){ .kind = kind };
	snprintf(pin->name, sizeof(pin->name), "%s%s", pin_kinds[kind], name);
}

size_t pin_table(struct warden_bpf *skeleton, enum cw_backend backend, enum kern_turns turns,
		 struct pin pins[CW_PINS_MAX])
{
	struct bpf_map *map;
	size_t count = 0;

	bpf_object__for_each_map(map, skeleton->obj)
	{
		pin_add(&pins[count], PIN_MAP, map_name(map));
		pins[count++].map = map;
	}
	for (size_t i = 0; i < program_row_count; i++) {
		const struct program_row *row = &program_rows[i];
		struct bpf_program *program = bpf_object__find_program_by_name(skeleton->obj,
									       row->name);

		for (int kind = PIN_PROGRAM; kind <= PIN_LINK; kind++) {
			if (!row_wanted(row, backend, turns) || count == CW_PINS_MAX ||
			    (kind == PIN_LINK && row->kind == ATTACH_NOT))
				continue;
			pin_add(&pins[count], (enum pin_kind)kind, row->name);
			pins[count].program = program;
			pins[count++].row = row;
		}
	}
	return count;
}
