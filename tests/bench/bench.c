/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The driver.
 *
 *	bench native|guest BACKEND|load|daemon PROGRAM|reading DIRECTORY [--rounds N] [--json FILE]
 *
 * In each round every variant is entered, every act warmed up and timed in batches. The tenth percentile of the
 * batches stands for the round: whoever else uses the machine only ever adds to a time. Differences are taken within a
 * round, and a figure is the quotient of their medians over the rounds. Where a plan says so all is loaded anew every few
 * rounds: where the kernel happens to put a program is worth a tenth of its time.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "kern/kern.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/log.h"

#define ROUNDS_MAX 200 /* on the command line */
#define TIMES_MAX (8 * ROUNDS_MAX)
#define BATCHES_MAX 400
#define DISTURBED_MAX 300 /* a minute and a half */
#define WARM_UP 100 /* acts: by then what entering did to caches and free pages is over */

static unsigned int rounds = 40;
static double times[ACT_MAX][VARIANT_MAX][TIMES_MAX];

/* ------------------------------------------------------------------ statistics */

static double median_difference(enum act_id act, enum variant_id over, enum variant_id base)
{
	double differences[TIMES_MAX];

	for (unsigned int i = 0; i < rounds; i++)
		differences[i] = times[act][over][i] - times[act][base][i];
	return median(differences, rounds);
}

/* ------------------------------------------------------------------ report */

static void figure_report(struct report *report, const struct plan *plan,
			  const struct figure *figure)
{
	double over = median_difference(figure->act, figure->over, figure->over_base);
	struct result result = {
		.suite = plan->suite, .value = over, .target = figure->target, .unit = plan->unit
	};

	snprintf(result.name, sizeof(result.name), "%s: %s", acts[figure->act].name, figure->name);
	if (figure->under != VARIANT_MAX) {
		double under = median_difference(figure->act, figure->under, figure->under_base);

		result.value = over / under;
		result.unit = "x";
		snprintf(result.detail, sizeof(result.detail), "%.0f / %.0f %s", over, under,
			 plan->unit);
	}
	report_add(report, &result);
}

static void absolute_report(struct report *report, const struct plan *plan)
{
	for (size_t a = 0; a < plan->act_count; a++)
		for (size_t v = 0; v < plan->variant_count; v++) {
			enum act_id act = plan->acts[a];
			enum variant_id variant = plan->variants[v];
			struct result result = { .suite = plan->suite, .unit = plan->unit };
			double copy[TIMES_MAX];

			memcpy(copy, times[act][variant], sizeof(copy));
			result.value = median(copy, rounds);
			snprintf(result.name, sizeof(result.name), "%s: %s", acts[act].name,
				 variants[variant].name);
			if (variant != VARIANT_NONE)
				snprintf(result.detail, sizeof(result.detail), "%+.1f above none",
					 median_difference(act, variant, VARIANT_NONE));
			report_add(report, &result);
		}
}

/* ------------------------------------------------------------------ measuring */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/*
 * An exec is 70,000 instructions, and the hook's are lost in what else differs between two of them. So
 * where a plan says so, the kernel's statistics tell how long the hook's program ran; what it takes to get to
 * an empty program is added from connect, whose hook is entered in the same way.
 */
static double statistics_time(void)
{
	__u32 id = 0;
	double sum = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		_cleanup_close_ int program = bpf_prog_get_fd_by_id(id);
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (program >= 0 && !bpf_obj_get_info_by_fd(program, &info, &size) &&
		    variants_exec(info.name))
			sum += (double)info.run_time_ns;
	}
	return sum;
}

static void statistics_complete(unsigned int round)
{
	double entered = times[ACT_CONNECT][VARIANT_EMPTY][round] -
			 times[ACT_CONNECT][VARIANT_NONE][round];
	double nothing = times[ACT_EXEC][VARIANT_EMPTY][round];

	for (int variant = VARIANT_NONE + 1; variant < VARIANT_MAX; variant++)
		times[ACT_EXEC][variant][round] += entered - nothing;
}

/* One act by the statistics: they cost time themselves, so they are on for that alone. */
static int act_statistics(const struct plan *plan, enum act_id id, double *ret)
{
	_cleanup_close_ int statistics = bpf_enable_stats(BPF_STATS_RUN_TIME);
	double batches[BATCHES_MAX];
	int r = statistics < 0 ? -errno : acts[id].open();

	if (r)
		return r;
	for (unsigned int b = 0; !r && b < plan->batches; b++) {
		double start = statistics_time();

		r = acts[id].once();
		batches[b] = statistics_time() - start;
	}
	acts[id].close();
	*ret = least_disturbed(batches, plan->batches);
	return r;
}

static int act_time(const struct plan *plan, enum act_id id, const struct variant *variant,
		    double *ret)
{
	const struct act *act = &acts[id];
	double batches[BATCHES_MAX];
	unsigned int n = plan->batch[id];
	int r;

	if (id == ACT_EXEC && plan->exec_by_statistics)
		return act_statistics(plan, id, ret);
	r = act->open();

	if (r)
		return log_err(r, "%s, %s", act->name, variant->name);
	for (unsigned int i = 0; !r && i < WARM_UP; i++)
		r = act->once();
	for (unsigned int b = 0; !r && b < plan->batches; b++) {
		double start;

		if (variant->between)
			variant->between();
		for (unsigned int i = 0; !r && plan->lead_in && i < n / 10 + 1; i++)
			r = act->once();
		start = now();
		for (unsigned int i = 0; !r && i < n; i++)
			r = act->once();
		batches[b] = (now() - start) / n;
	}
	act->close();
	if (r)
		return log_err(r, "%s, %s", act->name, variant->name);
	*ret = least_disturbed(batches, plan->batches);
	return 0;
}

/*
 * Programs of somebody else at the same place (another run, a test) make `without` mean something
 * else. A round in which any are seen is not counted.
 */
static bool undisturbed(void)
{
	static const enum bpf_attach_type types[] = { BPF_CGROUP_INET4_CONNECT,
						      BPF_CGROUP_UDP4_SENDMSG,
						      BPF_CGROUP_INET4_BIND };
	_cleanup_close_ int cgroup = -1;
	struct kern_probe probe;

	kern_probe(&probe);
	kern_probe_release(&probe);
	cgroup = open(probe.cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; cgroup >= 0 && i < ARRAY_SIZE(types); i++) {
		__u32 count = 0;

		if (!bpf_prog_query(cgroup, types[i], 0, NULL, NULL, &count) && count)
			return false;
	}
	return true;
}

/* LSM links go only after a grace period, and then by a worker. */
static void grace(const struct plan *plan)
{
	struct timespec time = { .tv_nsec = 400000000 };

	if (plan->backend != CW_BACKEND_CGROUP)
		nanosleep(&time, NULL);
}

/* Each round in another order: what one variant leaves behind (full page lists, warm caches) must not
 * always meet the same other one. */
static void shuffle(const struct plan *plan, enum variant_id order[VARIANT_MAX])
{
	memcpy(order, plan->variants, plan->variant_count * sizeof(*order));
	for (size_t i = plan->variant_count - 1; i > 0; i--) {
		size_t other = (size_t)random() % (i + 1);
		enum variant_id kept = order[i];

		order[i] = order[other];
		order[other] = kept;
	}
}

static int round_run(const struct plan *plan, unsigned int round)
{
	enum variant_id order[VARIANT_MAX];

	shuffle(plan, order);
	for (size_t i = 0; i < plan->variant_count; i++) {
		enum variant_id id = order[i];
		int r = variants[id].enter(id);

		if (r)
			return log_err(r, "enter variant %s", variants[id].name);
		for (size_t a = 0; !r && a < plan->act_count; a++)
			r = act_time(plan, plan->acts[a], &variants[id],
				     &times[plan->acts[a]][id][round]);
		variants[id].leave();
		if (r)
			return r;
		grace(plan);
	}
	if (plan->exec_by_statistics)
		statistics_complete(round);
	return 0;
}

static int load_all(const struct plan *plan)
{
	int r = variants_open(plan->backend);

	if (r)
		return log_err(r, "prepare the small objects");
	r = governed_open(plan->backend);
	return r ? log_err(r, "prepare the kernel side") : 0;
}

static void unload_all(void)
{
	governed_close();
	variants_close();
}

/* … anew, for the round that comes. */
static bool load_due(const struct plan *plan, unsigned int round)
{
	return plan->rounds_loaded && round < rounds && round % plan->rounds_loaded == 0;
}

static int plan_run(const struct plan *plan, struct report *report)
{
	int r;

	if (plan->rounds)
		rounds *= plan->rounds;
	act_exec_whole = plan->whole_exec;
	r = acts[ACT_EXEC].open() ?: load_all(plan);
	if (r)
		return r;
	for (unsigned int round = 0, disturbed = 0; !r && round < rounds;) {
		bool before = undisturbed();

		if (before)
			r = round_run(plan, round);
		if (before && undisturbed()) {
			round++;
			if (!r && load_due(plan, round)) {
				unload_all();
				r = load_all(plan);
				if (r)
					return r;
			}
		} else if (++disturbed > DISTURBED_MAX) {
			return log_message(LOG_LEVEL_ERROR, -EBUSY,
					   "somebody else's cgroup programs stay attached");
		} else {
			nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
		}
	}
	if (!r)
		for (size_t i = 0; i < plan->figure_count; i++)
			figure_report(report, plan, &plan->figures[i]);
	if (!r)
		absolute_report(report, plan);
	unload_all();
	return r;
}

/* The last CPU, as far from interrupts as a small machine allows. */
static void pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &set);
	sched_setaffinity(0, sizeof(set), &set);
	setpriority(PRIO_PROCESS, 0, -20);
}

static int suite_run(char **words, struct report *report)
{
	/* The daemon, its clients and what loads its programs run where they please. */
	if (strcmp(words[0], "worker") == 0 && words[1])
		return worker_run((unsigned int)strtoul(words[1], NULL, 10));
	if (strcmp(words[0], "daemon") == 0 && words[1])
		return daemon_run(report, words[1]);
	if (strcmp(words[0], "load") == 0)
		return load_run(report);
	pin();
	if (strcmp(words[0], "reading") == 0 && words[1])
		return reading_run(report, words[1]);
	if (strcmp(words[0], "native") == 0)
		return plan_run(&plan_native, report) ?: plan_run(&plan_native_exec, report);
	if (strcmp(words[0], "guest") == 0 && words[1])
		for (enum cw_backend backend = 0; backend < CW_BACKEND_MAX; backend++)
			if (strcmp(words[1], vocabulary_word(&words_backend, backend)) == 0)
				return plan_run(&plan_guest[backend], report);
	return -EINVAL;
}

int main(int argc, char **argv)
{
	struct report report = { 0 };
	char *words[3] = { 0 };
	size_t count = 0;
	int r;

	for (int i = 1; i < argc; i++) {
		if (i + 1 < argc && strcmp(argv[i], "--rounds") == 0)
			rounds = (unsigned int)strtoul(argv[++i], NULL, 10);
		else if (i + 1 < argc && strcmp(argv[i], "--json") == 0)
			report.json = strcmp(argv[++i], "-") ? fopen(argv[i], "we") : stdout;
		else if (count < 2)
			words[count++] = argv[i];
	}
	if (!count || rounds < 1 || rounds > ROUNDS_MAX) {
		fputs("usage: bench native | guest BACKEND | load | daemon PROGRAM | "
		      "reading DIRECTORY [--rounds N] [--json FILE]\n",
		      stderr);
		return 2;
	}
	r = suite_run(words, &report);
	if (report.json && report.json != stdout)
		fclose(report.json);
	return r ? 3 : 0;
}
