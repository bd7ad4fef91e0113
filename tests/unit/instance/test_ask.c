/* SPDX-License-Identifier: GPL-2.0-only */
/* The vendor's program is run only where nobody but root can have written it. */
#include <sys/stat.h>

#include "host/temporary.h"
#include "instance/instances.h"
#include "instance/registry.h"

/* Says what it was given: its argument, and a variable of the test's. */
#define PROGRAM \
	"#!/bin/sh\n" \
	"echo \"ASKED^/asked^2023.1^running, since now^iris.cpf^1972^^^ok^$1$CW_SECRET\"\n"

/* In /run, for anybody may write beside what is in /tmp. */
static char *make_root(void)
{
	char template[] = "/run/cachewarden-ask-XXXXXX";
	char *directory = mkdtemp(template);

	assert_non_null(directory);
	assert_int_equal(chmod(directory, 0755), 0);
	make_directory(directory, "bin", 0755);
	make_file(directory, "bin/irisdb", "", 0755);
	return strdup(directory);
}

static struct registry *ask(const char *directory, struct diagnostics *diagnostics)
{
	struct registry *registry = registry_new();

	assert_non_null(registry_root(registry, directory));
	assert_int_equal(setenv("CW_SECRET", "leaked", 1), 0);
	assert_int_equal(registry_ask(registry, diagnostics), 0);
	return registry;
}

/* Hosts that have the real programs would be asked themselves. */
static void need_none(void)
{
	need_root();
	if (access("/usr/bin/iris", F_OK) == 0 || access("/usr/bin/ccontrol", F_OK) == 0) {
		printf("# skip: this host has instances\n");
		skip();
	}
}

static void test_asked(void **state)
{
	struct diagnostics diagnostics = { 0 };
	struct registry *registry;
	char *directory;

	(void)state;
	need_none();
	directory = make_root();
	make_file(directory, "bin/iris", PROGRAM, 0755);
	registry = ask(directory, &diagnostics);
	check_nothing_said(&diagnostics);
	assert_int_equal(registry->count, 2);
	assert_string_equal(registry->instances[1]->name, "ASKED");
	assert_string_equal(registry->instances[1]->product, "qlist");
	registry_free(registry);
	temporary_free(directory);
}

static void test_not_trusted(void **state)
{
	static const struct {
		mode_t program, directory;
	} cases[] = { { 0775, 0755 }, { 0757, 0755 }, { 0755, 0777 }, { 0755, 0775 } };

	(void)state;
	need_none();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnostics diagnostics = { 0 };
		char *directory = make_root();
		struct registry *registry;

		make_file(directory, "bin/iris", PROGRAM, cases[i].program);
		assert_int_equal(chmod(in(directory, "bin"), cases[i].directory), 0);
		/* root's group may write what root may, on a host that has it so */
		assert_int_equal(chown(in(directory, "bin/iris"), 0, 1), 0);
		assert_int_equal(chown(in(directory, "bin"), 0, 1), 0);
		registry = ask(directory, &diagnostics);
		check_said(&diagnostics, &(struct said){ SEVERITY_ERROR, 0, 0, "not run: " }, 1);
		assert_int_equal(registry->count, 1);
		registry_free(registry);
		temporary_free(directory);
	}
}

static void test_fails(void **state)
{
	static const struct {
		const char *program, *message;
	} cases[] = {
		{ "#!/bin/sh\nexit 3\n", "`qlist` failed" },
		{ "#!/nonexistent\n", "`qlist` failed" },
		{ "#!/bin/sh\nexec cat /dev/zero\n", "File too large" },
	};

	(void)state;
	need_none();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnostics diagnostics = { 0 };
		char *directory = make_root();

		make_file(directory, "bin/ccontrol", cases[i].program, 0755);
		registry_free(ask(directory, &diagnostics));
		check_said(&diagnostics, &(struct said){ SEVERITY_ERROR, 0, 0, cases[i].message },
			   1);
		temporary_free(directory);
	}
}

static void test_nobody(void **state)
{
	struct diagnostics diagnostics = { 0 };
	char *directory;

	(void)state;
	need_none();
	directory = make_root();
	registry_free(ask(directory, &diagnostics));
	check_said(&diagnostics, &(struct said){ SEVERITY_ERROR, 0, 0, "neither is in /usr/bin" },
		   1);
	temporary_free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_not_trusted),
		cmocka_unit_test(test_fails),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
