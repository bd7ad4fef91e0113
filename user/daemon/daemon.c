/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start, loop, end. Start: probe, choose a backend and govern with it, listen, drop privileges, tell
 * systemd. The loop waits for signals, records, clients, changes on disk and three timers. Whatever
 * happens here, the kernel goes on judging by the last image published.
 */
#include <errno.h>
#include <grp.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>

#include "cli/options.h"
#include "daemon/daemon.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/log.h"

#define BATCH_MILLISECONDS 100 /* the longest that an allowed event waits */
#define SETTLE_MILLISECONDS 20 /* changes on disk come in bursts */

/* ------------------------------------------------------------------ records */

static void tail_print(struct daemon *daemon, const struct event *event)
{
	struct buffer line = { 0 };

	event_print(event,
		    daemon->options.json ? EVENT_FORMAT_JSON
		    : cli_colour(stdout) ? EVENT_FORMAT_COLOUR
					 : EVENT_FORMAT_TEXT,
		    &line);
	if (!buffer_failed(&line))
		fwrite(line.data, 1, line.length, stdout);
	buffer_release(&line);
}

static void daemon_record(void *context, const void *bytes, size_t size)
{
	struct daemon *daemon = context;
	static struct event event; /* large, and made for one moment */
	struct record record;

	if (record_decode(bytes, size, &record) != RECORD_OK) {
		daemon->malformed++;
		return;
	}
	if (record.record->instance == CW_INSTANCE_CANARY)
		return; /* the self-test's own */
	if (record.record->reason == CW_REASON_TAMPERED)
		daemon_settle_soon(daemon);
	daemon->sequence++;
	if (!daemon->options.tail && !ipc_server_subscribers(daemon->server))
		return;
	naming_name(daemon->naming, &record, daemon->sequence, &event);
	if (daemon->options.tail)
		tail_print(daemon, &event);
	ipc_server_publish(daemon->server, &event);
}

static int daemon_consume(struct daemon *daemon)
{
	int r = kern_ring_consume(daemon->kern);

	ipc_server_flush(daemon->server);
	if (daemon->options.tail)
		fflush(stdout);
	return r < 0 ? r : 0;
}

/* ------------------------------------------------------------------ timers */

static void timer_set(int timer, unsigned int milliseconds, bool repeat)
{
	struct timespec time = { .tv_sec = milliseconds / 1000,
				 .tv_nsec = (long)(milliseconds % 1000) * 1000000 };
	struct itimerspec spec = { .it_value = time };

	if (repeat)
		spec.it_interval = time;
	timerfd_settime(timer, 0, &spec, NULL);
}

static void timer_read(int timer)
{
	uint64_t expirations;

	if (read(timer, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN)
		log_warning(-errno, "read a timer");
}

void daemon_settle_soon(struct daemon *daemon)
{
	timer_set(daemon->settle_timer, SETTLE_MILLISECONDS, false);
}

/* While nobody wants allowed operations, nothing needs to be fetched on time. */
static void subscribers_changed(void *context)
{
	struct daemon *daemon = context;
	uint32_t wanted = 0, host = 0;

	ipc_server_wanted(daemon->server, &wanted, &host);
	kern_wanted(daemon->kern, wanted, host);
	timer_set(daemon->batch_timer, wanted | host ? BATCH_MILLISECONDS : 0, true);
}

static void tell_lost(struct daemon *daemon)
{
	struct cw_counter counters[CW_COUNTERS];
	uint64_t lost = 0;

	if (!ipc_server_subscribers(daemon->server) || kern_counters(daemon->kern, counters))
		return;
	for (size_t i = 0; i < CW_COUNTERS; i++)
		lost += counters[i].lost - daemon->baseline[i].lost;
	if (lost > daemon->lost_told)
		ipc_server_lost(daemon->server, lost - daemon->lost_told);
	daemon->lost_told = lost;
}

static void every_second(struct daemon *daemon)
{
	time_t now = time(NULL);
	int r;

	tell_lost(daemon);
	if (daemon->fallback_at && now >= daemon->fallback_at) {
		struct diagnostics diagnostics = { 0 };

		daemon->fallback_at = 0;
		log_notice("the time of the changed mode is over: falling back");
		r = govern_modes(daemon, daemon->mode_before, &diagnostics);
		if (r)
			log_err(r, "fall back to the mode before");
		diagnostics_release(&diagnostics);
	}
	if ((now - daemon->started) % FACTS_SECONDS == 0) {
		r = govern_refresh(daemon, true);
		if (r)
			log_err(r, "look at the host again");
	}
}

/* ------------------------------------------------------------------ the loop */

void daemon_end(struct daemon *daemon)
{
	daemon->ending = true;
}

static void daemon_reload(struct daemon *daemon)
{
	struct diagnostics diagnostics = { 0 };
	int r;

	sd_notify(0, "RELOADING=1");
	r = govern_load(daemon, &diagnostics);
	diagnostics_print(&diagnostics, stderr, false);
	diagnostics_release(&diagnostics);
	if (r)
		log_err(r == -EINVAL ? 0 : r,
			"nothing was changed; what was in force stays in force");
	else
		log_notice("generation %llu is in force",
			   (unsigned long long)daemon->governing.generation);
	sd_notify(0, "READY=1");
}

static void daemon_signal(struct daemon *daemon)
{
	struct signalfd_siginfo info;

	if (read(daemon->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		daemon_reload(daemon);
	else
		daemon_end(daemon);
}

static int daemon_dispatch(struct daemon *daemon, int fd)
{
	if (fd == daemon->signals)
		daemon_signal(daemon);
	else if (fd == kern_ring_fd(daemon->kern))
		return daemon_consume(daemon);
	else if (fd == ipc_server_fd(daemon->server))
		return ipc_server_dispatch(daemon->server);
	else if (fd == daemon->batch_timer) {
		timer_read(fd);
		return daemon_consume(daemon);
	} else if (fd == daemon->second_timer) {
		timer_read(fd);
		every_second(daemon);
	} else if (fd == daemon->settle_timer) {
		int r;

		timer_read(fd);
		r = govern_refresh(daemon, false);
		if (r)
			log_err(r, "look at the executables again");
	} else if (watch_drain(daemon->watch))
		daemon_settle_soon(daemon);
	return 0;
}

static int daemon_loop(struct daemon *daemon)
{
	while (!daemon->ending) {
		struct epoll_event events[16];
		int count = epoll_wait(daemon->epoll, events, ARRAY_SIZE(events), -1);

		if (count < 0 && errno != EINTR)
			return log_err(-errno, "wait for events");
		for (int i = 0; i < count; i++) {
			int r = daemon_dispatch(daemon, events[i].data.fd);

			if (r)
				return log_err(r, "carry on");
		}
	}
	/* What was recorded before the end is still delivered. */
	return daemon_consume(daemon);
}

/* ------------------------------------------------------------------ start and end */

static int poll_add(struct daemon *daemon, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (fd < 0)
		return -errno;
	return epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

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
		return -errno;
	r = poll_add(daemon, daemon->signals);
	r = r ? r : poll_add(daemon, daemon->batch_timer);
	r = r ? r : poll_add(daemon, daemon->second_timer);
	r = r ? r : poll_add(daemon, daemon->settle_timer);
	timer_set(daemon->second_timer, 1000, true);
	return r;
}

static int start_server(struct daemon *daemon)
{
	struct ipc_handler handler = {
		.context = daemon,
		.request = daemon_request,
		.subscribers_changed = subscribers_changed,
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
	else if (errno != EEXIST)
		return log_err(-errno, "make %s", daemon->options.runtime_dir);
	r = ipc_server_new(daemon->options.runtime_dir, group ? group->gr_gid : (gid_t)-1, &handler,
			   &daemon->server);
	if (r == -EADDRINUSE) {
		log_err(0, "another cachewarden serves %s", daemon->options.runtime_dir);
		log_hint("`cachewarden stop` ends it; --runtime-dir names another place");
		return r;
	}
	return r ? log_err(r, "listen in %s", daemon->options.runtime_dir) : 0;
}

static int daemon_start(struct daemon *daemon)
{
	int r;

	kern_probe(&daemon->probe);
	daemon->registry = file_registry_new();
	if (!daemon->registry)
		return -ENOMEM;
	/* The socket first: a second daemon must not get as far as attaching anything. */
	r = start_server(daemon);
	if (!r)
		r = start_sources(daemon);
	if (!r)
		r = daemon_choose_backend(daemon);
	if (!r)
		r = kern_ring_open(daemon->kern, daemon_record, daemon);
	if (!r)
		r = naming_new(daemon, &daemon->naming);
	if (!r)
		r = watch_new(&daemon->watch);
	if (!r)
		r = watch_update(daemon->watch, &daemon->governing.facts);
	if (!r)
		r = poll_add(daemon, kern_ring_fd(daemon->kern));
	if (!r)
		r = poll_add(daemon, ipc_server_fd(daemon->server));
	if (!r)
		r = poll_add(daemon, watch_fd(daemon->watch));
	if (!r)
		r = privilege_drop();
	return r;
}

static void daemon_stop(struct daemon *daemon)
{
	sd_notify(0, "STOPPING=1");
	ipc_server_free(daemon->server);
	/* Not empty: somebody else's things are in it, and it stays. */
	if (daemon->made_runtime_dir)
		rmdir(daemon->options.runtime_dir);
	kern_free(daemon->kern);
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

static void tell_started(const struct daemon *daemon)
{
	unsigned int governed[CW_INSTANCES_MAX], overflow, all = 0;
	const struct policy_set *set = &daemon->governing.set;

	if (!kern_subjects_count(daemon->kern, governed, &overflow))
		for (size_t i = 0; i < CW_INSTANCES_MAX; i++)
			all += governed[i];
	for (size_t i = 0; i < set->count; i++)
		log_notice("instance %s: %s, by %s", set->policies[i]->instance.value,
			   vocabulary_word(&words_mode, policy_set_file_mode(set, i)),
			   set->policies[i]->file);
	if (!set->count)
		log_warning(0, "no policy in %s: nothing is governed", daemon->options.policy);
	log_notice("backend %s, self-test passed, %u processes governed",
		   vocabulary_word(&words_backend, kern_backend(daemon->kern)), all);
}

int daemon_run(const struct daemon_options *options)
{
	static struct daemon daemon;
	int r;

	daemon = (struct daemon){ .options = *options,
				  .started = time(NULL),
				  .epoll = -1,
				  .signals = -1,
				  .batch_timer = -1,
				  .second_timer = -1,
				  .settle_timer = -1 };
	r = daemon_start(&daemon);
	if (!r) {
		/* What loading the programs took is not needed again. */
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
