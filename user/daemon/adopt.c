/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a daemon before us left in the kernel: looked at before anything is loaded, and what it means.
 * One rule holds throughout: what is in force is taken out only when what replaces it stands.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/fault.h"
#include "util/log.h"

static bool pins_wanted(const struct daemon *daemon)
{
	return strcmp(daemon->options.pin_dir, PIN_DIR_NONE) != 0;
}

/* Each line is one thing that is wrong. */
static void tell_problems(const struct buffer *problems)
{
	const char *at = problems->data ? problems->data : "";

	while (*at) {
		size_t length = strcspn(at, "\n");

		log_message(LOG_LEVEL_NOTICE, 0, "  %.*s", (int)length, at);
		at += length + (at[length] == '\n');
	}
}

static int refuse_wrong(const struct daemon *daemon)
{
	log_err(0, "what is pinned in %s is not what was left there", daemon->pins.directory);
	tell_problems(&daemon->pins.problems);
	log_hint("nothing was touched, what is still attached still judges; `cachewarden run "
		 "--recover` puts a new set in its place, `cachewarden disarm` takes it out");
	return -EUCLEAN;
}

/* A set that is not in force: its links go now, its last records are delivered later. */
static int old_add(struct daemon *daemon, const char *set)
{
	struct kern_old *old;

	if (daemon->old_count == OLD_SETS_MAX || kern_old_open(set, &old))
		return kern_old_discard(set);
	daemon->olds[daemon->old_count++] = old;
	return kern_old_detach(old);
}

static int left_over(struct daemon *daemon)
{
	char **names = NULL;
	size_t count = 0;
	int r = kern_pins_left_over(&daemon->pins, &names, &count);

	for (size_t i = 0; i < count; i++) {
		int failed = r ? 0 : old_add(daemon, names[i]);

		r = r ? r : failed;
		free(names[i]);
	}
	free(names);
	return r ? log_err(r, "take out what is left over in %s", daemon->pins.directory) : 0;
}

int daemon_pins_open(struct daemon *daemon)
{
	const char *directory = daemon->options.pin_dir;
	int r;

	daemon->pins.lock = -1;
	if (!pins_wanted(daemon))
		return 0;
	r = kern_pins_open(directory, &daemon->probe, &daemon->pins);
	if (r == -ENODEV) {
		daemon->pins_error = r;
		return 0;
	}
	if (r == -EBUSY) {
		log_err(0, "another cachewarden has %s", directory);
		log_hint("`cachewarden stop` ends it; --pin-dir names another place");
		return r;
	}
	if (r)
		return log_err(r, "look at the pins in %s", directory);
	if (daemon->pins.state == KERN_PINS_WRONG && !daemon->options.recover)
		return refuse_wrong(daemon);
	return left_over(daemon);
}

/* ------------------------------------------------------------------ putting ours in force */

int daemon_pin(struct daemon *daemon)
{
	struct kern_old *old = daemon->replacing;
	int r;

	if (daemon->pins.lock < 0)
		return 0;
	r = kern_pin(daemon->kern, &daemon->pins);
	if (r)
		return log_err(r, "pin in %s", daemon->pins.directory);
	if (!*daemon->pins.replaced)
		return 0;
	if (!old)
		return kern_old_discard(daemon->pins.replaced);
	daemon->replacing = NULL;
	daemon->olds[daemon->old_count++] = old;
	kern_old_moved(old, daemon->pins.replaced);
	r = kern_old_detach(old);
	return r ? log_err(r, "take out %s", daemon->pins.replaced) : 0;
}

/* A daemon may have been killed after it added what a set had counted and before that set was gone. */
static bool is_carried(const struct daemon *daemon, size_t which)
{
	for (size_t i = 0; i < daemon->old_count; i++)
		if (i != which && kern_old_is_carried(daemon->olds[which], daemon->olds[i]))
			return true;
	return false;
}

/* Each step is noted where the next daemon finds it, and can be done again. */
static int drain_old(struct daemon *daemon, struct kern_old *old, bool carried)
{
	int r;

	while ((r = kern_old_consume(old, daemon_record, daemon)) > 0) {
		daemon_flush(daemon);
		recording_settle(daemon);
		kern_old_delivered(old);
	}
	if (r)
		return r;
	tell_old_repeats(daemon, old);
	if (!carried)
		r = kern_old_counters(old, daemon->kern);
	fault_point("old-told");
	return r ? r : kern_old_remove(old);
}

int daemon_drain_old(struct daemon *daemon)
{
	bool carried[OLD_SETS_MAX + 1] = { false };
	int r = daemon->old_count ? kern_old_await() : 0;

	if (r)
		return log_err(r, "wait for the programs that were replaced");
	for (size_t i = 0; i < daemon->old_count; i++)
		carried[i] = is_carried(daemon, i);
	for (size_t i = 0; i < daemon->old_count; i++) {
		r = drain_old(daemon, daemon->olds[i], carried[i]);
		daemon->olds[i] = kern_old_free(daemon->olds[i]);
		if (r)
			return log_err(r, "let go of a set of pins that was replaced");
	}
	daemon->old_count = 0;
	return 0;
}

/* ------------------------------------------------------------------ the end */

int daemon_pins_close(struct daemon *daemon)
{
	/* After a start that failed: what was there before us. */
	bool stays = !daemon->kern ||
		     (!daemon->ending && (kern_set(daemon->kern) || !daemon->made_runtime_dir));
	int r = 0;

	if (daemon->kern && daemon->ending && kern_set(daemon->kern)) {
		if (!kern_pinned(daemon->kern)) {
			log_notice("everything has been taken out (disarm)");
		} else if (!daemon->releasing && govern_keep(daemon)) {
			log_notice("verdicts stay in force (on_stop: keep); `cachewarden disarm` "
				   "takes them out");
			stays = true;
		} else {
			r = kern_release(daemon->kern);
			stays = r && kern_pinned(daemon->kern);
		}
	}
	/* While the pins are still locked: the next daemon writes its own. */
	if (!stays)
		resolve_forget(daemon);
	for (size_t i = 0; i < daemon->old_count; i++)
		daemon->olds[i] = kern_old_free(daemon->olds[i]);
	daemon->replacing = kern_old_free(daemon->replacing);
	kern_pins_close(&daemon->pins);
	return r;
}

/* ------------------------------------------------------------------ while it is in force */

void daemon_check(struct daemon *daemon)
{
	bool before = daemon->damage.length != 0;

	buffer_clear(&daemon->damage);
	kern_check(daemon->kern, &daemon->probe, &daemon->damage);
	/* Twice in a row: `disarm` is not done in an instant, and not to be told of as this. */
	if (!daemon->damage.length || !before || daemon->damage_told) {
		daemon->damage_told &= daemon->damage.length != 0;
		return;
	}
	daemon->damage_told = true;
	log_err(0, "somebody took away what judges: not everything is refused any more");
	tell_problems(&daemon->damage);
	log_hint("`cachewarden stop`, then `cachewarden run --recover` puts a new set in force; "
		 "`run --protect` keeps others from it (lsm, fmod_ret)");
}
