/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From policies and facts to what the kernel judges by: images are compiled, files are admitted, an image is published
 * by one write, and what is no longer named is removed.
 */
#include <string.h>

#include "daemon/daemon.h"
#include "util/fault.h"
#include "util/log.h"

/* Images that are compiled, and not in force yet: where modes are set for a time, what they fall back to comes first. */
struct publication {
	struct compiled {
		enum cw_image_slot slot;
		const struct policy_set *set; /* borrowed */
		struct image image;
		int map;
		struct catalogue *catalogue;
	} images[2];
	size_t count;
	size_t done; /* … which are in force, and no longer ours */
	uint8_t modes_before[CW_INSTANCES_MAX]; /* as the ledger had them */
};

static void publication_forget(struct publication *publication)
{
	for (size_t i = publication->done; i < publication->count; i++) {
		struct compiled *compiled = &publication->images[i];

		if (!compiled->catalogue)
			continue;
		kern_image_abandon(&compiled->image, compiled->map);
		catalogue_free(compiled->catalogue);
	}
}

static int image_make(struct daemon *daemon, const struct policy_set *set,
		      const struct facts *facts, uint64_t generation,
		      struct diagnostics *diagnostics, struct compiled *compiled)
{
	struct image image;
	int map, r = kern_image_begin(daemon->kern, &image, &map);

	if (r)
		return log_err(r, "make room for a policy image");
	r = image_compile(set, facts, generation, &image, diagnostics, &compiled->catalogue);
	if (r) {
		kern_image_abandon(&image, map);
		return r;
	}
	compiled->set = set;
	compiled->image = image;
	compiled->map = map;
	return 0;
}

/* All that can be wrong with a policy is seen here, and nothing is changed by it. before: the set that is fallen back
 * to; diagnostics of it would be those of the other once more. */
static int publication_make(struct daemon *daemon, const struct policy_set *set,
			    const struct policy_set *before, const struct facts *facts,
			    struct diagnostics *diagnostics, struct publication *publication)
{
	uint64_t generation = daemon->governing.generation;
	struct diagnostics ignored = { 0 };
	struct compiled *current;
	int r;

	publication->count = daemon->fall_back_at ? 2 : 1;
	current = &publication->images[publication->count - 1];
	publication->images[0].slot = CW_IMAGE_BEFORE;
	current->slot = CW_IMAGE_CURRENT;
	r = image_make(daemon, set, facts, generation + publication->count, diagnostics, current);
	if (!r && daemon->fall_back_at)
		r = image_make(daemon, before, facts, generation + 1, &ignored,
			       &publication->images[0]);
	diagnostics_release(&ignored);
	return r;
}

/* What they say is noted, and files are admitted, before one of them counts: of what can fail hardly anything is left
 * then, and both count or neither. */
static int publication_note(struct daemon *daemon, const struct publication *publication,
			    const struct policy_list *list, const struct facts *facts)
{
	int r = 0;

	for (size_t i = 0; !r && i < publication->count; i++) {
		const struct compiled *compiled = &publication->images[i];

		r = numbers_note(daemon, compiled->slot, compiled->set, compiled->catalogue);
		fault_point("noted");
	}
	if (!r)
		r = trust_admit(daemon, list, facts);
	fault_point("admitted");
	return r ? log_err(r, "note what the policies name") : 0;
}

/* The next of them. It is gone then, whatever became of it. */
static int publish_next(struct daemon *daemon, struct publication *publication)
{
	struct governing *governing = &daemon->governing;
	struct compiled *compiled = &publication->images[publication->done++];
	struct catalogue *catalogue = compiled->catalogue;
	struct catalogue **kept = &governing->catalogues[catalogue->generation % CATALOGUES_KEPT];
	int r = kern_image_publish(daemon->kern, compiled->slot, &compiled->image, compiled->map);

	if (r) {
		catalogue_free(catalogue);
		return log_err(r, "publish the policy image");
	}
	fault_point("published");
	governing->generation = catalogue->generation;
	catalogue_free(*kept);
	*kept = catalogue;
	return 0;
}

void govern_settle(struct daemon *daemon, const struct facts *facts)
{
	int swept = trust_sweep(daemon, facts), r;

	if (swept)
		log_err(swept, "forget files that no policy names any more");
	r = kern_label_running(daemon->kern);
	if (r)
		log_err(r, "look for processes that are to be governed");
	daemon->settle_again = swept || r;
}

/* Of a start these are what the daemon before us was told. */
static void modes_keep(struct publication *publication, const struct cw_ledger *ledger)
{
	for (size_t i = 0; i < CW_INSTANCES_MAX; i++)
		publication->modes_before[i] = ledger->instances[i].mode;
}

static void modes_restore(const struct publication *publication, struct cw_ledger *ledger)
{
	for (size_t i = 0; i < CW_INSTANCES_MAX; i++)
		ledger->instances[i].mode = publication->modes_before[i];
}

/* Put a set in force with facts; all stay the caller's. On an error what was in force still is; only what modes fall
 * back to may be of the new set by then, if the kernel took that image and not the one that counts now, and new files
 * are known to it until the next time. */
int govern_publish(struct daemon *daemon, const struct policy_set *set,
		   const struct policy_list *list, const struct facts *facts,
		   struct diagnostics *diagnostics)
{
	struct publication publication = { 0 };
	struct policy_set before = *set;
	uint64_t time;
	int r;

	memcpy(before.mode_override, daemon->mode_before, sizeof(before.mode_override));
	r = publication_make(daemon, set, &before, facts, diagnostics, &publication);
	if (r) {
		publication_forget(&publication);
		return r;
	}
	modes_keep(&publication, kern_ledger(daemon->kern));
	r = publication_note(daemon, &publication, list, facts);
	if (!r && publication.count > 1)
		r = publish_next(daemon, &publication);
	if (!r) {
		time = kern_fall_back_at(daemon->kern, daemon->fall_back_at);
		fault_point("fall-back-set");
		r = publish_next(daemon, &publication);
		if (r)
			kern_fall_back_at(daemon->kern, time);
	}
	if (r) {
		modes_restore(&publication, kern_ledger(daemon->kern));
		publication_forget(&publication);
		return r;
	}
	govern_settle(daemon, facts);
	return 0;
}
