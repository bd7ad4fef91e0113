/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor: what guards each operation on this kernel, by trying it. Every backend that can be loaded is
 * attached for a moment with the canary as the only governed process and put to the self-test; nothing
 * else on the host is touched, and nothing stays.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "kern/kern.h"
#include "policy/words.h"
#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/log.h"

struct examination {
	const char *obstacle; /* why it was not tried; NULL */
	int error; /* of loading, attaching or testing; 0: it works */
	const char *stage; /* where error came from */
	bool tested;
	struct kern_selftest selftest;
};

/* An image of no policies: the canary alone. */
static int publish_canary(struct kern *kern)
{
	struct policy_set nothing = { 0 };
	struct facts facts = { .ephemeral_low = 32768, .ephemeral_high = 60999 };
	struct diagnostics diagnostics = { 0 };
	struct catalogue *catalogue = NULL;
	struct image image;
	int map, r;

	r = kern_image_begin(kern, &image, &map);
	if (r)
		return r;
	r = image_compile(&nothing, &facts, 1, &image, &diagnostics, &catalogue);
	if (r)
		kern_image_abandon(&image, map);
	else
		r = kern_image_publish(kern, CW_IMAGE_CURRENT, &image, map);
	catalogue_free(catalogue);
	diagnostics_release(&diagnostics);
	return r;
}

static void examine(const struct kern_probe *probe, enum cw_backend backend,
		    struct examination *result)
{
	struct kern *kern = NULL;
	int r;

	*result = (struct examination){ .obstacle = kern_probe_obstacle(probe, backend) };
	if (result->obstacle)
		return;
	result->stage = "load its programs";
	r = kern_load(probe, backend, true, &kern);
	if (!r) {
		result->stage = "publish an image";
		r = publish_canary(kern);
	}
	if (!r) {
		result->stage = "attach its programs";
		r = kern_attach(kern, probe);
	}
	if (!r) {
		result->stage = "pass the self-test";
		r = kern_selftest(kern, &result->selftest);
		result->tested = r == 0 || r == -EPROTO;
	}
	kern_free(kern);
	result->error = r;
}

static const char *guard_word(const struct examination *result, int operation)
{
	if (!result->tested)
		return "-";
	if (!result->selftest.tried[operation])
		return "untried";
	return vocabulary_word(&words_kern_guard, result->selftest.guard[operation]);
}

static int best_of(const struct examination results[CW_BACKEND_MAX])
{
	for (int backend = 0; backend < CW_BACKEND_MAX; backend++)
		if (results[backend].tested && !results[backend].error)
			return backend;
	return -1;
}

static void reason_of(const struct examination *result, char *to, size_t size)
{
	if (result->obstacle)
		snprintf(to, size, "%s", result->obstacle);
	else if (result->error == -EPROTO)
		snprintf(to, size,
			 "attached without an error, but it does not do what it is built to do");
	else if (result->error)
		snprintf(to, size, "the kernel would not %s: %s", result->stage,
			 strerror(-result->error));
	else
		snprintf(to, size, "works");
}

/* What a hook that is passed by means here: see bpf/turn.bpf.h. */
static void advise_preemption(const struct kern_probe *probe, const struct examination *fmod_ret,
			      struct buffer *to)
{
	const char *hint = kern_probe_kprobes_hint(probe);

	if (!probe->preempts || fmod_ret->error || !fmod_ret->tested)
		return;
	if (probe->kprobes)
		buffer_add_string(
			to,
			"this kernel preempts tasks within tracing programs and then passes these "
			"by for others: with backend fmod_ret a kprobe judges what a hook and its "
			"second copy were passed by for, and ends the process where these would "
			"refuse; by then the packet of its connect or send may have left\n");
	else
		buffer_add_string(
			to, "this kernel preempts tasks within tracing programs and then passes "
			    "these by for others: with backend fmod_ret what others do meanwhile "
			    "is not judged (`status`: skipped)\n");
	if (hint)
		buffer_printf(to, "%s\n", hint);
}

/* What an operator can change, with this host's own list and never a fixed one. */
static void advise(const struct kern_probe *probe, const struct examination results[CW_BACKEND_MAX],
		   struct buffer *to)
{
	int best = best_of(results);

	if (!probe->lsm_known)
		buffer_add_string(
			to, "mount securityfs, so that the active security modules can be read: "
			    "mount -t securityfs none /sys/kernel/security\n");
	if (probe->lsm_known && !probe->lsm_bpf)
		buffer_printf(to, "for backend lsm, boot with lsm=%s%sbpf\n", probe->lsm,
			      *probe->lsm ? "," : "");
	advise_preemption(probe, &results[CW_BACKEND_FMOD_RET], to);
	if (!*probe->cgroup)
		buffer_add_string(to, "for backend cgroup, mount cgroup v2: "
				      "mount -t cgroup2 none /sys/fs/cgroup/unified\n");
	if (best == CW_BACKEND_CGROUP)
		buffer_add_string(to, "with backend cgroup, policies that enforce need "
				      "`allow_partial: [library, receive]`\n"
				      "backend cgroup cannot protect cachewarden itself from root "
				      "(`run --protect` needs lsm or fmod_ret)\n");
}

static void print_limits(enum cw_backend backend)
{
	const struct kern_limit *limits;
	size_t count;

	limits = kern_limits(&count);
	printf("\nnot caught by %s, by its nature:\n",
	       vocabulary_word(&words_backend, (size_t)backend));
	for (size_t i = 0; i < count; i++)
		if (limits[i].backends & (1u << backend))
			printf("  %s: %s\n", limits[i].what, limits[i].why);
}

/* What a daemon that starts now would find, and make of it. */
static const char *pins_found(const struct kern_probe *probe, const char *directory)
{
	static const char *const words[] = {
		[KERN_PINS_NONE] = "nothing is pinned",
		[KERN_PINS_OURS] = "in force, by these programs",
		[KERN_PINS_OTHER] = "in force, by other programs; `run` replaces them",
		[KERN_PINS_WRONG] = "not what was left there; `run` tells what, `run --recover` "
				    "replaces it",
	};
	struct kern_pins pins;
	const char *word;

	if (strcmp(directory, "none") == 0)
		return "not wanted: verdicts end with the daemon";
	switch (kern_pins_look(directory, probe, &pins)) {
	case 0:
		word = words[pins.state];
		kern_pins_close(&pins);
		return word;
	case -ENODEV:
		return "no bpf file system is there: verdicts would end with the daemon";
	default:
		return "cannot be read";
	}
}

/* Of a column of the table; nothing follows the last one. */
static int backend_width(int backend)
{
	return backend == CW_BACKEND_MAX - 1 ? 0 : -10;
}

static void print_text(const struct kern_probe *probe,
		       const struct examination results[CW_BACKEND_MAX], const char *pins,
		       const char *advice)
{
	int best = best_of(results);
	char reason[512];

	printf("kernel %s, security modules %s\n\n", probe->release,
	       probe->lsm_known ? probe->lsm : "unknown");
	printf("%-10s", "operation");
	for (int backend = 0; backend < CW_BACKEND_MAX; backend++)
		printf(" %*s", backend_width(backend),
		       vocabulary_word(&words_backend, (size_t)backend));
	printf("\n");
	for (int operation = 0; operation < CW_OPERATION_MAX; operation++) {
		printf("%-10s", vocabulary_word(&words_operation, (size_t)operation));
		for (int backend = 0; backend < CW_BACKEND_MAX; backend++)
			printf(" %*s", backend_width(backend),
			       guard_word(&results[backend], operation));
		printf("\n");
	}
	printf("\n");
	for (int backend = 0; backend < CW_BACKEND_MAX; backend++) {
		reason_of(&results[backend], reason, sizeof(reason));
		printf("%-10s %s%s\n", vocabulary_word(&words_backend, (size_t)backend), reason,
		       backend == best ? " (chosen by auto)" : "");
	}
	printf("%-10s %s\n", "pins", pins);
	if (best >= 0)
		print_limits((enum cw_backend)best);
	if (*advice)
		printf("\n%s", advice);
}

static void print_limits_json(void)
{
	const struct kern_limit *limits;
	size_t count;

	limits = kern_limits(&count);
	for (size_t i = 0; i < count; i++) {
		printf("%s{\"key\":\"%s\",\"what\":\"%s\",\"why\":\"%s\",\"older\":%s,"
		       "\"backends\":{",
		       i ? "," : "", limits[i].key, limits[i].what, limits[i].why,
		       limits[i].older ? "true" : "false");
		for (int backend = 0; backend < CW_BACKEND_MAX; backend++)
			printf("%s\"%s\":%d", backend ? "," : "",
			       vocabulary_word(&words_backend, (size_t)backend),
			       limits[i].backends & (1u << backend) ? 1 : 0);
		printf("}}");
	}
}

/* Quotes, backslashes and control characters do not occur in the kernel's words, nor in our own. */
static void print_json(const struct kern_probe *probe,
		       const struct examination results[CW_BACKEND_MAX], const char *pins,
		       char *advice)
{
	int best = best_of(results);
	char reason[512], *save = NULL;
	bool first = true;

	printf("{\"kernel\":\"%s\",\"lsm\":", probe->release);
	printf(probe->lsm_known ? "\"%s\"" : "null", probe->lsm);
	printf(",\"best\":");
	printf(best < 0 ? "null" : "\"%s\"",
	       best < 0 ? "" : vocabulary_word(&words_backend, (size_t)best));
	printf(",\"backends\":{");
	for (int backend = 0; backend < CW_BACKEND_MAX; backend++) {
		const struct examination *result = &results[backend];

		reason_of(result, reason, sizeof(reason));
		printf("%s\"%s\":{\"works\":%s,\"reason\":\"%s\",\"operations\":{",
		       backend ? "," : "", vocabulary_word(&words_backend, (size_t)backend),
		       result->tested && !result->error ? "true" : "false", reason);
		for (int operation = 0; operation < CW_OPERATION_MAX; operation++)
			printf("%s\"%s\":\"%s\"", operation ? "," : "",
			       vocabulary_word(&words_operation, (size_t)operation),
			       result->tested ? guard_word(result, operation) : "untried");
		printf("}}");
	}
	printf("},\"pins\":\"%s\",\"limits\":[", pins);
	print_limits_json();
	printf("],\"advice\":[");
	for (char *line = strtok_r(advice, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		printf("%s\"%s\"", first ? "" : ",", line);
		first = false;
	}
	printf("]}\n");
}

const struct cli_usage cli_doctor_usage = {
	.name = "doctor",
	.operands = "",
	.summary = "What guards each operation on this kernel, why no better backend does, what to "
		   "change.",
	.shared = CLI_OUTPUT | CLI_PIN_DIR,
	.notes = "Each backend is attached for a moment and put to its self-test. Exit status 3: "
		 "none works. What the chosen backend cannot catch by its nature is listed.",
};

int cli_doctor(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_doctor_usage, .argc = argc, .argv = argv };
	struct examination results[CW_BACKEND_MAX];
	struct buffer advice = { 0 };
	struct kern_probe probe;
	const char *pins;

	if (cli_parse(&parser) == CLI_LEAVE)
		return parser.status;
	if (parser.operand < argc)
		return cli_bad_usage(&cli_doctor_usage, "unexpected '%s'", argv[parser.operand]);
	log_set_level(LOG_LEVEL_ERROR);
	kern_probe(&probe);
	for (int backend = 0; backend < CW_BACKEND_MAX; backend++)
		examine(&probe, (enum cw_backend)backend, &results[backend]);
	kern_probe_release(&probe);
	advise(&probe, results, &advice);
	pins = pins_found(&probe, parser.common.pin_dir);
	if (parser.common.json)
		print_json(&probe, results, pins, advice.data ? advice.data : (char[]){ "" });
	else
		print_text(&probe, results, pins, advice.data ? advice.data : "");
	buffer_release(&advice);
	return best_of(results) < 0 ? CLI_CANNOT : CLI_YES;
}
