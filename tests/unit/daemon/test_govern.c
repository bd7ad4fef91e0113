/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A directory that grows past what a pattern may match. At a load that is a mistake, which changes nothing and takes
 * nothing; of a policy in force it is logged. What the daemon calls is stood in for, but for the look at the files and
 * the compiler.
 */
#include "host/temporary.h"

#include <sys/mman.h>

#include "daemon/daemon.h"

static unsigned int updates; /* of files in force */

/* ------------------------------------------------------------------ in the place of others */

enum cw_backend kern_backend(const struct kern *kern)
{
	(void)kern;
	return CW_BACKEND_LSM;
}

enum kern_guard kern_backend_guard(enum cw_backend backend, enum cw_operation operation)
{
	(void)backend;
	(void)operation;
	return KERN_GUARD_REFUSED;
}

bool kern_guards_protocol(enum cw_backend backend, enum cw_protocol protocol)
{
	(void)backend;
	(void)protocol;
	return true;
}

struct cw_ledger *kern_ledger(struct kern *kern)
{
	(void)kern;
	return NULL;
}

int kern_identify(void *kern, int fd, struct cw_identity *ret_identity)
{
	struct stat st;

	(void)kern;
	assert_int_equal(fstat(fd, &st), 0);
	*ret_identity = (struct cw_identity){ .key.inode = st.st_ino,
					      .size = (uint64_t)st.st_size };
	return 0;
}

int numbers_assign(const struct cw_ledger *ledger, struct policy_list *fresh,
		   uint8_t modes[CW_INSTANCES_MAX])
{
	(void)ledger;
	(void)fresh;
	(void)modes;
	return 0;
}

bool governing_is_vacant(const struct policy *policy)
{
	(void)policy;
	return false;
}

size_t list_find(const struct policy_list *list, const char *instance)
{
	(void)list;
	(void)instance;
	return 0;
}

int govern_publish(struct daemon *daemon, const struct policy_set *set,
		   const struct policy_list *list, const struct facts *facts,
		   struct diagnostics *diagnostics)
{
	struct image image = { mmap(NULL, (size_t)CW_PAGES * CW_PAGE_SIZE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) };
	struct catalogue *catalogue = NULL;
	int r;

	(void)list;
	assert_true(image.memory != MAP_FAILED);
	r = image_compile(set, facts, 1, &image, diagnostics, &catalogue);
	catalogue_free(catalogue);
	munmap(image.memory, (size_t)CW_PAGES * CW_PAGE_SIZE);
	if (!r)
		daemon->files_noted = file_registry_count(daemon->registry);
	return r;
}

void govern_settle(struct daemon *daemon, const struct facts *facts)
{
	(void)daemon;
	(void)facts;
}

int trust_update(struct daemon *daemon, const struct facts *facts)
{
	(void)daemon;
	(void)facts;
	updates++;
	return 0;
}

void trust_tell(struct daemon *daemon, const struct facts *facts)
{
	(void)daemon;
	(void)facts;
}

int resolve_now(struct daemon *daemon, const struct policy_list *list, const struct facts *previous,
		struct facts *ret_names)
{
	(void)daemon;
	(void)list;
	(void)previous;
	*ret_names = (struct facts){ 0 };
	return 0;
}

int resolve_failed(int error)
{
	return error;
}

void resolve_stop(struct daemon *daemon)
{
	(void)daemon;
}

void resolve_remember(struct daemon *daemon)
{
	(void)daemon;
}

int hasher_begin(struct daemon *daemon)
{
	(void)daemon;
	return 0;
}

int daemon_watch(struct daemon *daemon)
{
	(void)daemon;
	return 0;
}

void daemon_settle_soon(struct daemon *daemon)
{
	(void)daemon;
}

/* ------------------------------------------------------------------ the tests */

static int load(struct daemon *daemon, size_t *ret_errors)
{
	struct diagnostics diagnostics = { 0 };
	int r = govern_load(daemon, &diagnostics);

	*ret_errors = diagnostics.errors;
	diagnostics_release(&diagnostics);
	return r;
}

static void test_grows_too_wide(void **state)
{
	char *d = temporary_new("govern");
	struct daemon daemon = { .resolver_fd = -1, .registry = file_registry_new() };
	const struct pattern_fact *pattern;
	char text[512], *path = strdup(in(d, "p.yaml"));
	size_t errors;

	(void)state;
	make_directory(d, "many", 0755);
	make_file(d, "many/zz", "x", 0755);
	snprintf(text, sizeof(text),
		 "version: 1\ninstance: A\nroot: %s\nmode: audit\nowner: %u\n"
		 "executables: { many: { path: \"${root}/many/*\", entry: true } }\n",
		 d, geteuid());
	make_file(d, "p.yaml", text, 0644);
	daemon.options.policy = path;
	assert_int_equal(load(&daemon, &errors), 0);
	assert_int_equal(file_registry_count(daemon.registry), 2);
	for (int i = 0; i < FILES_OF_PATTERN_MAX; i++) {
		snprintf(text, sizeof(text), "many/%d", i);
		make_file(d, text, "", 0755);
	}

	/* In force: what it had is looked at as ever. */
	make_file(d, "many/zz", "another", 0755);
	assert_int_equal(govern_refresh(&daemon, NULL), 0);
	assert_int_equal(updates, 1);
	pattern = facts_pattern(&daemon.governing.facts, 0, 0);
	assert_int_equal(pattern->excess, PATTERN_TOO_WIDE);
	assert_int_equal(pattern->file_count, 1);
	/* Once more, it is no news. */
	assert_int_equal(govern_refresh(&daemon, NULL), 0);
	assert_int_equal(updates, 1);

	/* A reload is refused, and what is in force stays. */
	assert_int_equal(load(&daemon, &errors), -EINVAL);
	assert_int_equal(errors, 1);
	assert_int_equal(daemon.governing.list.count, 1);
	assert_int_equal(facts_pattern(&daemon.governing.facts, 0, 0)->file_count, 1);
	governing_release(&daemon.governing);
	file_registry_free(daemon.registry);
	free(path);
	temporary_free(d);
}

/* The files of a policy that is refused leave their numbers to those of the next. */
static void test_numbers_taken_back(void **state)
{
	char *d = temporary_new("govern");
	struct daemon daemon = { .resolver_fd = -1, .registry = file_registry_new() };
	char *path = strdup(in(d, "p.yaml"));
	size_t errors;

	(void)state;
	daemon.options.policy = path;
	make_file(d, "p.yaml",
		  "version: 1\ninstance: A\nmode: audit\n"
		  "executables: { sh: { path: /bin/sh, entry: true }, gone: /no/such }\n"
		  "exec: [{ allow: sh }, { allow: sh }]\n",
		  0644);
	assert_int_equal(load(&daemon, &errors), -EINVAL);
	assert_int_equal(errors, 1);
	assert_int_equal(file_registry_count(daemon.registry), 1);
	file_registry_free(daemon.registry);
	free(path);
	temporary_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows_too_wide),
		cmocka_unit_test(test_numbers_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
