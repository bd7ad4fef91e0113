/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers that must not change while the kernel has them: of instances, of files, of generations. They
 * stand in the ledger, which one daemon leaves to the next together with the labels that carry them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"
#include "util/cleanup.h"
#include "util/fault.h"
#include "util/log.h"

/* ------------------------------------------------------------------ instances */

/*
 * Labels carry instance numbers, so an instance keeps its number as long as labels live: in the
 * ledger, from one daemon to the next. Where a
 * policy has been taken away, a vacant one that judges nothing holds the place.
 */
#define VACANT_PREFIX "vacant-"

bool governing_is_vacant(const struct policy *policy)
{
	return strncmp(policy->instance.value, VACANT_PREFIX, strlen(VACANT_PREFIX)) == 0 &&
	       strcmp(policy->file, "(vacant)") == 0;
}

int vacant_policy(size_t number, struct policy **ret)
{
	struct diagnostics ignored = { 0 };
	char text[512];
	int r;

	snprintf(text, sizeof(text),
		 "version: 1\ninstance: " VACANT_PREFIX "%zu\nmode: audit\n"
		 "executables:\n  none: { path: /nonexistent/cachewarden, entry: true }\n"
		 "exec: off\nbind: off\nconnect: off\nlibrary: off\nsockets: off\n",
		 number);
	r = policy_read("(vacant)", text, strlen(text), &ignored, ret);
	diagnostics_release(&ignored);
	return r;
}

size_t list_find(const struct policy_list *list, const char *instance)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i] && strcmp(list->items[i]->instance.value, instance) == 0)
			return i;
	return list->count;
}

/* A number that was nobody's; else one whose policy is gone; else one that is too high, of which the
 * compiler will say so. */
static size_t place_free(const struct cw_ledger *ledger, struct policy *const *items)
{
	size_t place = 0;

	for (size_t i = 0; i + 1 < CW_INSTANCES_MAX; i++)
		if (!items[i] && !*ledger->instances[i + 1].name)
			return i;
	while (items[place])
		place++;
	return place;
}

/* Those that are known keep their places, in which newcomers then take what is free. */
static void list_place(const struct cw_ledger *ledger, struct policy_list *fresh,
		       struct policy **items)
{
	for (size_t i = 0; i + 1 < CW_INSTANCES_MAX; i++) {
		const char *name = ledger->instances[i + 1].name;
		size_t found = *name ? list_find(fresh, name) : fresh->count;

		if (found < fresh->count)
			items[i] = take_ptr(fresh->items[found]);
	}
	for (size_t i = 0; i < fresh->count; i++)
		if (fresh->items[i])
			items[place_free(ledger, items)] = take_ptr(fresh->items[i]);
}

int numbers_assign(const struct cw_ledger *ledger, struct policy_list *fresh,
		   uint8_t modes[CW_INSTANCES_MAX])
{
	size_t count = CW_INSTANCES_MAX + fresh->count;
	struct policy **items = calloc(count, sizeof(*items));

	if (!items)
		return -ENOMEM;
	list_place(ledger, fresh, items);
	while (count && !items[count - 1])
		count--;
	free(fresh->items);
	fresh->items = items;
	fresh->count = count;
	for (size_t i = 0; i < count; i++) {
		int r = items[i] ? 0 : vacant_policy(i + 1, &items[i]);

		if (r)
			return r;
		/* A mode that was set by command stays with its instance. */
		if (i + 1 < CW_INSTANCES_MAX &&
		    strcmp(items[i]->instance.value, ledger->instances[i + 1].name) == 0)
			modes[i + 1] = ledger->instances[i + 1].mode;
	}
	return 0;
}

/* The name of an instance whose policy is gone stays: its number is given to another only when there is
 * no number left, for processes still carry it. */
static void note_instances(struct cw_ledger *ledger, const struct policy_set *set)
{
	for (size_t i = 0; i < set->count && i + 1 < CW_INSTANCES_MAX; i++) {
		struct cw_ledger_instance *noted = &ledger->instances[i + 1];
		const char *name = set->policies[i]->instance.value;

		if (governing_is_vacant(set->policies[i]))
			continue;
		if (strcmp(noted->name, name) != 0) {
			memset(noted, 0, sizeof(*noted));
			snprintf(noted->name, sizeof(noted->name), "%s", name);
		}
	}
}

/* Modes are noted apart from the image that a fall-back needs beside. */
static void note_modes(struct daemon *daemon, const struct policy_set *set)
{
	struct cw_ledger *ledger = kern_ledger(daemon->kern);

	for (size_t i = 1; i < CW_INSTANCES_MAX; i++)
		ledger->instances[i].mode = set->mode_override[i];
}

/* ------------------------------------------------------------------ files */

static int restore_file(void *context, uint32_t file, const char *path)
{
	int r = file_registry_restore(context, file, path);

	return r == -EEXIST ? 0 : r;
}

static int note_files(struct daemon *daemon)
{
	uint32_t count = file_registry_count(daemon->registry);

	for (; daemon->files_noted < count; daemon->files_noted++) {
		const char *path = file_registry_path(daemon->registry, daemon->files_noted);
		int r = path ? kern_file_name_set(daemon->kern, daemon->files_noted, path) : 0;

		if (r)
			return r;
	}
	return 0;
}

/* ------------------------------------------------------------------ generations */

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (text = text ? text : ""; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3ull;
	return (hash ^ 0xff) * 0x100000001b3ull;
}

static uint64_t hash_rules(uint64_t hash, const struct catalogue_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char line[24];

		snprintf(line, sizeof(line), "%u", rules[i].line);
		hash = hash_text(hash_text(hash, rules[i].id), rules[i].why);
		hash = hash_text(hash_text(hash, rules[i].file), line);
	}
	return hash_text(hash, "");
}

/* Two catalogues with one hash name the same rules under the same numbers. */
static uint64_t hash_catalogue(const struct catalogue *catalogue)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < catalogue->instance_count; i++) {
		const struct catalogue_instance *instance = &catalogue->instances[i];

		hash = hash_text(hash_text(hash, instance->name), instance->file);
		for (int k = 0; k < CW_RULE_CLASSES; k++)
			hash = hash_rules(hash, instance->rules[k], instance->count[k]);
		hash = hash_rules(hash, instance->classes, CW_CLASS_MAX);
	}
	for (int k = 0; k < CW_RULE_CLASSES; k++)
		hash = hash_rules(hash, catalogue->guards[k], catalogue->guard_count[k]);
	return hash;
}

/* Records of the daemon before us are named by our first catalogue, as far back as it is theirs. */
static void recall_catalogues(struct governing *governing, const struct cw_ledger *ledger,
			      uint64_t hash)
{
	uint64_t generation = governing->generation;

	governing->same_as = governing->same_from = generation + 1;
	for (int kept = 0; kept < CW_GENERATIONS && generation; kept++, generation--) {
		if (ledger->catalogue[generation % CW_GENERATIONS] != hash)
			break;
		governing->same_from = generation;
	}
}

/* ------------------------------------------------------------------ the whole */

int numbers_note(struct daemon *daemon, enum cw_image_slot slot, const struct policy_set *set,
		 const struct catalogue *catalogue)
{
	struct cw_ledger *ledger = kern_ledger(daemon->kern);
	uint64_t hash = hash_catalogue(catalogue);
	int r = note_files(daemon);

	if (r)
		return r;
	if (!daemon->governing.same_as)
		recall_catalogues(&daemon->governing, ledger, hash);
	ledger->catalogue[catalogue->generation % CW_GENERATIONS] = hash;
	ledger->generation = catalogue->generation;
	note_instances(ledger, set);
	if (slot == CW_IMAGE_CURRENT)
		note_modes(daemon, set);
	return 0;
}

int numbers_recall(struct daemon *daemon)
{
	daemon->governing.generation = kern_ledger(daemon->kern)->generation;
	modes_recall(daemon);
	daemon->files_noted = 1;
	return kern_file_names(daemon->kern, restore_file, daemon->registry);
}

int numbers_inherit(struct daemon *daemon, struct kern_old *old)
{
	const struct cw_ledger *from = kern_old_ledger(old);
	struct cw_ledger *to = kern_ledger(daemon->kern);

	to->generation = from->generation;
	to->deadline = from->deadline;
	to->unwritten = from->unwritten;
	to->unwritten_last = from->unwritten_last;
	memcpy(to->catalogue, from->catalogue, sizeof(to->catalogue));
	memcpy(to->instances, from->instances, sizeof(to->instances));
	return kern_old_file_names(old, restore_file, daemon->registry);
}
