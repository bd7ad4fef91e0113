/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What nobody judged: a tracing program does not run while it already runs on the same CPU, and where the
 * kernel may preempt it that is not only itself: the hook then passes by without it. The kernel counts
 * that, from 5.12 on. What takes turns (bpf/turn.bpf.h) was passed by as a whole at most as often as the
 * least of them.
 */
#include <fcntl.h>
#include <string.h>

#include "kern/internal.h"

static const char *const turns[] = { "_again", "_last" };

bool program_ends_in(const char *name, const char *end)
{
	size_t length = strlen(name), tail = strlen(end);

	return length > tail && strcmp(name + length - tail, end) == 0;
}

bool program_takes_turns(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(turns); i++)
		if (program_ends_in(name, turns[i]))
			return true;
	return false;
}

/* A program of ours, or of a set where kern is NULL; negative where there is none. */
static int program_open(const struct kern *kern, const char *set, const char *name)
{
	char path[KERN_PATH], pin[CW_PIN_NAME + 16];

	if (kern) {
		int program = kern_program(kern, name);

		return program < 0 ? -ENOENT : fcntl(program, F_DUPFD_CLOEXEC, 3);
	}
	snprintf(pin, sizeof(pin), "%s%s", pin_kinds[PIN_PROGRAM], name);
	set_path(path, sizeof(path), set, pin);
	return bpf_obj_get(path);
}

/* False where there is no such program. */
static bool program_skipped(const struct kern *kern, const char *set, const char *name,
			    uint64_t *ret)
{
	_cleanup_close_ int program = program_open(kern, set, name);
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	if (program < 0 || bpf_obj_get_info_by_fd(program, &info, &size))
		return false;
	*ret = info.recursion_misses;
	return true;
}

/* Of the first of those that take turns. Of an exec it is called otherwise than the others. */
static uint64_t hook_skipped(const struct kern *kern, const char *set, const char *first)
{
	const char *stem = strcmp(first, "label_committing") == 0 ? "label_exec" : first;
	uint64_t least = 0, skipped;

	program_skipped(kern, set, first, &least);
	for (size_t i = 0; least && i < ARRAY_SIZE(turns); i++) {
		char name[CW_PIN_NAME];

		snprintf(name, sizeof(name), "%s%s", stem, turns[i]);
		if (program_skipped(kern, set, name, &skipped) && skipped < least)
			least = skipped;
	}
	return least;
}

uint64_t skipped_of_ours(const struct kern *kern)
{
	uint64_t skipped = 0;

	for (size_t i = 0; i < program_row_count; i++)
		if (!program_takes_turns(program_rows[i].name))
			skipped += hook_skipped(kern, NULL, program_rows[i].name);
	return skipped;
}

uint64_t skipped_of_set(const char *set)
{
	size_t prefix = strlen(pin_kinds[PIN_PROGRAM]), count = 0;
	uint64_t skipped = 0;
	char **names = NULL;

	if (names_read(set, &names, &count))
		return 0;
	for (size_t i = 0; i < count; i++)
		if (strncmp(names[i], pin_kinds[PIN_PROGRAM], prefix) == 0 &&
		    !program_takes_turns(names[i]))
			skipped += hook_skipped(NULL, set, names[i] + prefix);
	names_free(names, count);
	return skipped;
}
