/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which backend: the first that can be loaded, attached and passes the self-test, or the one that was
 * asked for, or none. A failed self-test never passes for a working backend.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/daemon.h"
#include "policy/words.h"
#include "util/log.h"

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

/* Load, put the policies in force, attach, label, test. -EINVAL: the policies have mistakes. */
static int backend_try(struct daemon *daemon, enum cw_backend backend, bool quiet,
		       struct diagnostics *diagnostics)
{
	unsigned int given;
	char words[256];
	int r;

	r = kern_load(&daemon->probe, backend, quiet, &daemon->kern);
	if (r)
		return r;
	r = govern_load(daemon, diagnostics);
	if (r)
		return r;
	r = kern_attach(daemon->kern, &daemon->probe);
	if (r)
		return quiet ? r
			     : log_err(r, "attach the programs of backend %s",
				       vocabulary_word(&words_backend, backend));
	r = kern_selftest(daemon->kern, &daemon->selftest);
	daemon->selftest_error = r;
	if (r == -EPROTO) {
		selftest_words(backend, &daemon->selftest, words, sizeof(words));
		log_message(quiet ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, 0,
			    "backend %s failed its self-test: %s; it is not believed",
			    vocabulary_word(&words_backend, backend), words);
		return r;
	}
	if (r)
		return log_err(r, "make the self-test of backend %s",
			       vocabulary_word(&words_backend, backend));
	return kern_label_running(daemon->kern, &given);
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

static int backend_best(struct daemon *daemon, struct diagnostics *diagnostics)
{
	for (int backend = 0; backend < CW_BACKEND_MAX; backend++) {
		struct diagnostics these = { 0 };
		int r = -EOPNOTSUPP;

		if (!kern_probe_obstacle(&daemon->probe, (enum cw_backend)backend))
			r = backend_try(daemon, (enum cw_backend)backend, true, &these);
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
	log_err(0, "no backend works on this host");
	for (int backend = 0; backend < CW_BACKEND_MAX; backend++) {
		const char *obstacle = kern_probe_obstacle(&daemon->probe,
							   (enum cw_backend)backend);

		log_message(LOG_LEVEL_NOTICE, 0, "%s: %s",
			    vocabulary_word(&words_backend, (size_t)backend),
			    obstacle ? obstacle
				     : "its programs could not be loaded, attached or believed");
	}
	log_hint("`cachewarden doctor` tells what to change");
	return -EOPNOTSUPP;
}

int daemon_choose_backend(struct daemon *daemon)
{
	struct diagnostics diagnostics = { 0 };
	int r = daemon->options.backend >= 0
			? backend_forced(daemon, (enum cw_backend)daemon->options.backend,
					 &diagnostics)
			: backend_best(daemon, &diagnostics);

	diagnostics_print(&diagnostics, stderr, false);
	diagnostics_release(&diagnostics);
	if (r)
		return r;
	kern_counters(daemon->kern, daemon->baseline);
	return 0;
}
