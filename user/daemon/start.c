/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start and end. Start: listen, probe, choose a backend and govern with it, drop privileges, tell
 * systemd. End: the reverse.
 */
#include <errno.h>
#include <grp.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"
#include "daemon/daemon.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/fault.h"
#include "util/log.h"

static int start_sources(struct daemon *daemon)
{
	sigset_t signals;
	int r = 0;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	daemon->epoll = epoll_create1(EPOLL_CLOEXEC);
	daemon->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	daemon->batch_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	daemon->second_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	daemon->settle_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (daemon->epoll < 0)
		return log_err(-errno, "make the daemon's loop");
	r = daemon_poll(daemon, daemon->signals);
	r = r ? r : daemon_poll(daemon, daemon->batch_timer);
	r = r ? r : daemon_poll(daemon, daemon->second_timer);
	r = r ? r : daemon_poll(daemon, daemon->settle_timer);
	if (r)
		return log_err(r, "make the daemon's loop");
	daemon_timer(daemon->second_timer, 1000, true);
	return 0;
}

/* Of 20 ms: one that was killed, or told to stop, holds the directory a little longer. */
#define SERVER_TRIES 100

static int server_new(struct daemon *daemon, gid_t group, const struct ipc_handler *handler)
{
	int r;

	for (int try = 0;; try++) {
		r = ipc_server_new(daemon->options.runtime_dir, group, handler, &daemon->server);
		if (r != -EADDRINUSE || try == SERVER_TRIES)
			return r;
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	}
}

static int start_server(struct daemon *daemon)
{
	struct ipc_handler handler = {
		.context = daemon,
		.request = daemon_request,
		.remark = daemon_remark,
		.begin = tell_begin,
		.finishing = tell_all,
		.subscribers_changed = daemon_subscribers_changed,
		.lookup = { .context = daemon, .parent = naming_parent },
	};
	struct group *group = daemon->options.group ? getgrnam(daemon->options.group) : NULL;
	int r;

	if (daemon->options.group && !group) {
		log_err(0, "there is no group '%s'", daemon->options.group);
		return -EINVAL;
	}
	if (mkdir(daemon->options.runtime_dir, 0755) == 0)
		daemon->made_runtime_dir = true;
	else if (errno != EEXIST) {
		r = log_err(-errno, "make the directory '%s'", daemon->options.runtime_dir);
		log_hint(r == -EACCES ? "run as root"
				      : "--runtime-dir names it; what is above it must be there");
		return r;
	}
	r = server_new(daemon, group ? group->gr_gid : (gid_t)-1, &handler);
	if (r == -EADDRINUSE) {
		log_err(0, "another cachewarden serves %s", daemon->options.runtime_dir);
		log_hint("`cachewarden stop` ends it; --runtime-dir names another place");
		return r;
	}
	return r ? log_err(r, "listen in %s", daemon->options.runtime_dir) : 0;
}

/* What was recorded while no daemon was there comes first. Events are numbered on from those that are in
 * the recording. */
static int start_records(struct daemon *daemon)
{
	int r;

	daemon->recent = recent_new();
	if (!daemon->recent)
		return log_err(-ENOMEM, "remember what was told");
	r = daemon_drain_old(daemon);
	fault_point("drained");
	if (r)
		return r;
	r = kern_ring_open(daemon->kern, daemon_record, daemon);
	if (r)
		return log_err(r, "open what the kernel records to");
	recording_number(daemon);
	tell_repeats_begun(daemon);
	r = daemon_consume(daemon);
	if (!r)
		r = daemon_poll(daemon, kern_ring_fd(daemon->kern));
	return r ? log_err(r, "read what the kernel recorded") : 0;
}

static int start_naming(struct daemon *daemon)
{
	int r = naming_new(daemon, &daemon->naming);

	if (!r)
		r = daemon_poll(daemon, ipc_server_fd(daemon->server));
	return r ? log_err(r, "make what events are named by") : 0;
}

static int start_watch(struct daemon *daemon)
{
	int r = watch_new(&daemon->watch);

	if (r) {
		log_err(r, "watch the files that policies name");
		if (r == -EMFILE)
			log_hint("fs.inotify.max_user_instances is used up: `sysctl "
				 "fs.inotify.max_user_instances=1024`");
		return r;
	}
	r = daemon_watch(daemon);
	if (!r)
		r = daemon_poll(daemon, watch_fd(daemon->watch));
	return r ? log_err(r, "watch the files that policies name") : 0;
}

static int start_unprivileged(void)
{
	int r = privilege_drop();

	return r ? log_err(r, "drop the privileges that are not needed any more") : 0;
}

static int daemon_start(struct daemon *daemon)
{
	int r;

	/* Huge pages would be filled for the little of them that is used; a kernel that cannot has none. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	/* One heap for all threads: what one that has ended let go would stay resident in a heap of its own. */
	mallopt(M_ARENA_MAX, 1);
	kern_probe(&daemon->probe);
	daemon->registry = file_registry_new();
	if (!daemon->registry)
		return log_err(-ENOMEM, "start");
	/* The socket first: a second daemon must not get as far as attaching anything. */
	r = start_server(daemon);
	if (!r)
		r = start_sources(daemon);
	if (!r)
		r = daemon_pins_open(daemon);
	if (!r)
		r = daemon_choose_backend(daemon);
	if (!r)
		r = start_naming(daemon);
	if (!r)
		r = recording_new(daemon);
	if (!r)
		r = start_watch(daemon);
	if (!r)
		r = daemon_protect_first(daemon);
	if (!r)
		r = start_unprivileged();
	if (!r)
		r = recording_start(daemon);
	/* When there is somebody to write them. */
	if (!r)
		r = start_records(daemon);
	return r;
}

static void daemon_stop(struct daemon *daemon)
{
	sd_notify(0, "STOPPING=1");
	resolve_stop(daemon);
	hasher_end(daemon);
	if (daemon->kern)
		kern_wanted(daemon->kern, 0, 0);
	fault_point("stopping");
	ipc_server_free(daemon->server);
	recording_free(daemon);
	recent_free(daemon->recent);
	daemon_pins_close(daemon);
	/* Not empty: what the next daemon is to know is in it, or somebody else's things; and it stays. */
	if (daemon->made_runtime_dir)
		rmdir(daemon->options.runtime_dir);
	kern_free(daemon->kern);
	buffer_release(&daemon->remembered);
	buffer_release(&daemon->damage);
	watch_free(daemon->watch);
	naming_free(daemon->naming);
	governing_release(&daemon->governing);
	file_registry_free(daemon->registry);
	close_fd(daemon->signals);
	close_fd(daemon->batch_timer);
	close_fd(daemon->second_timer);
	close_fd(daemon->settle_timer);
	close_fd(daemon->epoll);
}

/* To look for them takes some milliseconds, and where nobody had a label before it is known. */
static unsigned int governed_by_now(const struct daemon *daemon)
{
	unsigned int governed[CW_INSTANCES_MAX], all = 0;

	if (daemon->labelled >= 0)
		return (unsigned int)daemon->labelled;
	if (!kern_subjects_count(daemon->kern, governed))
		for (size_t i = 0; i < CW_INSTANCES_MAX; i++)
			all += governed[i];
	return all;
}

static void tell_started(const struct daemon *daemon)
{
	const struct policy_set *set = &daemon->governing.set;

	for (size_t i = 0; i < set->count; i++)
		log_notice("instance %s: %s, by %s", set->policies[i]->instance.value,
			   vocabulary_word(&words_mode, policy_set_file_mode(set, i)),
			   set->policies[i]->file);
	if (!set->count)
		log_warning(0, "no policy in %s: nothing is governed", daemon->options.policy);
	log_notice("backend %s, self-test passed, %u processes governed",
		   vocabulary_word(&words_backend, kern_backend(daemon->kern)),
		   governed_by_now(daemon));
	if (kern_passes_by(daemon->kern, &daemon->probe)) {
		log_warning(0,
			    "this kernel preempts tasks within programs of backend fmod_ret, and "
			    "others "
			    "then pass these by: what they do is not judged (`status`: skipped)");
		if (kern_probe_kprobes_hint(&daemon->probe))
			log_hint("%s", kern_probe_kprobes_hint(&daemon->probe));
		log_hint("for backend lsm add bpf to lsm= on the kernel's command line; or boot "
			 "with "
			 "preempt=voluntary");
	}
	if (!kern_set(daemon->kern))
		log_warning(0, "nothing is pinned (%s): verdicts end with this process",
			    daemon->pins_error ? "the pin directory is in no bpf file system"
					       : "--pin-dir=" PIN_DIR_NONE);
}

/* `cachewarden=off` on the kernel's command line: how to boot when enforcing is the trouble. */
static bool switched_off(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/cmdline", "re");
	char line[4096], *save = NULL;

	if (!file || !fgets(line, sizeof(line), file))
		return false;
	for (char *word = strtok_r(line, " \n", &save); word; word = strtok_r(NULL, " \n", &save))
		if (strcmp(word, "cachewarden=off") == 0)
			return true;
	return false;
}

int daemon_run(const struct daemon_options *options)
{
	static struct daemon daemon;
	int r;

	if (switched_off()) {
		log_notice("cachewarden=off on the kernel's command line: nothing is governed");
		return CLI_YES;
	}

	daemon = (struct daemon){ .options = *options,
				  .started = time(NULL),
				  .pins.lock = -1,
				  .epoll = -1,
				  .signals = -1,
				  .batch_timer = -1,
				  .second_timer = -1,
				  .settle_timer = -1,
				  .resolver_fd = -1,
				  .hasher_fd = -1,
				  .labelled = -1,
				  .settle_milliseconds = SETTLE_MILLISECONDS };
	r = daemon_start(&daemon);
	if (!r) {
		/* What loading the programs took is not needed again. */
		kern_build_let_go();
		malloc_trim(0);
		tell_started(&daemon);
		sd_notify(0, "READY=1");
		r = daemon_loop(&daemon);
	}
	daemon_stop(&daemon);
	if (!r)
		return CLI_YES;
	return r == -EINVAL ? CLI_BAD_USAGE : CLI_CANNOT;
}
