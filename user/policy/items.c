/* SPDX-License-Identifier: GPL-2.0-only */
#include "policy/items.h"

#include <errno.h>

int items_files(const struct view *view, const size_t *executables, size_t count, uint32_t element,
		struct keys *ret)
{
	int r = 0;

	for (size_t i = 0; !r && i < count; i++) {
		const struct pattern_fact *pattern;

		if (view->symbolic) {
			r = keys_add(ret, key_make((uint32_t)executables[i], element));
			continue;
		}
		pattern = facts_pattern(view->facts, view->index, executables[i]);
		for (size_t j = 0; !r && pattern && j < pattern->file_count; j++)
			r = keys_add(ret,
				     key_make(view->facts->files[pattern->files[j]].file, element));
	}
	return r;
}

int items_users(const struct view *view, const struct text *users, size_t count, uint32_t element,
		struct keys *ret)
{
	int r = 0;

	for (size_t i = 0; !r && i < count; i++) {
		const struct id_fact *user = facts_user(view->facts, users[i].value);

		if (!user)
			continue;
		if (view->symbolic)
			r = keys_add(ret, key_make((uint32_t)(user - view->facts->users), element));
		else if (user->known)
			r = keys_add(ret, key_make(user->id, element));
	}
	return r;
}
