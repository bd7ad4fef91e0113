/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which backend: the first that can be loaded, attached and passes the self-test, or the one that was
 * asked for, or none. A failed self-test never passes for a working backend.
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "daemon/daemon.h"
#include "policy/words.h"
#include "util/fault.h"
#include "util/log.h"

#define CARRY_PASSES 16 /* until one finds nobody new */

/* What a self-test found, as words for people: "connect absent, bind absent". */
static void selftest_words(enum cw_backend backend, const struct kern_selftest *result, char *to,
			   size_t size)
{
	size_t used = 0;

	*to = '\0';
	for (int operation = 0; operation < CW_OPERATION_MAX && used < size; operation++) {
		if (!result->tried[operation] ||
		    result->guard[operation] ==
			    kern_backend_guard(backend, (enum cw_operation)operation))
			continue;
		used += (size_t)snprintf(
			to + used, size - used, "%s%s %s", used ? ", " : "",
			vocabulary_word(&words_operation, (size_t)operation),
			vocabulary_word(&words_kern_guard, result->guard[operation]));
	}
}

/* What the set that is replaced knows, before anything is compiled for the one that replaces it. */
static int backend_inherit(struct daemon *daemon)
{
	int r = daemon->replacing ? numbers_inherit(daemon, daemon->replacing) : 0;

	return r ? r : numbers_recall(daemon);
}

static int backend_test(struct daemon *daemon, enum cw_backend backend, bool quiet)
{
	char words[256];
	int r;

	/* What probing and loading took is not needed again, and would be copied for every child of the self-test. */
	kern_probe_release(&daemon->probe);
	malloc_trim(0);
	r = kern_selftest(daemon->kern, &daemon->selftest);
	daemon->selftest_error = r;
	if (r == -EPROTO) {
		selftest_words(backend, &daemon->selftest, words, sizeof(words));
		log_message(quiet ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, 0,
			    "backend %s failed its self-test: %s; it is not believed",
			    vocabulary_word(&words_backend, backend), words);
		return r;
	}
	return r ? log_err(r, "make the self-test of backend %s",
			   vocabulary_word(&words_backend, backend))
		 : 0;
}

static int label_running(const struct daemon *daemon)
{
	int r = kern_label_running(daemon->kern);

	return r ? log_err(r, "look for processes that are to be governed") : 0;
}

/* Labels of the set that is replaced, and of what nobody labelled yet. */
static int backend_label(struct daemon *daemon)
{
	unsigned int given = 0;
	int r = 0;

	for (int pass = 0; daemon->replacing && pass < CARRY_PASSES; pass++) {
		r = kern_old_labels(daemon->replacing, daemon->kern, &given);
		if (r || !given)
			break;
	}
	if (r)
		return log_err(r, "carry the labels over");
	r = label_running(daemon);
	/* Most were given when the policies were published: no hook was live then, and this is the rest. */
	daemon->labelled = daemon->replacing ? -1 : (int)kern_labels_given(daemon->kern);
	return r;
}

/* The kernel, too, says -EINVAL; here that means mistakes in the policies, and nothing else. */
static int not_policies(int error, const struct diagnostics *diagnostics)
{
	return error == -EINVAL && !diagnostics->errors ? -ENOEXEC : error;
}

/* Attach, test, label, pin. */
static int backend_begin(struct daemon *daemon, enum cw_backend backend, bool quiet)
{
	int r = kern_attach(daemon->kern, &daemon->probe);

	if (r)
		return quiet ? r
			     : log_err(r, "attach the programs of backend %s",
				       vocabulary_word(&words_backend, backend));
	fault_point("attached");
	r = backend_test(daemon, backend, quiet);
	fault_point("tested");
	if (!r)
		r = backend_label(daemon);
	fault_point("labelled");
	return r ? r : daemon_pin(daemon);
}

/* Load, put the policies in force, begin. -EINVAL: the policies have mistakes. */
static int backend_try(struct daemon *daemon, enum cw_backend backend, bool quiet,
		       struct diagnostics *diagnostics)
{
	int r = kern_load(&daemon->probe, backend, quiet, &daemon->kern);

	if (!r)
		r = backend_inherit(daemon);
	fault_point("loaded");
	if (!r)
		r = govern_load(daemon, diagnostics);
	if (!r)
		r = backend_begin(daemon, backend, quiet);
	return not_policies(r, diagnostics);
}

/* What is pinned does what ours would: take it over, and put the policies in force in it. */
static int backend_adopt(struct daemon *daemon, struct diagnostics *diagnostics)
{
	int r = kern_adopt(&daemon->probe, &daemon->pins, &daemon->kern);

	fault_point("adopted");
	if (!r)
		r = numbers_recall(daemon);
	if (!r)
		r = govern_load(daemon, diagnostics);
	fault_point("adopted-loaded");
	if (!r)
		r = backend_test(daemon, daemon->pins.backend, false);
	if (!r)
		r = label_running(daemon);
	if (!r)
		log_notice("took over what is pinned in %s", daemon->pins.current);
	return not_policies(r, diagnostics);
}

/* Forget what an attempt put into the kernel; what it read is read again. */
static void backend_undo(struct daemon *daemon)
{
	daemon->kern = kern_free(daemon->kern);
	governing_release(&daemon->governing);
}

static int backend_forced(struct daemon *daemon, enum cw_backend backend,
			  struct diagnostics *diagnostics)
{
	const char *obstacle = kern_probe_obstacle(&daemon->probe, backend);
	int r;

	if (obstacle) {
		log_err(0, "backend %s cannot work here: %s",
			vocabulary_word(&words_backend, backend), obstacle);
		log_hint("`cachewarden doctor` tells what would");
		return -EOPNOTSUPP;
	}
	r = backend_try(daemon, backend, false, diagnostics);
	if (r)
		backend_undo(daemon);
	return r;
}

static void tell_none(const struct daemon *daemon, const int errors[CW_BACKEND_MAX])
{
	log_err(0, "no backend works on this host");
	for (int backend = 0; backend < CW_BACKEND_MAX; backend++) {
		const char *obstacle = kern_probe_obstacle(&daemon->probe,
							   (enum cw_backend)backend);

		/* -EPROTO: it failed its self-test. */
		log_message(LOG_LEVEL_NOTICE,
			    obstacle || errors[backend] == -EPROTO ? 0 : errors[backend], "%s: %s",
			    vocabulary_word(&words_backend, (size_t)backend),
			    obstacle ? obstacle
				     : "its programs could not be loaded, attached or believed");
	}
	log_hint("`cachewarden doctor` tells what to change");
}

static int backend_best(struct daemon *daemon, struct diagnostics *diagnostics)
{
	int errors[CW_BACKEND_MAX];

	for (int backend = 0; backend < CW_BACKEND_MAX; backend++) {
		struct diagnostics these = { 0 };
		int r = -EOPNOTSUPP;

		if (!kern_probe_obstacle(&daemon->probe, (enum cw_backend)backend))
			r = backend_try(daemon, (enum cw_backend)backend, true, &these);
		errors[backend] = r;
		if (!r || r == -EINVAL) {
			*diagnostics = these;
			if (r)
				backend_undo(daemon);
			return r;
		}
		backend_undo(daemon);
		/* What the last and least backend cannot refuse is worth telling. */
		diagnostics_release(diagnostics);
		*diagnostics = these;
	}
	if (diagnostics->errors)
		return -EOPNOTSUPP;
	tell_none(daemon, errors);
	return -EOPNOTSUPP;
}

static int backend_choose(struct daemon *daemon, struct diagnostics *diagnostics)
{
	const struct kern_pins *pins = &daemon->pins;
	int wanted = daemon->options.backend;

	if (pins->lock >= 0 && pins->state == KERN_PINS_OURS &&
	    (wanted < 0 || wanted == (int)pins->backend))
		return backend_adopt(daemon, diagnostics);
	/* Nothing to learn from a set that is wrong; of any other, what it knows is carried over. */
	if (pins->lock >= 0 && *pins->current && pins->state != KERN_PINS_WRONG) {
		int r = kern_old_open(pins->current, &daemon->replacing);

		if (r)
			return log_err(r, "read what is pinned in %s", pins->current);
	}
	return wanted >= 0 ? backend_forced(daemon, (enum cw_backend)wanted, diagnostics)
			   : backend_best(daemon, diagnostics);
}

int daemon_choose_backend(struct daemon *daemon)
{
	struct diagnostics diagnostics = { 0 };
	int r;

	resolve_recall(daemon);
	r = backend_choose(daemon, &diagnostics);
	if (!r)
		resolve_remember(daemon);
	facts_release(&daemon->recalled);
	diagnostics_print(&diagnostics, stderr, false);
	diagnostics_release(&diagnostics);
	return r;
}
