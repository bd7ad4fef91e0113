/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loop: it waits for signals, records, clients, changes on disk, the resolver and three timers.
 * Whatever happens here, the kernel goes on judging by the last image published.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>

#include "cli/options.h"
#include "daemon/daemon.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/log.h"

/* ------------------------------------------------------------------ records */

#define BATCHES_MAX 16 /* at one go: others want their turn too */

int daemon_consume(struct daemon *daemon)
{
	for (int batch = 0; batch < BATCHES_MAX; batch++) {
		int r = kern_ring_consume(daemon->kern);

		if (r <= 0)
			return r;
		daemon_flush(daemon);
		recording_settle(daemon);
		kern_ring_delivered(daemon->kern);
	}
	return 0;
}

/* ------------------------------------------------------------------ timers */

void daemon_timer(int timer, unsigned int milliseconds, bool repeat)
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

/* Never put off what is due already: somebody may touch a file more often than that. */
void daemon_settle_soon(struct daemon *daemon)
{
	struct itimerspec due;

	if (!timerfd_gettime(daemon->settle_timer, &due) &&
	    (due.it_value.tv_sec || due.it_value.tv_nsec))
		return;
	daemon_timer(daemon->settle_timer, daemon->settle_milliseconds, false);
}

/* What appeared in a directory before it was watched is found by looking once more. */
int daemon_watch(struct daemon *daemon)
{
	int r = watch_update(daemon->watch, &daemon->governing);

	if (r > 0)
		daemon_settle_soon(daemon);
	return r < 0 ? r : 0;
}

int daemon_poll(struct daemon *daemon, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (fd < 0)
		return -errno;
	return epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int daemon_unpoll(struct daemon *daemon, int fd)
{
	epoll_ctl(daemon->epoll, EPOLL_CTL_DEL, fd, NULL);
	return close_fd(fd);
}

static void settle(struct daemon *daemon)
{
	struct timespec from, to;
	int64_t took;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &from);
	/* What comes up meanwhile waits for the next time. */
	r = govern_refresh(daemon, NULL);
	if (r)
		log_err(r, "look at the executables again");
	clock_gettime(CLOCK_MONOTONIC, &to);
	took = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
	daemon->settle_milliseconds = 4 * took < SETTLE_MILLISECONDS ? SETTLE_MILLISECONDS
				      : 4 * took > SETTLE_MILLISECONDS_MAX
					      ? SETTLE_MILLISECONDS_MAX
					      : (unsigned int)(4 * took);
}

static int resolve_start(struct daemon *daemon)
{
	int before = daemon->resolver_fd;
	int r = resolve_begin(daemon);

	if (r || before >= 0 || daemon->resolver_fd < 0)
		return r;
	r = daemon_poll(daemon, daemon->resolver_fd);
	if (r)
		resolve_stop(daemon);
	return r;
}

static void resolve_finish(struct daemon *daemon)
{
	struct facts names;
	int r = resolve_end(daemon, &names);

	if (r == -EAGAIN)
		return; /* not the last of them yet */
	if (r) {
		resolve_failed(r);
		return;
	}
	r = govern_refresh(daemon, &names);
	facts_release(&names);
	if (r)
		log_err(r, "put in force what host names resolve to now");
}

static void every_second(struct daemon *daemon)
{
	time_t now = time(NULL);
	int r;

	tell_every_second(daemon);
	if (kern_set(daemon->kern) && !kern_pinned(daemon->kern)) {
		/* With success: whoever took them out does not want them back at once. */
		log_notice("ending: somebody took everything out (%s is gone)",
			   kern_set(daemon->kern));
		daemon_end(daemon);
		return;
	}
	daemon_check(daemon);
	modes_fall_back(daemon);
	if (daemon->resolve_soon && daemon->resolver_fd < 0) {
		daemon->resolve_soon = false;
		r = resolve_start(daemon);
		if (r)
			log_err(r, "look host names up");
	}
	if ((now - daemon->started) % FACTS_SECONDS == 0) {
		r = govern_refresh(daemon, NULL);
		if (!r)
			r = resolve_start(daemon);
		if (!r)
			r = daemon_protect(daemon);
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
		timer_read(fd);
		settle(daemon);
	} else if (fd == daemon->hasher_fd)
		hasher_read(daemon);
	else if (fd == daemon->resolver_fd)
		resolve_finish(daemon);
	else if (watch_drain(daemon->watch))
		daemon_settle_soon(daemon);
	return 0;
}

int daemon_loop(struct daemon *daemon)
{
	int r;

	while (!daemon->ending) {
		struct epoll_event events[16];
		int count = epoll_wait(daemon->epoll, events, ARRAY_SIZE(events), -1);

		if (count < 0 && errno != EINTR)
			return log_err(-errno, "wait for events");
		for (int i = 0; i < count; i++) {
			r = daemon_dispatch(daemon, events[i].data.fd);
			if (r)
				return log_err(r, "carry on");
		}
	}
	/* What was recorded before the end is still delivered. */
	r = daemon_consume(daemon);
	tell_repeats(daemon, true);
	recording_end(daemon);
	return r;
}
