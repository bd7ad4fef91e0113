/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two buffers change places: the loop fills one, the thread writes the other, and only their exchange is
 * locked. The thread keeps what could not be written and tries again each second; meanwhile the loop's
 * buffer fills up, and then lines are lost.
 */
#include "recording/recorder.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "recording/last.h"
#include "util/buffer.h"

#define END_SECONDS 5 /* what a disk that does not answer may hold up the daemon's end */
#define KEPT_CAPACITY 131072 /* memory of an empty buffer that need not be given back */

static const char *const what_words[] = {
#define WHAT_WORD(id, word) [RECORD_##id] = (word),
	RECORD_WHAT(WHAT_WORD)
#undef WHAT_WORD
};
const struct vocabulary record_what = { what_words, RECORD_WHAT_MAX };

struct recorder {
	struct recorder_options options;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	/* Under the lock. */
	struct buffer queue;
	uint64_t queued; /* events in it */
	bool ending;
	struct recorder_statistics statistics;
	_Atomic uint64_t floor;
	/* The loop's own. */
	uint64_t known; /* in the recording at the start */
	uint64_t missing, highest; /* lost since the last notice; sequence number given last */
	int missing_error; /* … why; 0: written too slowly */
	/* The thread's own. */
	struct writer *writer; /* NULL: to be opened */
	bool started; /* the first notice is written */
	struct buffer batch;
};

/* ------------------------------------------------------------------ the loop's side */

/* Tell of losses, where they are missing: when the queue that was full has been taken away. */
static void queue_missing(struct recorder *recorder)
{
	if (!recorder->missing)
		return;
	segment_notice(&recorder->queue, SEGMENT_NOTICE_LOST, recorder->highest, recorder->missing,
		       recorder->missing_error ? strerror(-recorder->missing_error)
					       : "written too slowly");
	recorder->missing = 0;
	recorder->missing_error = 0;
}

static void queue_add(struct recorder *recorder, const char *line, size_t length, uint64_t sequence,
		      size_t room)
{
	if (!recorder->queue.length)
		queue_missing(recorder);
	recorder->highest = sequence;
	if (length > SEGMENT_LINE_MAX || recorder->queue.length + length > room) {
		recorder->missing++;
		recorder->statistics.lost++;
		if (recorder->statistics.error)
			recorder->missing_error = recorder->statistics.error;
		return;
	}
	buffer_add(&recorder->queue, line, length);
	recorder->queued++;
	recorder->statistics.handed = sequence;
}

void recorder_add(struct recorder *recorder, const char *line, size_t length, uint64_t sequence,
		  bool deviation)
{
	bool was_empty;

	if (sequence <= recorder->known)
		return;
	pthread_mutex_lock(&recorder->lock);
	was_empty = !recorder->queue.length;
	queue_add(recorder, line, length, sequence,
		  deviation ? RECORDER_QUEUE_MAX : RECORDER_QUEUE_MAX / 2);
	if (buffer_failed(&recorder->queue)) { /* no memory: what is in it cannot be told apart */
		recorder->statistics.lost += segment_events(recorder->queue.data,
							    recorder->queue.length);
		buffer_clear(&recorder->queue);
		recorder->queued = 0;
	}
	if (was_empty && recorder->queue.length)
		pthread_cond_signal(&recorder->filled);
	pthread_mutex_unlock(&recorder->lock);
}

void recorder_interrupted(struct recorder *recorder, uint64_t count, uint64_t last)
{
	recorder->highest = last;
	segment_notice(&recorder->queue, SEGMENT_NOTICE_LOST, last, count,
		       "the daemon ended before they were written");
}

void recorder_missed(struct recorder *recorder, uint64_t count)
{
	pthread_mutex_lock(&recorder->lock);
	if (recorder->queue.length < RECORDER_QUEUE_MAX)
		segment_notice(&recorder->queue, SEGMENT_NOTICE_LOST, recorder->highest, count,
			       "the kernel's ring was full");
	else
		recorder->missing += count;
	pthread_cond_signal(&recorder->filled);
	pthread_mutex_unlock(&recorder->lock);
}

uint64_t recorder_floor(const struct recorder *recorder)
{
	return atomic_load_explicit(&recorder->floor, memory_order_relaxed);
}

void recorder_statistics(struct recorder *recorder, struct recorder_statistics *ret_statistics)
{
	pthread_mutex_lock(&recorder->lock);
	*ret_statistics = recorder->statistics;
	ret_statistics->waiting += recorder->queue.length;
	ret_statistics->unwritten += recorder->queued;
	pthread_mutex_unlock(&recorder->lock);
}

void recorder_tick(struct recorder *recorder)
{
	pthread_mutex_lock(&recorder->lock);
	if (!recorder->queue.length && !recorder->ending) {
		queue_missing(recorder);
		pthread_cond_signal(&recorder->filled);
	}
	pthread_mutex_unlock(&recorder->lock);
}

/* ------------------------------------------------------------------ the thread's side */

/* What was queued before the recording could be read, under numbers that it turns out to have. */
static void batch_forget_taken(struct recorder *recorder, uint64_t sequence)
{
	struct buffer *batch = &recorder->batch;
	struct segment_head head;
	const char *newline;
	size_t taken = 0;

	while (taken < batch->length &&
	       (newline = memchr(batch->data + taken, '\n', batch->length - taken)) &&
	       segment_head(batch->data + taken, (size_t)(newline - batch->data) - taken, &head) &&
	       head.sequence <= sequence)
		taken = (size_t)(newline + 1 - batch->data);
	if (!taken)
		return;
	pthread_mutex_lock(&recorder->lock);
	recorder->statistics.lost += segment_events(batch->data, taken);
	recorder->statistics.unwritten -= segment_events(batch->data, taken);
	pthread_mutex_unlock(&recorder->lock);
	memmove(batch->data, batch->data + taken, batch->length - taken);
	batch->length -= taken;
}

static int thread_open(struct recorder *recorder)
{
	_cleanup_buffer_ struct buffer notices = { 0 };
	struct writer_found found;
	size_t written;
	int r;

	if (mkdir(recorder->options.log_dir, 0750) && errno != EEXIST)
		return -errno;
	r = writer_new(recorder->options.log_dir, &recorder->options.limits, &found,
		       &recorder->writer);
	if (r)
		return r;
	if (found.sequence > recorder_floor(recorder))
		atomic_store_explicit(&recorder->floor, found.sequence, memory_order_relaxed);
	if (!recorder->started)
		batch_forget_taken(recorder, found.sequence);
	if (found.torn)
		segment_notice(&notices, SEGMENT_NOTICE_TORN, found.sequence, found.torn,
			       "the last line, cut off by a crash");
	if (!recorder->started)
		segment_notice(&notices, SEGMENT_NOTICE_START, found.sequence, 0,
			       "cachewarden " CW_VERSION);
	if (buffer_failed(&notices))
		r = -ENOMEM;
	else if (notices.length)
		r = writer_write(recorder->writer, notices.data, notices.length, &written);
	recorder->started |= !r;
	return r;
}

/* A directory that was taken away is looked for anew. */
static void thread_look(struct recorder *recorder)
{
	if (!recorder->writer || !writer_displaced(recorder->writer))
		return;
	recorder->writer = writer_free(recorder->writer);
	pthread_mutex_lock(&recorder->lock);
	recorder->statistics.displaced++;
	pthread_mutex_unlock(&recorder->lock);
}

/* Write the batch, or what is left of it; 0: all of it. */
static int thread_write(struct recorder *recorder)
{
	struct buffer *batch = &recorder->batch;
	size_t written = 0;
	uint64_t events;
	int r;

	thread_look(recorder);
	r = recorder->writer ? 0 : thread_open(recorder);
	if (!r && batch->length)
		r = writer_write(recorder->writer, batch->data, batch->length, &written);
	if (r)
		recorder->writer = writer_free(recorder->writer); /* anew, from what is there */
	pthread_mutex_lock(&recorder->lock);
	recorder->statistics.error = r;
	events = segment_events(batch->data, written);
	recorder->statistics.recorded += events;
	recorder->statistics.unwritten -= events;
	recorder->statistics.waiting = batch->length - written;
	pthread_mutex_unlock(&recorder->lock);
	if (written) {
		memmove(batch->data, batch->data + written, batch->length - written);
		batch->length -= written;
	}
	if (!batch->length && batch->capacity > KEPT_CAPACITY)
		buffer_release(batch);
	return r;
}

/* Until something is queued, a second has passed, or the end. */
static void thread_wait(struct recorder *recorder, bool failing)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	while (!recorder->ending && (failing || !recorder->queue.length))
		if (pthread_cond_timedwait(&recorder->filled, &recorder->lock, &until))
			return;
}

enum taken { TAKEN, TAKEN_ENDING, TAKEN_LAST };

/* Take what is queued, when all before it is written. */
static enum taken thread_take(struct recorder *recorder, bool wait, bool failing)
{
	enum taken taken = TAKEN;

	pthread_mutex_lock(&recorder->lock);
	if (wait)
		thread_wait(recorder, failing);
	if (!recorder->batch.length) {
		struct buffer full = recorder->queue;

		recorder->queue = recorder->batch;
		recorder->batch = full;
		recorder->statistics.waiting = full.length;
		recorder->statistics.unwritten = recorder->queued;
		recorder->queued = 0;
	}
	if (recorder->ending)
		taken = recorder->queue.length ? TAKEN_ENDING : TAKEN_LAST;
	pthread_mutex_unlock(&recorder->lock);
	return taken;
}

/* 1: there is more to do. */
static int thread_tend(struct recorder *recorder)
{
	int r = writer_tend(recorder->writer, (int64_t)time(NULL));

	pthread_mutex_lock(&recorder->lock);
	recorder->statistics.trouble = r < 0 ? r : 0;
	pthread_mutex_unlock(&recorder->lock);
	if (r == -ENOENT || r == -EIO)
		recorder->writer = writer_free(recorder->writer);
	return r;
}

static void *recorder_thread(void *context)
{
	struct recorder *recorder = context;
	enum taken taken;
	int more = 1, r = 0;

	/* Until all is written; or, at the end, cannot be. */
	do {
		taken = thread_take(recorder, more <= 0, r != 0);
		r = thread_write(recorder);
		more = r ? 0 : thread_tend(recorder);
	} while (taken == TAKEN || (taken == TAKEN_ENDING && !r));
	if (recorder->writer && recorder->options.limits.sync != WRITER_SYNC_NEVER)
		writer_sync(recorder->writer);
	return NULL;
}

/* ------------------------------------------------------------------ begin and end */

int recorder_new(const struct recorder_options *options, struct recorder **ret_recorder)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	pthread_condattr_t attributes;
	uint64_t sequence = 0;

	if (!recorder)
		return -ENOMEM;
	recorder->options = *options;
	recorder->statistics.what = options->what;
	recorder->statistics.log_dir = options->log_dir;
	pthread_mutex_init(&recorder->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&recorder->filled, &attributes);
	pthread_condattr_destroy(&attributes);
	/* Before anything is numbered. An error is seen again, and told, when it comes to writing. */
	last_sequence(options->log_dir, &sequence);
	recorder->floor = recorder->known = recorder->statistics.handed = sequence;
	*ret_recorder = recorder;
	return 0;
}

int recorder_start(struct recorder *recorder)
{
	sigset_t all, before;
	int r;

	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&recorder->thread, NULL, recorder_thread, recorder);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	recorder->running = !r;
	return r;
}

void recorder_end(struct recorder *recorder, uint64_t sequence)
{
	pthread_mutex_lock(&recorder->lock);
	recorder->highest = sequence;
	queue_missing(recorder);
	segment_notice(&recorder->queue, SEGMENT_NOTICE_STOP, sequence, 0,
		       "cachewarden " CW_VERSION);
	recorder->ending = true;
	pthread_cond_signal(&recorder->filled);
	pthread_mutex_unlock(&recorder->lock);
}

bool recorder_wait(struct recorder *recorder, struct recorder_statistics *ret_statistics)
{
	struct timespec until;

	pthread_mutex_lock(&recorder->lock);
	recorder->ending = true;
	pthread_cond_signal(&recorder->filled);
	pthread_mutex_unlock(&recorder->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += END_SECONDS;
	if (recorder->running && pthread_timedjoin_np(recorder->thread, NULL, &until)) {
		recorder_statistics(recorder, ret_statistics);
		return false;
	}
	recorder->running = false;
	recorder->statistics.unwritten += recorder->queued;
	recorder->statistics.lost += recorder->statistics.unwritten;
	buffer_clear(&recorder->batch);
	buffer_clear(&recorder->queue);
	recorder->statistics.waiting = 0;
	*ret_statistics = recorder->statistics;
	return true;
}

struct recorder *recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return NULL;
	writer_free(recorder->writer);
	buffer_release(&recorder->queue);
	buffer_release(&recorder->batch);
	pthread_cond_destroy(&recorder->filled);
	pthread_mutex_destroy(&recorder->lock);
	free(recorder);
	return NULL;
}
