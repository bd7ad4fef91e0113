/* SPDX-License-Identifier: GPL-2.0-only */
/* The file of what host names resolved to: who may have written it, and that it is replaced whole or not at all. */
#include "temporary.h"

#include <signal.h>
#include <sys/resource.h>

#include "host/answers.h"

#define GOOD \
	"host-names 1 2\n" \
	"ecp.example.org 10.1.2.3\n" \
	"mirror.example.org 2001:db8::3\n"

static int load(const char *directory, struct diagnostics *diagnostics, struct facts *ret_names)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	int r;

	*diagnostics = (struct diagnostics){ 0 };
	*ret_names = (struct facts){ .name_count = 4711 }; /* not to change where nothing is read */
	r = answers_load(directory, diagnostics, &text, ret_names);
	assert_true(r == 0 || !text.data);
	return r;
}

static void assert_not_loaded(const char *directory, const char *message)
{
	struct diagnostics diagnostics;
	struct facts names;

	assert_int_equal(load(directory, &diagnostics, &names), -EINVAL);
	assert_int_equal(names.name_count, 4711);
	assert_int_equal(diagnostics.count, 1);
	assert_string_equal(diagnostics.items[0].where.file, in(directory, ANSWERS_FILE));
	assert_non_null(diagnostics.items[0].hint);
	if (!strstr(diagnostics.items[0].message, message))
		fail_msg("%s, not %s", diagnostics.items[0].message, message);
	diagnostics_release(&diagnostics);
}

static void assert_loaded(const char *directory)
{
	struct diagnostics diagnostics;
	struct facts names;

	assert_int_equal(load(directory, &diagnostics, &names), 0);
	assert_int_equal(names.name_count, 2);
	assert_int_equal(diagnostics.count, 0);
	facts_release(&names);
	diagnostics_release(&diagnostics);
}

static const struct buffer good = { .data = (char *)GOOD, .length = sizeof(GOOD) - 1 };
static const struct buffer none;

static bool is_there(const char *directory, const char *name)
{
	return access(in(directory, name), F_OK) == 0;
}

static void test_save(void **state)
{
	char *d = temporary_new("answers");
	struct diagnostics diagnostics;
	struct facts names;
	struct stat st;

	(void)state;
	assert_int_equal(load(d, &diagnostics, &names), -ENOENT);
	assert_int_equal(diagnostics.count, 0);
	assert_int_equal(answers_save(d, &none), 0);
	assert_int_equal(answers_save(d, &good), 0);
	assert_loaded(d);
	assert_int_equal(stat(in(d, ANSWERS_FILE), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_false(is_there(d, ANSWERS_FILE ".new"));
	/* One that a killed daemon was at. */
	make_file(d, ANSWERS_FILE ".new", "host-na", 0600);
	assert_int_equal(answers_save(d, &good), 0);
	assert_loaded(d);
	assert_false(is_there(d, ANSWERS_FILE ".new"));
	assert_int_equal(answers_save(d, &none), 0);
	assert_false(is_there(d, ANSWERS_FILE));
	temporary_free(d);
	assert_int_equal(answers_save("/nonexistent", &good), -ENOENT);
	assert_int_equal(answers_save("/nonexistent", &none), 0);
}

/* A disk that is full: what was there is there whole, and nothing besides. */
static void test_save_fails(void **state)
{
	char *d = temporary_new("answers");
	struct rlimit before, small;

	(void)state;
	assert_int_equal(answers_save(d, &good), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ .rlim_cur = 20, .rlim_max = before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(answers_save(d, &good), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_loaded(d);
	assert_false(is_there(d, ANSWERS_FILE ".new"));

	assert_int_equal(answers_save(d, &none), 0);
	make_directory(d, ANSWERS_FILE, 0755);
	assert_int_equal(answers_save(d, &good), -EISDIR);
	assert_false(is_there(d, ANSWERS_FILE ".new"));
	assert_not_loaded(d, "not a regular file");
	temporary_free(d);
}

static void test_not_loaded(void **state)
{
	char *d = temporary_new("answers");
	struct stat st;

	(void)state;
	make_file(d, ANSWERS_FILE, GOOD, 0620);
	assert_not_loaded(d, "written by others");
	make_file(d, ANSWERS_FILE, GOOD, 0602);
	assert_not_loaded(d, "written by others");
	make_file(d, ANSWERS_FILE, "", 0600);
	assert_not_loaded(d, "cut off");
	make_file(d, ANSWERS_FILE, GOOD, 0600);
	assert_int_equal(truncate(in(d, ANSWERS_FILE), 1ll << 30), 0);
	assert_not_loaded(d, "larger than");
	assert_int_equal(unlink(in(d, ANSWERS_FILE)), 0);
	assert_int_equal(mkfifo(in(d, ANSWERS_FILE), 0600), 0);
	assert_not_loaded(d, "not a regular file");
	assert_int_equal(unlink(in(d, ANSWERS_FILE)), 0);

	/* A link is replaced, not what it leads to. */
	make_file(d, "elsewhere", GOOD GOOD, 0600);
	make_link(d, ANSWERS_FILE, "elsewhere");
	assert_not_loaded(d, "symbolic link");
	assert_int_equal(answers_save(d, &good), 0);
	assert_loaded(d);
	assert_int_equal(stat(in(d, "elsewhere"), &st), 0);
	assert_int_equal(st.st_size, 2 * good.length);
	temporary_free(d);
}

static void test_owner(void **state)
{
	char *d = temporary_new("answers");

	(void)state;
	need_root();
	make_file(d, ANSWERS_FILE, GOOD, 0600);
	assert_int_equal(chown(in(d, ANSWERS_FILE), 54321, 0), 0);
	assert_not_loaded(d, "owned by uid 54321");
	temporary_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_save),
		cmocka_unit_test(test_save_fails),
		cmocka_unit_test(test_not_loaded),
		cmocka_unit_test(test_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
