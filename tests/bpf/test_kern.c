/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel side driven directly, without the daemon, on the one backend that needs no trampoline:
 * that every process has room for a label, whom the iterator finds, what identity says, that images replace
 * each other whole, and that programs are fitted to an excerpt of the kernel's types as they are to all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kern/internal.h"
#include "policy/image.h"
#include "util/cleanup.h"

#define PORT 9

static struct kern_probe probe;
static struct kern *kern;
static const char *skip_reason;

/* Everything that is judged is denied. */
static const char enforcing[] = "version: 1\ninstance: FULL\nmode: enforce\n"
				"executables: { none: { path: /nonexistent/none, entry: true } }\n"
				"exec: off\nlibrary: off\nsockets: off\n";
static const char letting[] = "version: 1\ninstance: FULL\nmode: enforce\n"
			      "executables: { none: { path: /nonexistent/none, entry: true } }\n"
			      "exec: off\nlibrary: off\nsockets: off\n"
			      "connect: [{ allow: udp/9 }]\nbind: off\n";

static void publish(const char *text, uint64_t generation)
{
	struct diagnostics diagnostics = { 0 };
	struct facts facts = { .ephemeral_low = 32768, .ephemeral_high = 60999 };
	struct pattern_fact pattern = { 0 };
	struct catalogue *catalogue = NULL;
	struct policy *policy = NULL;
	struct policy_set set = { .policies = &policy, .count = 1 };
	struct image image;
	int map;

	facts.patterns = &pattern;
	facts.pattern_count = 1;
	assert_int_equal(policy_read("test", text, strlen(text), &diagnostics, &policy), 0);
	assert_int_equal(kern_image_begin(kern, &image, &map), 0);
	assert_int_equal(image_compile(&set, &facts, generation, &image, &diagnostics, &catalogue),
			 0);
	assert_int_equal(kern_image_publish(kern, CW_IMAGE_CURRENT, &image, map), 0);
	catalogue_free(catalogue);
	policy_free(policy);
	diagnostics_release(&diagnostics);
}

/* The tags of a backend's programs, hashes of their instructions as they were loaded, by row of the table. */
struct tags {
	__u8 of[KERN_PROGRAMS_MAX][BPF_TAG_SIZE];
};

static void tags_read(const struct kern *loaded, struct tags *ret)
{
	*ret = (struct tags){ 0 };
	for (size_t i = 0; i < program_row_count; i++) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (loaded->programs[i] < 0)
			continue;
		assert_int_equal(bpf_obj_get_info_by_fd(loaded->programs[i], &info, &size), 0);
		memcpy(ret->of[i], info.tag, sizeof(info.tag));
	}
}

static int load(void **state)
{
	(void)state;
	kern_probe(&probe);
	skip_reason = kern_probe_obstacle(&probe, CW_BACKEND_CGROUP);
	if (skip_reason)
		return 0;
	if (kern_load(&probe, CW_BACKEND_CGROUP, false, &kern))
		return -1;
	publish(enforcing, 1);
	return kern_attach(kern, &probe);
}

/* Where there is one, programs are loaded one after the other, and in two threads else. */
static int load_on_one_processor(void **state)
{
	cpu_set_t all, one;
	int r;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_getaffinity(0, sizeof(all), &all) || sched_setaffinity(0, sizeof(one), &one))
		return -1;
	r = load(state);
	return sched_setaffinity(0, sizeof(all), &all) ? -1 : r;
}

static int unload(void **state)
{
	(void)state;
	kern = kern_free(kern);
	kern_probe_release(&probe);
	return 0;
}

static void need_kernel(void)
{
	if (!skip_reason)
		return;
	printf("# skip: %s\n", skip_reason);
	skip();
}

/* errno of a datagram connect to nobody, made in a child of a child labelled with instance 1 where
 * governed is set: 0 if it succeeded. */
static int connect_below_label(bool governed)
{
	const struct cw_subject label = { .governed = CW_GOVERNED(1) };
	int go[2], status;
	pid_t child;
	char byte = 0;

	assert_int_equal(pipe(go), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		struct sockaddr_in to = { .sin_family = AF_INET,
					  .sin_port = htons(PORT),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		pid_t below;

		if (read(go[0], &byte, 1) != 1)
			_exit(255);
		below = fork();
		if (!below) {
			int fd = socket(AF_INET, SOCK_DGRAM, 0);

			_exit(fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) ? errno
											: 0);
		}
		if (waitpid(below, &status, 0) != below || !WIFEXITED(status))
			_exit(254);
		_exit(WEXITSTATUS(status));
	}
	if (governed)
		assert_int_equal(kern_subject_add(kern, child, &label), 0);
	assert_int_equal(write(go[1], &byte, 1), 1);
	close(go[0]);
	close(go[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static uint64_t denied(enum cw_operation operation)
{
	struct cw_counter counters[CW_COUNTERS];

	assert_int_equal(kern_counters(kern, counters), 0);
	return counters[operation * CW_VERDICT_MAX + CW_VERDICT_DENY].judged;
}

static void test_label_is_inherited(void **state)
{
	unsigned int counts[CW_INSTANCES_MAX];

	(void)state;
	need_kernel();
	assert_int_equal(connect_below_label(false), 0);
	assert_int_equal(connect_below_label(true), EPERM);
	assert_int_equal(kern_subjects_count(kern, counts), 0);
	assert_int_equal(counts[1], 0); /* all of them have ended */
}

static void test_images_replace_each_other(void **state)
{
	(void)state;
	need_kernel();
	publish(letting, 2);
	assert_int_equal(connect_below_label(true), 0);
	assert_int_equal(connect_below_label(true), 0); /* remembered, and not beyond its image */
	publish(enforcing, 3);
	assert_int_equal(connect_below_label(true), EPERM);
}

static unsigned int pid_max(void)
{
	FILE *file = fopen("/proc/sys/kernel/pid_max", "re");
	char line[32] = "";

	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	return (unsigned int)strtoul(line, NULL, 10);
}

/* A child with a number of our choice, which its label is to be found by. */
static pid_t fork_as(pid_t number)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&number,
		.set_tid_size = 1,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* There is a label for every process that can be: up to the kernel's last number. */
static void test_last_pid_has_a_label(void **state)
{
	const struct cw_subject label = { .governed = CW_GOVERNED(1) }, nobody = { 0 };
	pid_t last = (pid_t)pid_max() - 1, child;
	unsigned int counts[CW_INSTANCES_MAX];
	int status;

	(void)state;
	need_kernel();
	assert_int_equal(kern_subject_add(kern, getpid(), &label), 0);
	while ((child = fork_as(last)) < 0 && errno == EEXIST)
		last--;
	if (!child) {
		while (true)
			pause();
	}
	assert_int_equal(kern_subject_add(kern, getpid(), &nobody), 0);
	assert_int_equal(kern_subjects_count(kern, counts), 0);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), last);
	assert_int_equal(counts[1], 1);
	assert_int_equal(kern_subjects_count(kern, counts), 0);
	assert_int_equal(counts[1], 0);
	assert_int_equal(kern_subject_add(kern, CW_PID_MAX, &label), -E2BIG);
}

#define MANY 131072

/* Numbers that this host does not give to anybody are free to be labelled. */
static void test_many_labels(void **state)
{
	const struct cw_subject label = { .governed = CW_GOVERNED(2) }, nobody = { 0 };
	unsigned int first = pid_max(), counts[CW_INSTANCES_MAX];

	(void)state;
	need_kernel();
	if (first > CW_PID_MAX - MANY) {
		printf("# skip: every number may be somebody's here\n");
		skip();
	}
	for (unsigned int i = 0; i < MANY; i++)
		assert_int_equal(kern_subject_add(kern, (pid_t)(first + i), &label), 0);
	assert_int_equal(kern_subjects_count(kern, counts), 0);
	assert_int_equal(counts[2], MANY);
	assert_int_equal(connect_below_label(true), EPERM);
	assert_int_equal(connect_below_label(false), 0);
	for (unsigned int i = 0; i < MANY; i++)
		assert_int_equal(kern_subject_add(kern, (pid_t)(first + i), &nobody), 0);
}

static void test_identity(void **state)
{
	char path[] = "/tmp/cw-test-kern-XXXXXX";
	struct cw_identity before, looked, after;
	_cleanup_close_ int fd = -1;
	struct stat st;

	(void)state;
	need_kernel();
	fd = mkstemp(path);
	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(kern_identify(kern, fd, &before), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(before.key.inode, st.st_ino);
	assert_int_equal(before.size, 1);
	assert_int_equal(before.uid, getuid());
	assert_int_equal(before.mode, st.st_mode);
	/* Somebody has looked (the kernel may note that in the time): the same file still. */
	assert_int_equal(kern_identify(kern, fd, &looked), 0);
	assert_memory_equal(&before, &looked, sizeof(before));
	assert_int_equal(fchmod(fd, 0700), 0);
	assert_int_equal(kern_identify(kern, fd, &after), 0);
	assert_int_not_equal(after.mode, before.mode);
	assert_int_equal(kern_identify(kern, 1000, &after), -EBADF);
}

static void test_counters_add_up(void **state)
{
	struct cw_counter counters[CW_COUNTERS];
	uint64_t before = denied(CW_OPERATION_CONNECT);

	(void)state;
	need_kernel();
	for (int i = 0; i < 20; i++)
		assert_int_equal(connect_below_label(true), EPERM);
	assert_int_equal(denied(CW_OPERATION_CONNECT), before + 20);
	assert_int_equal(kern_counters(kern, counters), 0);
	for (size_t i = 0; i < CW_COUNTERS; i++)
		assert_int_equal(counters[i].judged, counters[i].recorded + counters[i].unwanted +
							     counters[i].suppressed +
							     counters[i].lost);
}

/* Programs that are fitted to an excerpt of the kernel's types are those that are fitted to all of them. */
static void test_excerpt(void **state)
{
	struct kern_probe without = probe;
	struct tags tags, others;
	struct kern *other;
	int excerpt;

	(void)state;
	need_kernel();
	without.types = NULL;
	/* Without one, both would be fitted to all. */
	excerpt = types_excerpt(probe.types, bpf_object__btf(kern->skeleton->obj));
	assert_true(excerpt >= 0);
	close(excerpt);
	assert_int_equal(kern_load(&without, CW_BACKEND_CGROUP, false, &other), 0);
	tags_read(kern, &tags);
	tags_read(other, &others);
	kern_free(other);
	assert_memory_equal(&tags, &others, sizeof(tags));
	assert_memory_not_equal(&tags, &(struct tags){ 0 }, sizeof(tags));
}

static void test_await(void **state)
{
	(void)state;
	need_kernel();
	assert_int_equal(kern_old_await(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_label_is_inherited),
		cmocka_unit_test(test_images_replace_each_other),
		cmocka_unit_test(test_last_pid_has_a_label),
		cmocka_unit_test(test_many_labels),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_counters_add_up),
		cmocka_unit_test(test_excerpt),
		cmocka_unit_test(test_await),
	};

	return cmocka_run_group_tests(tests, load, unload) +
	       cmocka_run_group_tests_name("on one processor", tests, load_on_one_processor,
					   unload);
}
