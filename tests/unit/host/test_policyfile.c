/* SPDX-License-Identifier: GPL-2.0-only */
/* Policy files from disk: what is read, and what is refused before a byte of it is. */
#include "temporary.h"

#include "host/policyfile.h"

#define GOOD(name) \
	"version: 1\ninstance: " name "\nmode: audit\n" \
	"executables: { a: { path: /a, entry: true } }\n"

static int read_path(const char *path, struct policy_list *list, struct diagnostics *diagnostics)
{
	*list = (struct policy_list){ 0 };
	*diagnostics = (struct diagnostics){ 0 };
	return policy_list_read(list, path, diagnostics);
}

static void assert_refused(const char *path, const char *message)
{
	struct diagnostics diagnostics;
	struct policy_list list;

	assert_int_equal(read_path(path, &list, &diagnostics), -EINVAL);
	assert_int_equal(diagnostics.errors, 1);
	assert_int_equal(list.count, 0);
	assert_string_equal(diagnostics.items[0].where.file, path);
	if (!strstr(diagnostics.items[0].message, message))
		fail_msg("%s, not %s", diagnostics.items[0].message, message);
	diagnostics_release(&diagnostics);
	policy_list_release(&list);
}

static void test_file(void **state)
{
	char *d = temporary_new("policyfile");
	struct diagnostics diagnostics;
	struct policy_list list;

	(void)state;
	make_file(d, "p.yaml", GOOD("A"), 0644);
	assert_int_equal(read_path(in(d, "p.yaml"), &list, &diagnostics), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0]->instance.value, "A");
	assert_string_equal(list.items[0]->file, in(d, "p.yaml"));
	policy_list_release(&list);
	diagnostics_release(&diagnostics);
	temporary_free(d);
}

static void test_refused(void **state)
{
	char *d = temporary_new("policyfile");

	(void)state;
	make_file(d, "group.yaml", GOOD("A"), 0664);
	make_file(d, "others.yaml", GOOD("A"), 0646);
	make_file(d, "good.yaml", GOOD("A"), 0644);
	make_link(d, "link.yaml", "good.yaml");
	make_directory(d, "open", 0777);
	assert_int_equal(mkfifo(in(d, "fifo.yaml"), 0644), 0);
	make_file(d, "large.yaml", "", 0644);
	assert_int_equal(truncate(in(d, "large.yaml"), 100 << 20), 0);
	assert_refused(in(d, "group.yaml"), "may be written by others");
	assert_refused(in(d, "others.yaml"), "may be written by others");
	assert_refused(in(d, "open"), "may be written by others");
	assert_refused(in(d, "link.yaml"), "symbolic link");
	assert_refused(in(d, "fifo.yaml"), "not a regular file");
	assert_refused(in(d, "large.yaml"), "larger than");
	assert_refused(in(d, "nothing.yaml"), "No such file");
	assert_refused("/dev/zero", "not a regular file");
	temporary_free(d);
}

static void test_owner(void **state)
{
	char *d = temporary_new("policyfile");

	(void)state;
	need_root();
	make_file(d, "theirs.yaml", GOOD("A"), 0644);
	make_directory(d, "theirs", 0755);
	assert_int_equal(chown(in(d, "theirs.yaml"), 54321, 0), 0);
	assert_int_equal(chown(in(d, "theirs"), 54321, 0), 0);
	assert_refused(in(d, "theirs.yaml"), "owned by uid 54321");
	assert_refused(in(d, "theirs"), "owned by uid 54321");
	temporary_free(d);
}

/* In the order of their names; other files and hidden ones are not policies. */
static void test_directory(void **state)
{
	char *d = temporary_new("policyfile");
	struct diagnostics diagnostics;
	struct policy_list list;

	(void)state;
	make_directory(d, "policy.d", 0755);
	assert_int_equal(read_path(in(d, "policy.d"), &list, &diagnostics), 0);
	assert_int_equal(list.count, 0);
	make_file(d, "policy.d/20-b.yaml", GOOD("B"), 0644);
	make_file(d, "policy.d/10-a.yaml", GOOD("A"), 0644);
	make_file(d, "policy.d/.30-c.yaml", GOOD("C"), 0644);
	make_file(d, "policy.d/README", "no policy", 0644);
	make_file(d, "policy.d/10-a.yaml.save", "no policy", 0644);
	assert_int_equal(read_path(in(d, "policy.d/"), &list, &diagnostics), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(diagnostics.warnings, 0);
	assert_string_equal(list.items[0]->instance.value, "A");
	assert_string_equal(list.items[0]->file, in(d, "policy.d/10-a.yaml"));
	assert_string_equal(list.items[1]->instance.value, "B");
	policy_list_release(&list);
	diagnostics_release(&diagnostics);
	temporary_free(d);
}

/* What other programs would read is not left out without a word. */
static void test_misnamed(void **state)
{
	char *d = temporary_new("policyfile");
	struct diagnostics diagnostics;
	struct policy_list list;

	(void)state;
	make_file(d, "20-b.yml", GOOD("B"), 0644);
	make_file(d, "10-a.yaml", GOOD("A"), 0644);
	make_file(d, "30-c.YAML", GOOD("C"), 0644);
	make_file(d, ".40-d.yml", GOOD("D"), 0644);
	make_file(d, "yml", GOOD("E"), 0644);
	assert_int_equal(read_path(d, &list, &diagnostics), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(diagnostics.warnings, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct diagnostic *item = &diagnostics.items[diagnostics.count - 2 + i];

		assert_string_equal(item->where.file, in(d, i ? "30-c.YAML" : "20-b.yml"));
		assert_string_equal(item->message,
				    "not read: the policies of a directory are named *.yaml");
		assert_non_null(item->hint);
	}
	policy_list_release(&list);
	diagnostics_release(&diagnostics);
	/* Who names it means it. */
	assert_int_equal(read_path(in(d, "20-b.yml"), &list, &diagnostics), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(diagnostics.warnings, 0);
	policy_list_release(&list);
	diagnostics_release(&diagnostics);
	temporary_free(d);
}

/* Every file is read even if another has mistakes. */
static void test_all_mistakes(void **state)
{
	char *d = temporary_new("policyfile");
	struct diagnostics diagnostics;
	struct policy_list list;

	(void)state;
	make_file(d, "a.yaml",
		  "version: 1\ninstance: A\nmode: never\n"
		  "executables: { a: { path: /a, entry: true } }\n",
		  0644);
	make_file(d, "b.yaml", GOOD("B"), 0644);
	make_file(d, "c.yaml", GOOD("C"), 0666);
	assert_int_equal(read_path(d, &list, &diagnostics), -EINVAL);
	assert_int_equal(diagnostics.errors, 2);
	assert_int_equal(list.count, 1);
	policy_list_release(&list);
	diagnostics_release(&diagnostics);
	temporary_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),	 cmocka_unit_test(test_refused),
		cmocka_unit_test(test_owner),	 cmocka_unit_test(test_directory),
		cmocka_unit_test(test_misnamed), cmocka_unit_test(test_all_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
