/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From policies and facts to what the kernel judges by: images are compiled, files are admitted, an image is published
 * by one write, and what is no longer named is removed.
 */
#include <string.h>

#include "daemon/daemon.h"
#include "util/fault.h"
#include "util/log.h"

/* An image that is compiled, and not in force yet. */
struct compiled {
	struct image image;
	int map;
	struct catalogue *catalogue;
};

static void image_forget(struct compiled *compiled)
{
	kern_image_abandon(&compiled->image, compiled->map);
	catalogue_free(compiled->catalogue);
}

/* All that can be wrong with a policy is seen here, and nothing is changed by it. */
static int image_make(struct daemon *daemon, const struct policy_set *set,
		      const struct facts *facts, uint64_t generation,
		      struct diagnostics *diagnostics, struct compiled *ret)
{
	struct compiled compiled = { 0 };
	int r = kern_image_begin(daemon->kern, &compiled.image, &compiled.map);

	if (r)
		return log_err(r, "make room for a policy image");
	r = image_compile(set, facts, generation, &compiled.image, diagnostics,
			  &compiled.catalogue);
	if (r)
		image_forget(&compiled);
	else
		*ret = compiled;
	return r;
}

/* Note what it says, and put it in one of the two places. It is gone then, whatever became of it. */
static int image_put(struct daemon *daemon, enum cw_image_slot slot, const struct policy_set *set,
		     const struct policy_list *list, const struct facts *facts,
		     struct compiled *compiled)
{
	struct governing *governing = &daemon->governing;
	struct catalogue *catalogue = compiled->catalogue;
	struct catalogue **kept = &governing->catalogues[catalogue->generation % CATALOGUES_KEPT];
	int r = numbers_note(daemon, slot, set, catalogue);

	fault_point("noted");
	if (!r)
		r = trust_admit(daemon, list, facts);
	fault_point("admitted");
	if (r) {
		image_forget(compiled);
		return log_err(r, "note what the policies name");
	}
	r = kern_image_publish(daemon->kern, slot, &compiled->image, compiled->map);
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

/* Where modes are set for a time, what they fall back to is published first. */
static int publish_before(struct daemon *daemon, const struct policy_set *set,
			  const struct policy_list *list, const struct facts *facts)
{
	struct diagnostics ignored = { 0 }; /* the same as of the current one */
	struct policy_set before = *set;
	struct compiled compiled;
	int r;

	if (!daemon->fall_back_at)
		return 0;
	memcpy(before.mode_override, daemon->mode_before, sizeof(before.mode_override));
	r = image_make(daemon, &before, facts, daemon->governing.generation + 1, &ignored,
		       &compiled);
	diagnostics_release(&ignored);
	return r ? r : image_put(daemon, CW_IMAGE_BEFORE, &before, list, facts, &compiled);
}

/* The image is in force, whatever comes of these; the next look at the host tries them again. */
static void publish_settle(struct daemon *daemon, const struct facts *facts)
{
	int r = trust_sweep(daemon, facts);

	if (r)
		log_err(r, "forget files that no policy names any more");
	r = kern_label_running(daemon->kern);
	if (r)
		log_err(r, "look for processes that are to be governed");
}

/* Put a set in force with facts; all stay the caller's. On an error what was in force still is. */
int govern_publish(struct daemon *daemon, const struct policy_set *set,
		   const struct policy_list *list, const struct facts *facts,
		   struct diagnostics *diagnostics)
{
	uint64_t generation = daemon->governing.generation + (daemon->fall_back_at ? 2 : 1);
	struct compiled current;
	uint64_t time;
	int r = image_make(daemon, set, facts, generation, diagnostics, &current);

	if (r)
		return r;
	r = publish_before(daemon, set, list, facts);
	if (r) {
		image_forget(&current);
		return r;
	}
	time = kern_fall_back_at(daemon->kern, daemon->fall_back_at);
	fault_point("fall-back-set");
	r = image_put(daemon, CW_IMAGE_CURRENT, set, list, facts, &current);
	if (r) {
		kern_fall_back_at(daemon->kern, time);
		numbers_note_modes(daemon, &daemon->governing.set);
	} else {
		publish_settle(daemon, facts);
	}
	return r;
}
