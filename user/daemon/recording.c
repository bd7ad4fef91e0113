/* SPDX-License-Identifier: GPL-2.0-only */
/* The recorder's begin and end in the daemon, and what the log says of it meanwhile: each change once. */
#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "daemon/daemon.h"
#include "util/log.h"
#include "util/own.h"

#define SLOW_SECONDS 60 /* how often losses without an error are told */

/* The recording is evidence. */
static void warn_of_others(const char *log_dir)
{
	struct own_doubt doubt;
	struct stat st;

	if (stat(log_dir, &st) || !S_ISDIR(st.st_mode))
		return;
	if (own_writers(&st, &doubt) == OWN_NONE)
		return;
	log_warning(
		0,
		"recording to %s: others than root may write there (owner %u, mode %04o), and so "
		"change what was recorded",
		log_dir, st.st_uid, st.st_mode & 07777);
	log_hint("chown root and chmod 0750");
}

int recording_new(struct daemon *daemon)
{
	const struct recorder_options *options = &daemon->options.recorder;
	int r;

	if (options->what == RECORD_NOTHING)
		return 0;
	warn_of_others(options->log_dir);
	r = recorder_new(options, &daemon->recorder);
	return r ? log_err(r, "record to %s", options->log_dir) : 0;
}

/* The ledger has the last number that was given, the recording the last that was recorded. Where the ledger is
 * younger (a reboot), or another daemon recorded to the same place, the recording's is the higher. */
void recording_number(struct daemon *daemon)
{
	if (daemon->recorder)
		kern_ring_number(daemon->kern, recorder_floor(daemon->recorder));
}

/* What was delivered and is not written ends with the daemon: the next one is to know of it. */
static void note_unwritten(struct daemon *daemon, const struct recorder_statistics *now)
{
	struct cw_ledger *ledger = kern_ledger(daemon->kern);

	ledger->unwritten_last = now->handed;
	__atomic_store_n(&ledger->unwritten, now->unwritten, __ATOMIC_RELEASE);
}

/* More than was last noted may have been written by then: all of it, as the recording tells. */
static void recall_unwritten(struct daemon *daemon)
{
	struct cw_ledger *ledger = kern_ledger(daemon->kern);

	if (ledger->unwritten && ledger->unwritten_last > recorder_floor(daemon->recorder)) {
		log_warning(0,
			    "the daemon before ended while %llu events waited to be recorded: they "
			    "are missing in %s",
			    (unsigned long long)ledger->unwritten,
			    daemon->options.recorder.log_dir);
		recorder_interrupted(daemon->recorder, ledger->unwritten, ledger->unwritten_last);
	}
	ledger->unwritten = 0;
}

int recording_start(struct daemon *daemon)
{
	int r;

	if (daemon->recorder)
		recall_unwritten(daemon);
	r = daemon->recorder ? recorder_start(daemon->recorder) : 0;
	if (r)
		return log_err(r, "start the recorder");
	/* It may want what is allowed. */
	daemon_subscribers_changed(daemon);
	return 0;
}

static void report_error(struct daemon *daemon, const struct recorder_statistics *now)
{
	struct recorder_statistics *told = &daemon->recorder_told;
	unsigned long long lost = now->lost - told->lost;
	time_t seconds = time(NULL);

	if (now->error && now->error != told->error) {
		/* A lock that somebody has: what the system says of it tells nobody anything. */
		if (now->error == -EAGAIN)
			log_warning(0,
				    "recording to %s: another daemon records there; --log-dir "
				    "names another place",
				    now->log_dir);
		else
			log_warning(now->error, "recording to %s", now->log_dir);
		log_hint("it is tried again each second; what does not fit into the queue "
			 "meanwhile is lost, and counted");
		return;
	}
	if (now->error)
		return;
	if (told->error)
		log_notice("recording to %s goes on; %llu events were lost", now->log_dir, lost);
	else if (lost && seconds - daemon->recorder_slow >= SLOW_SECONDS)
		log_warning(0, "recording to %s is too slow: %llu events were lost", now->log_dir,
			    lost);
	else
		return;
	daemon->recorder_slow = seconds;
	told->lost = now->lost;
}

void recording_report(struct daemon *daemon)
{
	struct recorder_statistics now;

	if (!daemon->recorder)
		return;
	recording_number(daemon); /* it may have been read only now */
	recorder_tick(daemon->recorder);
	recorder_statistics(daemon->recorder, &now);
	note_unwritten(daemon, &now);
	report_error(daemon, &now);
	if (now.trouble && now.trouble != daemon->recorder_told.trouble)
		log_warning(now.trouble, "compress or remove old segments in %s", now.log_dir);
	if (now.displaced != daemon->recorder_told.displaced)
		log_warning(0, "%s was moved or removed: recording goes on in a new one",
			    now.log_dir);
	daemon->recorder_told.displaced = now.displaced;
	daemon->recorder_told.error = now.error;
	daemon->recorder_told.trouble = now.trouble;
}

#define SETTLE_TRIES \
	20 /* of a millisecond: what a disk in order needs, and no more than tail can wait */

/* The rings are not told that a batch is delivered while it waits in memory alone: killed now, the next
 * daemon is to have it again. A disk that does not take it does not hold up everybody else. */
void recording_settle(struct daemon *daemon)
{
	struct recorder_statistics now;

	for (int try = 0; daemon->recorder && try < SETTLE_TRIES; try++) {
		recorder_statistics(daemon->recorder, &now);
		note_unwritten(daemon, &now);
		if (!now.waiting || now.error)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
}

void recording_end(struct daemon *daemon)
{
	if (daemon->recorder)
		recorder_end(daemon->recorder, kern_ring_sequence(daemon->kern));
}

void recording_free(struct daemon *daemon)
{
	struct recorder_statistics now;
	bool answered;

	if (!daemon->recorder)
		return;
	answered = recorder_wait(daemon->recorder, &now);
	if (daemon->kern)
		note_unwritten(daemon, &now);
	if (!answered)
		log_warning(0, "%s does not answer: what waited to be recorded is lost",
			    now.log_dir);
	else {
		if (now.lost > daemon->recorder_told.lost)
			log_warning(now.error, "%llu events could not be recorded to %s",
				    (unsigned long long)(now.lost - daemon->recorder_told.lost),
				    now.log_dir);
		recorder_free(daemon->recorder);
	}
	daemon->recorder = NULL;
}
