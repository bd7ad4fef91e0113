/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "host/names.h"
#include "util/cleanup.h"
#include "util/number.h"

#define ACCOUNT_STRINGS_MAX (1u << 20) /* a group may have many members */

/* 0: found; -ENOENT: there is none; else the look-up failed. */
static int look_up_user(const char *name, char *strings, size_t size, uint32_t *ret)
{
	struct passwd entry, *found = NULL;
	int error = getpwnam_r(name, &entry, strings, size, &found);

	if (found)
		*ret = found->pw_uid;
	return found ? 0 : error ? -error : -ENOENT;
}

static int look_up_group(const char *name, char *strings, size_t size, uint32_t *ret)
{
	struct group entry, *found = NULL;
	int error = getgrnam_r(name, &entry, strings, size, &found);

	if (found)
		*ret = found->gr_gid;
	return found ? 0 : error ? -error : -ENOENT;
}

typedef int look_up(const char *name, char *strings, size_t size, uint32_t *ret);

static int look_up_growing(look_up *look_up, const char *name, uint32_t *ret)
{
	int r = -ERANGE;

	for (size_t size = 4096; r == -ERANGE && size <= ACCOUNT_STRINGS_MAX; size *= 4) {
		_cleanup_free_ char *strings = malloc(size);

		r = strings ? look_up(name, strings, size, ret) : -ENOMEM;
	}
	return r;
}

static int id_gather(look_up *look_up, const char *name, const struct id_fact *previous,
		     struct id_fact *ret)
{
	uint64_t number;
	int r;

	ret->name = strdup(name);
	if (!ret->name)
		return -ENOMEM;
	/* The highest number is "no id". */
	if (number_parse(name, 0, UINT32_MAX - 1, &number) == 0) {
		ret->known = true;
		ret->id = (uint32_t)number;
		return 0;
	}
	r = look_up_growing(look_up, name, &ret->id);
	if (r == -ENOMEM)
		return r;
	ret->known = r == 0;
	/* A directory service that does not answer is not one that says no. */
	if (r && r != -ENOENT && r != -ESRCH && previous && previous->known) {
		ret->known = true;
		ret->id = previous->id;
	}
	return 0;
}

static int texts_add(struct name_set *set, const struct text *texts, size_t count)
{
	int r = 0;

	for (size_t i = 0; !r && i < count; i++)
		r = name_set_add(set, texts[i].value);
	return r;
}

static int users_collect(const struct policy *policy, struct name_set *ret)
{
	const struct guard_policy *guard = &policy->guard;
	int r = policy->owner.value ? name_set_add(ret, policy->owner.value) : 0;

	for (int k = 0; !r && k < CW_RULE_CLASSES; k++)
		for (size_t i = 0; !r && i < policy->classes[k].count; i++)
			r = texts_add(ret, policy->classes[k].rules[i].users,
				      policy->classes[k].rules[i].user_count);
	if (!r)
		r = texts_add(ret, guard->bind.users.items, guard->bind.users.count);
	if (!r)
		r = texts_add(ret, guard->connect.users.items, guard->connect.users.count);
	return r ? r : texts_add(ret, guard->exec.users.items, guard->exec.users.count);
}

int accounts_gather(struct policy *const *policies, size_t count, const struct facts *previous,
		    struct facts *facts)
{
	struct name_set users = { 0 }, groups = { 0 };
	int r = 0;

	for (size_t p = 0; !r && p < count; p++) {
		r = users_collect(policies[p], &users);
		if (!r)
			r = texts_add(&groups, policies[p]->trust_groups.items,
				      policies[p]->trust_groups.count);
	}
	name_set_sort(&users);
	name_set_sort(&groups);
	facts->users = calloc(users.count + 1, sizeof(*facts->users));
	facts->groups = calloc(groups.count + 1, sizeof(*facts->groups));
	if (!facts->users || !facts->groups)
		r = -ENOMEM;
	for (size_t i = 0; !r && i < users.count; i++)
		r = id_gather(look_up_user, users.names[i],
			      previous ? facts_user(previous, users.names[i]) : NULL,
			      &facts->users[facts->user_count++]);
	for (size_t i = 0; !r && i < groups.count; i++)
		r = id_gather(look_up_group, groups.names[i],
			      previous ? facts_group(previous, groups.names[i]) : NULL,
			      &facts->groups[facts->group_count++]);
	free(users.names);
	free(groups.names);
	return r;
}
