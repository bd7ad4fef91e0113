/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is written is read again, through closing, compressing, removing; and through crashes and
 * full disks.
 */
#include "recording/writing.h"

#include "recording/compress.h"

static void test_sizes(void **state)
{
	struct writer_limits limits = roomy;
	char *directory = temporary_new("writer");
	struct segment_list list;
	struct writer *writer;
	struct stat st;

	(void)state;
	limits.segment_size = 10000;
	writer = begin(directory, &limits, NULL);
	put(writer, 1, 100, 1000);
	put(writer, 101, 101, 20000); /* larger than a segment */
	put(writer, 102, 103, 10);
	list = list_segments(directory);
	assert_int_equal(list.count, 14);
	for (size_t i = 0; i < list.count; i++) {
		assert_int_equal(stat(segment_path(directory, &list.items[i]), &st), 0);
		assert_true(st.st_size <= 10000 || list.items[i].sequence == 101);
	}
	segment_list_release(&list);
	assert_reads(directory, 1, 103);
	/* Closed ones are compressed, the last one stays. */
	tend(writer, BEGIN / SECONDS);
	list = list_segments(directory);
	assert_int_equal(list.count, 14);
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(list.items[i].compressed, i + 1 < list.count);
	segment_list_release(&list);
	assert_reads(directory, 1, 103);
	assert_int_equal(shell(directory,
			       "test $(zcat -f $(ls -v *) | jq -c .seq | sort -n | uniq | "
			       "wc -l) = 103"),
			 0);
	writer_free(writer);
	temporary_free(directory);
}

static void test_ages(void **state)
{
	struct writer_limits limits = roomy;
	char *directory = temporary_new("ages");
	struct segment_list list;
	struct writer *writer;

	(void)state;
	limits.segment_age = 60;
	writer = begin(directory, &limits, NULL);
	put(writer, 1, 10, 0);
	tend(writer, BEGIN / SECONDS + 60); /* the first line is a second younger */
	put(writer, 11, 20, 0);
	tend(writer, BEGIN / SECONDS + 61);
	put(writer, 21, 30, 0);
	list = list_segments(directory);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[1].sequence, 21);
	segment_list_release(&list);
	assert_reads(directory, 1, 30);
	writer_free(writer);
	temporary_free(directory);
}

/* By size from the oldest; by age; but never the last one. */
static void test_removal(void **state)
{
	struct writer_limits limits = roomy;
	char *directory = temporary_new("removal");
	struct segment_list list;
	struct reading reading;
	struct writer *writer;

	(void)state;
	limits.segment_size = 65536;
	limits.total_size = 4 * 65536;
	writer = begin(directory, &limits, NULL);
	for (uint64_t sequence = 1; sequence <= 1000; sequence += 10) {
		put(writer, sequence, sequence + 9, 2000);
		tend(writer, BEGIN / SECONDS);
	}
	reading = read_all(directory);
	assert_true(reading.first > 1 && reading.in_order);
	assert_int_equal(reading.last, 1000);
	assert_int_equal(reading.events, reading.last - reading.first + 1);
	assert_int_equal(shell(directory, "test $(cat * | wc -c) -le 327680"), 0);
	writer_free(writer);
	limits.total_age = 100;
	writer = begin(directory, &limits, NULL);
	tend(writer, time(NULL) + 99);
	list = list_segments(directory);
	assert_true(list.count > 1);
	segment_list_release(&list);
	tend(writer, time(NULL) + 200);
	list = list_segments(directory);
	assert_int_equal(list.count, 1);
	segment_list_release(&list);
	writer_free(writer);
	temporary_free(directory);
}

/* At every byte of the last line. What is behind is written where it should. */
static void test_crash_in_a_line(void **state)
{
	_cleanup_buffer_ struct buffer line = { 0 };

	(void)state;
	add_line(&line, 11, 50);
	for (size_t cut = 0; cut < line.length; cut += 7) {
		char *directory = temporary_new("crash");
		struct writer *writer = begin(directory, &roomy, NULL);
		struct segment_list list;
		struct writer_found found;
		struct reading reading;
		FILE *file;

		put(writer, 1, 10, 0);
		writer_free(writer);
		list = list_segments(directory);
		file = fopen(segment_path(directory, &list.items[0]), "a");
		fwrite(line.data, 1, cut, file);
		fclose(file);
		segment_list_release(&list);
		/* A reader sees the whole ones, and that there is a beginning. */
		reading = read_all(directory);
		assert_int_equal(reading.last, 10);
		assert_int_equal(reading.damages, 0);
		writer = begin(directory, &roomy, &found);
		assert_int_equal(found.sequence, 10);
		assert_int_equal(found.torn, cut);
		put(writer, 11, 12, 0);
		writer_free(writer);
		assert_reads(directory, 1, 12);
		assert_int_equal(shell(directory, "jq . *"), 0);
		temporary_free(directory);
	}
}

/* Nothing but the beginning of a first line. */
static void test_crash_in_the_first_line(void **state)
{
	char *directory = temporary_new("first");
	struct writer_found found;
	struct writer *writer;

	(void)state;
	make_file(directory, "events-20251122T001705Z-5.ndjson", "{\"time\":\"2025-11", 0600);
	writer = begin(directory, &roomy, &found);
	assert_int_equal(found.torn, 16);
	assert_int_equal(found.sequence, 5); /* its name says so */
	put(writer, 6, 7, 0);
	writer_free(writer);
	assert_reads(directory, 6, 7);
	temporary_free(directory);
}

/* Before the rename, and between the rename and the removal of the plain one. */
static void test_interrupted_compression(void **state)
{
	char *directory = temporary_new("compress");
	struct writer_limits limits = roomy;
	struct compress *compress;
	struct segment_list list;
	struct writer *writer;
	int fd;

	(void)state;
	limits.segment_size = 300000;
	writer = begin(directory, &limits, NULL);
	put(writer, 1, 300, 2000);
	writer_free(writer);
	list = list_segments(directory);
	assert_int_equal(list.count, 3);
	/* A slice of it, and then the power goes: the descriptor is closed, the file stays. */
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(compress_new(fd, &list.items[0], false, &compress), 0);
	assert_int_equal(compress_step(compress), 1);
	assert_int_equal(shell(directory, "cp *.tmp kept && sleep 0"), 0);
	compress_free(compress);
	assert_int_equal(shell(directory, "test ! -e *.tmp"), 0);
	assert_int_equal(shell(directory, "mv kept $(ls *-1.ndjson).gz.tmp"), 0);
	assert_reads(directory, 1, 300);
	/* The second one stands there twice. */
	assert_int_equal(compress_new(fd, &list.items[1], true, &compress), 0);
	assert_int_equal(shell(directory, "gzip -k $(ls -v *.ndjson | sed -n 2p)"), 0);
	compress_free(compress);
	assert_reads(directory, 1, 300);
	segment_list_release(&list);
	writer = begin(directory, &limits, NULL);
	tend(writer, BEGIN / SECONDS);
	assert_int_equal(shell(directory, "test ! -e *.tmp && test $(ls *.gz | wc -l) = 2 && "
					  "test $(ls *.ndjson | wc -l) = 1"),
			 0);
	assert_reads(directory, 1, 300);
	writer_free(writer);
	close_fd(fd);
	temporary_free(directory);
}

static void test_one_writer(void **state)
{
	char *directory = temporary_new("lock");
	struct writer *writer = begin(directory, &roomy, NULL), *other;
	struct writer_found found;

	(void)state;
	assert_int_equal(writer_new(directory, &roomy, &found, &other), -EWOULDBLOCK);
	writer_free(writer);
	writer_free(begin(directory, &roomy, NULL));
	temporary_free(directory);
	assert_int_equal(writer_new("/nonexistent/recording", &roomy, &found, &other), -ENOENT);
}

/* A full disk takes whole lines and no half ones, and goes on where it stopped. */
static void test_full_disk(void **state)
{
	_cleanup_buffer_ struct buffer lines = { 0 };
	char *directory = temporary_new("full");
	size_t written, more;
	struct writer *writer;
	struct reading reading;

	(void)state;
	if (!own_mounts() || mount("none", directory, "tmpfs", 0, "size=256k")) {
		temporary_free(directory);
		print_message("# skip: only root can mount\n");
		skip();
	}
	for (uint64_t sequence = 1; sequence <= 200; sequence++)
		add_line(&lines, sequence, 3000);
	make_file(directory, "ballast", "", 0600);
	assert_int_equal(truncate(in(directory, "ballast"), 0), 0);
	writer = begin(directory, &roomy, NULL);
	assert_int_equal(writer_write(writer, lines.data, lines.length, &written), -ENOSPC);
	assert_true(written > 100000 && written < lines.length);
	assert_int_equal(lines.data[written - 1], '\n');
	reading = read_all(directory);
	assert_true(reading.in_order && !reading.damages);
	assert_int_equal(reading.events, segment_events(lines.data, written));
	assert_int_equal(writer_write(writer, lines.data + written, lines.length - written, &more),
			 -ENOSPC);
	assert_int_equal(more, 0);
	assert_int_equal(mount("none", directory, NULL, MS_REMOUNT, "size=4m"), 0);
	assert_int_equal(writer_write(writer, lines.data + written, lines.length - written, &more),
			 0);
	writer_free(writer);
	assert_reads(directory, 1, 200);
	umount2(directory, MNT_DETACH);
	temporary_free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_ages),
		cmocka_unit_test(test_removal),
		cmocka_unit_test(test_crash_in_a_line),
		cmocka_unit_test(test_crash_in_the_first_line),
		cmocka_unit_test(test_interrupted_compression),
		cmocka_unit_test(test_one_writer),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
