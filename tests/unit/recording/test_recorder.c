/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queue and the thread: what is added comes to the disk in order; what cannot is counted, and the
 * recording says where it is missing; nobody waits.
 */
#include "recording/recording.h"

#include "recording/recorder.h"

#define WAIT_SECONDS 30

static struct recorder_options options_of(const char *directory)
{
	return (struct recorder_options){
		.log_dir = directory,
		.what = RECORD_ALL,
		.limits = { .segment_size = 1 << 20,
			    .segment_age = 1000000000,
			    .total_size = 1ull << 40,
			    .total_age = 4000000000,
			    .sync = 0 },
	};
}

static struct recorder *begin(const struct recorder_options *options)
{
	struct recorder *recorder;

	assert_int_equal(recorder_new(options, &recorder), 0);
	return recorder;
}

static void add(struct recorder *recorder, uint64_t sequence, size_t padding, bool deviation)
{
	_cleanup_buffer_ struct buffer line = { 0 };

	add_line(&line, sequence, padding);
	recorder_add(recorder, line.data, line.length, sequence, deviation);
}

static struct recorder_statistics finish(struct recorder *recorder, uint64_t sequence)
{
	struct recorder_statistics statistics;

	recorder_end(recorder, sequence);
	assert_true(recorder_wait(recorder, &statistics));
	recorder_free(recorder);
	return statistics;
}

/* The recording has so many events, in order, and says of so many that they are missing. */
static struct reading check_reading(const char *directory, uint64_t events, uint64_t lost)
{
	struct reading reading = read_all(directory);

	assert_int_equal(reading.events, events);
	assert_int_equal(reading.lost, lost);
	assert_true(reading.in_order);
	return reading;
}

/* Until this holds of what the recorder says. */
static void await(struct recorder *recorder,
		  bool (*holds)(const struct recorder_statistics *statistics, int64_t value),
		  int64_t value)
{
	struct recorder_statistics statistics;
	time_t end = time(NULL) + WAIT_SECONDS;

	do {
		recorder_statistics(recorder, &statistics);
		if (holds(&statistics, value))
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	} while (time(NULL) < end);
	fail_msg("error %d, %llu recorded, %llu bytes wait", statistics.error,
		 (unsigned long long)statistics.recorded, (unsigned long long)statistics.waiting);
}

static bool has_error(const struct recorder_statistics *statistics, int64_t error)
{
	return statistics->error == error;
}

static bool has_recorded(const struct recorder_statistics *statistics, int64_t count)
{
	return statistics->recorded >= (uint64_t)count;
}

static bool has_written(const struct recorder_statistics *statistics, int64_t waiting)
{
	return !statistics->error && statistics->waiting == (uint64_t)waiting;
}

static void await_error(struct recorder *recorder, int error)
{
	await(recorder, has_error, error);
}

static void await_recorded(struct recorder *recorder, uint64_t count)
{
	await(recorder, has_recorded, (int64_t)count);
}

/* Until all that was added has come to the disk. */
static void await_written(struct recorder *recorder)
{
	await(recorder, has_written, 0);
}

static void test_restarts(void **state)
{
	char *directory = temporary_new("restarts");
	struct recorder_options options = options_of(directory);
	struct recorder_statistics statistics;
	struct recorder *recorder;
	uint64_t sequence = 0;

	(void)state;
	for (int turn = 0; turn < 3; turn++) {
		recorder = begin(&options);
		assert_int_equal(recorder_floor(recorder), sequence);
		assert_int_equal(recorder_start(recorder), 0);
		for (int i = 0; i < 100; i++)
			add(recorder, ++sequence, 200, true);
		sequence += 5; /* which nobody wanted recorded */
		statistics = finish(recorder, sequence);
		assert_int_equal(statistics.recorded, 100);
		assert_int_equal(statistics.lost, 0);
		assert_int_equal(statistics.error, 0);
	}
	/* start and stop */
	assert_int_equal(check_reading(directory, 300, 0).notices, 6);
	temporary_free(directory);
}

/* What the kernel had no room for is missing in the recording, and not the recorder's loss. */
static void test_missed(void **state)
{
	char *directory = temporary_new("missed");
	struct recorder_options options = options_of(directory);
	struct recorder *recorder = begin(&options);
	struct recorder_statistics statistics;

	(void)state;
	recorder_start(recorder);
	add(recorder, 1, 0, true);
	recorder_missed(recorder, 17);
	add(recorder, 2, 0, true);
	statistics = finish(recorder, 2);
	assert_int_equal(statistics.lost, 0);
	assert_int_equal(statistics.recorded, 2);
	check_reading(directory, 2, 17);
	temporary_free(directory);
}

/* Moved away, and perhaps another one put in its place: what comes then is in the new one. */
static void test_directory_moved(void **state)
{
	static const char *const movings[] = { "mv ../log ../old", "mv ../log ../old; mkdir ../log",
					       "rm -r ../log" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(movings); i++) {
		char *above = temporary_new("moved"), *directory = strdup(in(above, "log"));
		struct recorder_options options = options_of(directory);
		struct recorder *recorder = begin(&options);
		struct recorder_statistics statistics;

		recorder_start(recorder);
		add(recorder, 1, 0, true);
		await_recorded(recorder, 1);
		assert_int_equal(shell(directory, movings[i]), 0);
		add(recorder, 2, 0, true);
		statistics = finish(recorder, 2);
		assert_int_equal(statistics.recorded, 2);
		assert_int_equal(statistics.displaced, 1);
		assert_int_equal(check_reading(directory, 1, 0).first, 2);
		free(directory);
		temporary_free(above);
	}
}

/* A killed daemon had recorded what its successor is given again. */
static void test_again(void **state)
{
	char *directory = temporary_new("again");
	struct recorder_options options = options_of(directory);
	struct recorder *recorder = begin(&options);
	struct recorder_statistics statistics;

	(void)state;
	recorder_start(recorder);
	for (uint64_t sequence = 1; sequence <= 10; sequence++)
		add(recorder, sequence, 0, true);
	finish(recorder, 10);
	recorder = begin(&options);
	recorder_start(recorder);
	for (uint64_t sequence = 6; sequence <= 15; sequence++)
		add(recorder, sequence, 0, true);
	statistics = finish(recorder, 15);
	assert_int_equal(statistics.recorded, 5);
	assert_int_equal(statistics.lost, 0);
	check_reading(directory, 15, 0);
	temporary_free(directory);
}

/* A disk that stands still: the thread is not there yet. Allowed operations fill half of the queue and no
 * more, deviations all of it. */
static void test_standstill(void **state)
{
	char *directory = temporary_new("standstill");
	struct recorder_options options = options_of(directory);
	struct recorder *recorder = begin(&options);
	struct recorder_statistics statistics;
	uint64_t sequence = 0, allowed, deviations;

	(void)state;
	for (int i = 0; i < 1000; i++)
		add(recorder, ++sequence, 1000, false);
	recorder_statistics(recorder, &statistics);
	allowed = 1000 - statistics.lost;
	assert_true(statistics.waiting <= RECORDER_QUEUE_MAX / 2 &&
		    statistics.waiting > RECORDER_QUEUE_MAX / 2 - 2000);
	for (int i = 0; i < 1000; i++)
		add(recorder, ++sequence, 1000, true);
	recorder_statistics(recorder, &statistics);
	assert_true(statistics.waiting <= RECORDER_QUEUE_MAX &&
		    statistics.waiting > RECORDER_QUEUE_MAX - 2000);
	deviations = 2000 - statistics.lost - allowed;
	assert_true(deviations >= allowed - 2);
	assert_int_equal(recorder_start(recorder), 0);
	statistics = finish(recorder, sequence);
	assert_int_equal(statistics.recorded, allowed + deviations);
	assert_int_equal(statistics.recorded + statistics.lost, 2000);
	check_reading(directory, statistics.recorded, statistics.lost);
	temporary_free(directory);
}

static void need_mounts(const char *directory, const char *size)
{
	char option[32];

	snprintf(option, sizeof(option), "size=%s", size);
	if (own_mounts() && !mount("none", directory, "tmpfs", 0, option))
		return;
	print_message("# skip: only root can mount\n");
	skip();
}

/* Full; more comes than the queue holds; room again. */
static void test_full(void **state)
{
	char *directory = temporary_new("full");
	struct recorder_options options = options_of(directory);
	struct recorder_statistics statistics;
	struct recorder *recorder;
	struct reading reading;
	uint64_t sequence = 0;

	(void)state;
	need_mounts(directory, "256k");
	recorder = begin(&options);
	recorder_start(recorder);
	while (sequence < 5000)
		add(recorder, ++sequence, 1000, true);
	await_error(recorder, -ENOSPC);
	recorder_statistics(recorder, &statistics);
	assert_true(statistics.lost > 1000 && statistics.recorded > 0);
	assert_int_equal(mount("none", directory, NULL, MS_REMOUNT, "size=64m"), 0);
	await_written(recorder); /* before, the next one finds no room either */
	recorder_tick(recorder);
	add(recorder, ++sequence, 1000, true);
	statistics = finish(recorder, sequence);
	assert_int_equal(statistics.error, 0);
	assert_int_equal(statistics.recorded + statistics.lost, sequence);
	reading = check_reading(directory, statistics.recorded, statistics.lost);
	assert_int_equal(reading.last, sequence);
	assert_true(!reading.damages && !reading.torn);
	assert_int_equal(shell(directory, "cat $(ls -v *.ndjson) | jq ."), 0);
	umount2(directory, MNT_DETACH);
	temporary_free(directory);
}

static void test_read_only(void **state)
{
	char *directory = temporary_new("readonly");
	struct recorder_options options = options_of(directory);
	struct recorder_statistics statistics;
	struct recorder *recorder;
	uint64_t sequence = 0;

	(void)state;
	need_mounts(directory, "16m");
	recorder = begin(&options);
	assert_int_equal(mount("none", directory, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	recorder_start(recorder);
	while (sequence < 100)
		add(recorder, ++sequence, 100, true);
	await_error(recorder, -EROFS);
	recorder_statistics(recorder, &statistics);
	assert_int_equal(statistics.lost, 0);
	assert_int_equal(mount("none", directory, NULL, MS_REMOUNT, NULL), 0);
	await_error(recorder, 0);
	statistics = finish(recorder, sequence);
	assert_int_equal(statistics.recorded, 100);
	assert_int_equal(read_all(directory).events, 100);
	umount2(directory, MNT_DETACH);
	temporary_free(directory);
}

/* It never gets better: what waited is lost, and counted. */
static void test_end_without_disk(void **state)
{
	char *directory = temporary_new("nodisk");
	char *missing = strdup(in(directory, "not/there"));
	struct recorder_options options = options_of(missing);
	struct recorder *recorder = begin(&options);
	struct recorder_statistics statistics;

	(void)state;
	recorder_start(recorder);
	for (uint64_t sequence = 1; sequence <= 10; sequence++)
		add(recorder, sequence, 0, true);
	await_error(recorder, -ENOENT);
	statistics = finish(recorder, 10);
	assert_int_equal(statistics.lost, 10);
	assert_int_equal(statistics.recorded, 0);
	free(missing);
	temporary_free(directory);
}

/* It turns out later that there is a recording, whose numbers were given again meanwhile. */
static void test_late(void **state)
{
	char *directory = temporary_new("late");
	char *hidden = strdup(in(directory, "hidden")), *place = strdup(in(directory, "place"));
	struct recorder_options options = options_of(hidden);
	struct recorder_statistics statistics;
	struct recorder *recorder = begin(&options);

	(void)state;
	recorder_start(recorder);
	for (uint64_t sequence = 1; sequence <= 10; sequence++)
		add(recorder, sequence, 0, true);
	finish(recorder, 10);
	options.log_dir = place;
	recorder = begin(&options);
	assert_int_equal(recorder_floor(recorder), 0);
	assert_int_equal(rename(hidden, place), 0);
	for (uint64_t sequence = 1; sequence <= 5; sequence++)
		add(recorder, sequence, 0, true);
	recorder_start(recorder);
	await_error(recorder, 0);
	while (recorder_floor(recorder) < 10)
		sched_yield();
	add(recorder, 11, 0, true);
	statistics = finish(recorder, 11);
	assert_int_equal(statistics.lost, 5);
	assert_int_equal(read_all(place).events, 11);
	assert_true(read_all(place).in_order);
	free(hidden);
	free(place);
	temporary_free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restarts),
		cmocka_unit_test(test_missed),
		cmocka_unit_test(test_directory_moved),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_standstill),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_end_without_disk),
		cmocka_unit_test(test_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
