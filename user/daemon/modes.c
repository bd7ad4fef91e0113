/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Modes that are set by command, for good or for a time, and what stays at the end. They stand in the
 * ledger, so that the next daemon has them too. A time is kept by the kernel: it falls back by itself, to
 * an image that was published together with the one that is in force for a time.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "daemon/daemon.h"
#include "util/fault.h"
#include "util/log.h"

uint64_t modes_now(void)
{
	struct timespec boot;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (uint64_t)boot.tv_sec * 1000000000ull + (uint64_t)boot.tv_nsec;
}

static void modes_note(struct daemon *daemon)
{
	struct cw_ledger *ledger = kern_ledger(daemon->kern);

	for (size_t i = 0; i < CW_INSTANCES_MAX; i++)
		ledger->instances[i].mode_before = daemon->mode_before[i];
	__atomic_store_n(&ledger->deadline, daemon->fall_back_at, __ATOMIC_RELEASE);
}

int govern_modes(struct daemon *daemon, const uint8_t modes[CW_INSTANCES_MAX], uint64_t until,
		 struct diagnostics *diagnostics)
{
	struct governing *governing = &daemon->governing;
	struct policy_set set = governing->set;
	uint64_t until_before = daemon->fall_back_at;
	int r;

	memcpy(set.mode_override, modes, sizeof(set.mode_override));
	r = govern_check_backend(daemon, &set, diagnostics);
	if (r)
		return r;
	/* While a time is running, what it falls back to stays the same: only the time is renewed. */
	if (!until_before)
		memcpy(daemon->mode_before, governing->set.mode_override,
		       sizeof(daemon->mode_before));
	daemon->fall_back_at = until;
	modes_note(daemon);
	fault_point("modes-noted");
	r = govern_publish(daemon, &set, &governing->list, &governing->facts, diagnostics);
	if (r) {
		daemon->fall_back_at = until_before;
		modes_note(daemon);
		return r;
	}
	governing->set = set;
	return 0;
}

int modes_confirm(struct daemon *daemon)
{
	struct diagnostics diagnostics = { 0 };
	int r;

	if (!daemon->fall_back_at)
		return -ENOENT;
	r = govern_modes(daemon, daemon->governing.set.mode_override, 0, &diagnostics);
	diagnostics_release(&diagnostics);
	return r;
}

void modes_fall_back(struct daemon *daemon)
{
	struct diagnostics diagnostics = { 0 };
	int r;

	if (!daemon->fall_back_at || modes_now() < daemon->fall_back_at)
		return;
	log_notice("the time of the changed mode is over: falling back");
	r = govern_modes(daemon, daemon->mode_before, 0, &diagnostics);
	if (r)
		log_err(r, "fall back to the mode before");
	diagnostics_release(&diagnostics);
}

void modes_recall(struct daemon *daemon)
{
	struct cw_ledger *ledger = kern_ledger(daemon->kern);

	daemon->fall_back_at = ledger->deadline;
	for (size_t i = 0; i < CW_INSTANCES_MAX; i++)
		daemon->mode_before[i] = ledger->instances[i].mode_before;
	if (!ledger->deadline || modes_now() < ledger->deadline)
		return;
	daemon->fall_back_at = 0;
	for (size_t i = 0; i < CW_INSTANCES_MAX; i++)
		ledger->instances[i].mode = ledger->instances[i].mode_before;
	ledger->deadline = 0;
}

/* Policies of which nothing is to stay judge nothing from here on; their labels stay with their numbers. */
bool govern_keep(struct daemon *daemon)
{
	struct governing *governing = &daemon->governing;
	struct policy *policies[CW_INSTANCES_MAX];
	struct policy_set set = governing->set;
	struct diagnostics diagnostics = { 0 };
	bool keep = false, leave = false;
	int r = 0;

	for (size_t i = 0; i < set.count; i++) {
		bool keeps = set.policies[i]->on_stop == ON_STOP_KEEP &&
			     !governing_is_vacant(set.policies[i]);

		policies[i] = keeps ? set.policies[i] : NULL;
		keep |= keeps;
		if (keeps || governing_is_vacant(set.policies[i]))
			continue;
		leave = true;
		/* Be it by command alone: then nobody would look for it in the file. */
		if (policy_set_file_mode(&set, i) == CW_MODE_ENFORCE)
			log_warning(
				0,
				"instance %s: enforcing ends with this daemon (on_stop: release)",
				set.policies[i]->instance.value);
	}
	set.policies = policies;
	for (size_t i = 0; keep && leave && !r && i < set.count; i++)
		if (!policies[i])
			r = vacant_policy(i + 1, &policies[i]);
	if (keep && leave && !r)
		r = govern_publish(daemon, &set, &governing->list, &governing->facts, &diagnostics);
	if (r)
		log_err(r, "take out what is not to be kept");
	for (size_t i = 0; i < set.count; i++)
		if (policies[i] && policies[i] != governing->set.policies[i])
			policy_free(policies[i]);
	diagnostics_release(&diagnostics);
	return keep;
}
