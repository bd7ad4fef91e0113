/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of policies: patterns, pins, trust of several policies, numbers that stay. */
#include "temporary.h"

#include "host/gather.h"

struct gathered {
	struct policy *policies[4];
	size_t count;
	struct file_registry *registry;
	struct facts facts;
};

/* rest: what stands below `executables:`; %s in it is the directory. */
static void add_policy(struct gathered *gathered, const char *directory, const char *head,
		       const char *rest)
{
	char text[8192];
	struct diagnostics diagnostics = { 0 };
	const char *place = rest;
	size_t length;

	length = (size_t)snprintf(
		text, sizeof(text),
		"version: 1\ninstance: I%zu\nmode: enforce\nroot: %s\n%sexecutables:\n",
		gathered->count, directory, head);
	snprintf(text + length, sizeof(text) - length, "%s", place);
	if (policy_read("p.yaml", text, strlen(text), &diagnostics,
			&gathered->policies[gathered->count++])) {
		diagnostics_print(&diagnostics, stderr, false);
		fail_msg("%s", text);
	}
	diagnostics_release(&diagnostics);
}

static void gather(struct gathered *gathered, const struct facts *previous,
		   const struct gather_options *options, struct facts *ret)
{
	if (!gathered->registry)
		gathered->registry = file_registry_new();
	assert_int_equal(host_facts_gather(gathered->policies, gathered->count, gathered->registry,
					   options, previous, ret),
			 0);
}

static void run(struct gathered *gathered)
{
	struct gather_options options = { 0 };

	gather(gathered, NULL, &options, &gathered->facts);
}

static void release(struct gathered *gathered)
{
	for (size_t i = 0; i < gathered->count; i++)
		policy_free(gathered->policies[i]);
	facts_release(&gathered->facts);
	file_registry_free(gathered->registry);
}

/* Whoever runs the test may own the files. */
static const char *us(void)
{
	static char owner[32];

	snprintf(owner, sizeof(owner), "owner: %u\n", geteuid());
	return owner;
}

static const struct file_fact *only(const struct gathered *gathered, size_t p, size_t executable)
{
	const struct pattern_fact *pattern = facts_pattern(&gathered->facts, p, executable);

	assert_non_null(pattern);
	assert_int_equal(pattern->file_count, 1);
	return &gathered->facts.files[pattern->files[0]];
}

static void assert_trust(const struct file_fact *fact, enum file_trust trust)
{
	if (fact->trust != trust)
		fail_msg("%s: %s (%s)", fact->path, file_trust_name(fact->trust),
			 fact->reason ? fact->reason : "no reason");
}

static void test_plain(void **state)
{
	char *d = temporary_new("files");
	struct gathered g = { 0 };
	const struct file_fact *fact;
	struct stat st;

	(void)state;
	make_file(d, "main", "x", 0755);
	add_policy(&g, d, us(),
		   "  main: { path: \"${root}/main\", entry: true }\n"
		   "  gone: \"${root}/gone\"\n");
	run(&g);
	fact = only(&g, 0, 0);
	assert_trust(fact, FILE_TRUSTED);
	assert_string_equal(fact->path, in(d, "main"));
	assert_string_equal(fact->resolved, in(d, "main"));
	assert_false(fact->hashed);
	assert_int_equal(stat(in(d, "main"), &st), 0);
	assert_int_equal(fact->identity.key.inode, st.st_ino);
	assert_int_equal(fact->identity.size, 1);
	assert_int_equal(fact->identity.status, EOPNOTSUPP); /* by stat(): not to be admitted */
	fact = only(&g, 0, 1);
	assert_trust(fact, FILE_MISSING);
	assert_null(fact->resolved);
	assert_true(fact->file > 0);
	release(&g);
	temporary_free(d);
}

static void test_glob(void **state)
{
	char *d = temporary_new("files");
	struct gathered g = { 0 };
	const struct pattern_fact *pattern;

	(void)state;
	make_directory(d, "bin", 0755);
	make_file(d, "bin/b", "x", 0755);
	make_file(d, "bin/a", "x", 0755);
	make_file(d, "bin/.hidden", "x", 0755);
	make_directory(d, "bin/directory", 0755);
	assert_int_equal(mkfifo(in(d, "bin/fifo"), 0644), 0);
	make_link(d, "bin/dangling", "nothing");
	make_link(d, "bin/c", "a");
	add_policy(&g, d, us(),
		   "  main: { path: \"${root}/bin/a\", entry: true }\n"
		   "  tools: \"${root}/bin/*\"\n  none: \"${root}/*.sh\"\n");
	run(&g);
	pattern = facts_pattern(&g.facts, 0, 1);
	assert_int_equal(pattern->file_count, 2);
	assert_string_equal(g.facts.files[pattern->files[0]].path, in(d, "bin/a"));
	assert_string_equal(g.facts.files[pattern->files[1]].path, in(d, "bin/b"));
	assert_int_equal(g.facts.files[pattern->files[0]].file, only(&g, 0, 0)->file);
	assert_int_equal(facts_pattern(&g.facts, 0, 2)->file_count, 0);
	release(&g);
	temporary_free(d);
}

/* The kernel sees one file, whatever it is called. */
static void test_one_file_two_names(void **state)
{
	char *d = temporary_new("files");
	struct gathered g = { 0 };

	(void)state;
	make_file(d, "main", "x", 0755);
	make_link(d, "link", "main");
	assert_int_equal(link(in(d, "main"), in(d, "hard")), 0);
	add_policy(&g, d, us(),
		   "  main: { path: \"${root}/main\", entry: true }\n"
		   "  link: \"${root}/link\"\n  hard: \"${root}/hard\"\n");
	run(&g);
	assert_int_equal(g.facts.file_count, 1);
	assert_int_equal(only(&g, 0, 0)->file, only(&g, 0, 1)->file);
	assert_int_equal(only(&g, 0, 0)->file, only(&g, 0, 2)->file);
	/* Of who is led there by links too it is known where these are, once. */
	assert_int_equal(g.facts.link_directory_count, 1);
	assert_string_equal(g.facts.link_directories[0], d);
	release(&g);
	temporary_free(d);
}

/* sha256 of "x" and of "y" */
#define SHA_X "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
#define SHA_Y "a1fce4363854ff888cff4b8e7875d600c2682390412a8cf79b37d0b11148b0fa"

static void test_pins(void **state)
{
	char *d = temporary_new("files");
	struct gathered g = { 0 };

	(void)state;
	make_file(d, "good", "x", 0755);
	make_file(d, "bad", "x", 0755);
	make_file(d, "both", "x", 0755);
	make_file(d, "unpinned", "x", 0755);
	add_policy(&g, d, us(),
		   "  good: { path: \"${root}/good\", entry: true, sha256: " SHA_X " }\n"
		   "  bad: { path: \"${root}/bad\", sha256: " SHA_Y " }\n"
		   "  unpinned: \"${root}/unpinned\"\n"
		   "  both: { path: \"${root}/both\", sha256: " SHA_X " }\n");
	add_policy(&g, d, us(),
		   "  both: { path: \"${root}/both\", entry: true, sha256: " SHA_Y " }\n");
	run(&g);
	assert_trust(only(&g, 0, 0), FILE_TRUSTED);
	assert_true(only(&g, 0, 0)->hashed);
	assert_trust(only(&g, 0, 1), FILE_BAD_HASH);
	assert_true(only(&g, 0, 1)->hashed);
	assert_false(only(&g, 0, 2)->hashed);
	assert_trust(only(&g, 0, 3), FILE_BAD_HASH);
	assert_non_null(strstr(only(&g, 0, 3)->reason, "two different hashes"));
	assert_ptr_equal(only(&g, 0, 3), only(&g, 1, 0));
	release(&g);
	temporary_free(d);
}

/* httpd/ is group-writable in real installations: a pinned hash outweighs it, or trust in the group. */
static void test_group_writable(void **state)
{
	char *d = temporary_new("files"), head[128];
	struct gathered g = { 0 };
	struct stat st;

	(void)state;
	make_directory(d, "httpd", 0775);
	assert_int_equal(stat(in(d, "httpd"), &st), 0);
	make_file(d, "httpd/plain", "x", 0755);
	make_file(d, "httpd/pinned", "x", 0755);
	make_file(d, "httpd/changed", "y", 0755);
	make_file(d, "httpd/open", "x", 0757);
	snprintf(head, sizeof(head), "owner: %u\ntrust_groups: [%u]\n", geteuid(), st.st_gid);
	add_policy(&g, d, us(),
		   "  plain: { path: \"${root}/httpd/plain\", entry: true }\n"
		   "  pinned: { path: \"${root}/httpd/pinned\", sha256: " SHA_X " }\n"
		   "  changed: { path: \"${root}/httpd/changed\", sha256: " SHA_X " }\n"
		   "  open: { path: \"${root}/httpd/open\", sha256: " SHA_X " }\n");
	run(&g);
	assert_trust(only(&g, 0, 0), FILE_WRITABLE);
	assert_non_null(strstr(only(&g, 0, 0)->reason, "trust_groups"));
	assert_trust(only(&g, 0, 1), FILE_TRUSTED);
	assert_trust(only(&g, 0, 2), FILE_BAD_HASH);
	assert_trust(only(&g, 0, 3), FILE_WRITABLE); /* by everyone: no hash outweighs that */
	release(&g);

	g = (struct gathered){ 0 };
	add_policy(&g, d, head, "  plain: { path: \"${root}/httpd/plain\", entry: true }\n");
	run(&g);
	assert_trust(only(&g, 0, 0), FILE_TRUSTED);
	release(&g);
	temporary_free(d);
}

/* One file, two owners' policies: it is trusted when both can. */
static void test_two_policies(void **state)
{
	char *d = temporary_new("files");
	struct gathered g = { 0 };

	(void)state;
	need_root();
	make_file(d, "main", "x", 0755);
	assert_int_equal(chown(in(d, "main"), 54321, 54321), 0);
	add_policy(&g, d, "owner: 54321\n", "  main: { path: \"${root}/main\", entry: true }\n");
	run(&g);
	assert_trust(only(&g, 0, 0), FILE_TRUSTED);
	facts_release(&g.facts);
	add_policy(&g, d, "", "  main: { path: \"${root}/main\", entry: true }\n");
	run(&g);
	assert_trust(only(&g, 0, 0), FILE_BAD_OWNER);
	assert_ptr_equal(only(&g, 0, 0), only(&g, 1, 0));
	release(&g);
	temporary_free(d);
}

/* ------------------------------------------------------------------ again and again */

/* Instead of the kernel. */
struct fake {
	unsigned int asked;
	int error;
	bool aged;
};

static int fake_identify(void *context, int fd, struct cw_identity *ret)
{
	struct fake *fake = context;
	struct stat st;

	fake->asked++;
	if (fake->error)
		return fake->error;
	assert_int_equal(fstat(fd, &st), 0);
	ret->key.inode = st.st_ino + 1000000;
	ret->size = (uint64_t)st.st_size;
	ret->ctime_seconds = st.st_ctim.tv_sec - (fake->aged ? 10 : 0);
	ret->ctime_nanoseconds = (uint32_t)st.st_ctim.tv_nsec;
	ret->links = 1;
	return 0;
}

static void test_identifier(void **state)
{
	char *d = temporary_new("files");
	struct gathered g = { 0 };
	struct fake fake = { .aged = true };
	struct gather_options options = { .identifier = { fake_identify, &fake, false } };
	struct stat st;

	(void)state;
	make_file(d, "main", "x", 0755);
	assert_int_equal(stat(in(d, "main"), &st), 0);
	add_policy(&g, d, us(), "  main: { path: \"${root}/main\", entry: true }\n");
	gather(&g, NULL, &options, &g.facts);
	assert_true(fake.asked > 0);
	assert_trust(only(&g, 0, 0), FILE_TRUSTED);
	assert_int_equal(only(&g, 0, 0)->identity.key.inode, st.st_ino + 1000000);
	assert_int_equal(only(&g, 0, 0)->identity.status, 0);
	facts_release(&g.facts);

	fake.error = -EOPNOTSUPP;
	gather(&g, NULL, &options, &g.facts);
	assert_trust(only(&g, 0, 0), FILE_UNREADABLE);
	assert_int_equal(only(&g, 0, 0)->identity.status, EOPNOTSUPP);
	release(&g);
	temporary_free(d);
}

/* A second change could still leave the same ctime. */
static void test_young(void **state)
{
	char *d = temporary_new("files");
	struct gathered g = { 0 };
	struct fake fake = { .aged = false };
	struct gather_options options = { .identifier = { fake_identify, &fake, false } };
	const struct timespec tick = { .tv_nsec = 1000000 };
	bool young = false;

	(void)state;
	add_policy(&g, d, us(), "  main: { path: \"${root}/main\", entry: true }\n");
	for (int i = 0; i < 20 && !young; i++) {
		make_file(d, "main", "x", 0755);
		gather(&g, NULL, &options, &g.facts);
		young = only(&g, 0, 0)->trust == FILE_TOO_YOUNG;
		facts_release(&g.facts);
	}
	assert_true(young);
	for (int i = 0; i < 2000 && young; i++) {
		nanosleep(&tick, NULL);
		gather(&g, NULL, &options, &g.facts);
		young = only(&g, 0, 0)->trust == FILE_TOO_YOUNG;
		facts_release(&g.facts);
	}
	assert_false(young);
	release(&g);
	temporary_free(d);
}

static void test_numbers_stay(void **state)
{
	char *d = temporary_new("files");
	struct gathered g = { 0 };
	struct gather_options options = { 0 };
	struct facts again;
	uint32_t gone, main;

	(void)state;
	make_file(d, "main", "x", 0755);
	add_policy(&g, d, us(),
		   "  gone: \"${root}/gone\"\n"
		   "  main: { path: \"${root}/main\", entry: true }\n");
	run(&g);
	gone = only(&g, 0, 0)->file;
	main = only(&g, 0, 1)->file;
	make_file(d, "gone", "x", 0755);
	make_file(d, "new", "y", 0755);
	assert_int_equal(rename(in(d, "new"), in(d, "main")), 0);
	gather(&g, &g.facts, &options, &again);
	assert_int_equal(host_facts_compare(&g.facts, &again), HOST_FACTS_FILES);
	facts_release(&g.facts);
	g.facts = again;
	assert_trust(only(&g, 0, 0), FILE_TRUSTED);
	assert_int_equal(only(&g, 0, 0)->file, gone);
	assert_int_equal(only(&g, 0, 1)->file, main);
	gather(&g, &g.facts, &options, &again);
	assert_int_equal(host_facts_compare(&g.facts, &again), HOST_FACTS_SAME);
	facts_release(&again);
	release(&g);
	temporary_free(d);
}

/* What has not changed is not hashed again: its atime tells, or here its content behind our back. */
static void test_hash_once(void **state)
{
	char *d = temporary_new("files");
	struct gathered g = { 0 };
	struct fake fake = { .aged = true };
	struct gather_options options = { .identifier = { fake_identify, &fake, false } };
	struct facts again;
	unsigned int first;

	(void)state;
	make_file(d, "main", "x", 0755);
	add_policy(&g, d, us(),
		   "  main: { path: \"${root}/main\", entry: true, sha256: " SHA_X " }\n");
	gather(&g, NULL, &options, &g.facts);
	assert_trust(only(&g, 0, 0), FILE_TRUSTED);
	first = fake.asked;
	fake.asked = 0;
	gather(&g, &g.facts, &options, &again);
	assert_true(again.files[0].hashed);
	assert_int_equal(again.files[0].trust, FILE_TRUSTED);
	assert_true(fake.asked < first); /* hashing asks a second time */
	facts_release(&again);
	make_file(d, "main", "y", 0755);
	gather(&g, &g.facts, &options, &again);
	assert_int_equal(again.files[0].trust, FILE_BAD_HASH);
	facts_release(&again);
	release(&g);
	temporary_free(d);
}

/* Whoever cannot wait is told that it is to be hashed, and brings the hash the next time. */
static void test_hash_later(void **state)
{
	char *d = temporary_new("files");
	struct gathered g = { 0 };
	struct fake fake = { .aged = true };
	struct gather_options options = {
		.identifier = { .identify = fake_identify, .context = &fake, .hash_later = true }
	};
	struct facts again;

	(void)state;
	make_file(d, "main", "x", 0755);
	add_policy(&g, d, us(),
		   "  main: { path: \"${root}/main\", entry: true, sha256: " SHA_X " }\n"
		   "  free: \"${root}/bin/free\"\n");
	make_directory(d, "bin", 0755);
	make_file(d, "bin/free", "x", 0755);
	gather(&g, NULL, &options, &g.facts);
	assert_trust(only(&g, 0, 0), FILE_UNHASHED);
	assert_trust(only(&g, 0, 1), FILE_TRUSTED); /* and does not wait for the other */
	assert_int_equal(g.facts.files[0].seen.size, 1);
	g.facts.files[0].hashed = true;
	g.facts.files[0].sha256[0] = 1;
	gather(&g, &g.facts, &options, &again);
	assert_int_equal(host_facts_compare(&g.facts, &again), HOST_FACTS_FILES);
	assert_int_equal(again.files[0].trust, FILE_BAD_HASH);
	facts_release(&again);
	g.facts.files[0].hashed = false;
	g.facts.files[0].hash_error = EIO;
	gather(&g, &g.facts, &options, &again);
	assert_int_equal(again.files[0].trust, FILE_UNREADABLE);
	assert_int_equal(again.files[0].hash_error, EIO); /* nor at the look after that */
	facts_release(&again);
	/* A reload waits, and reads the file again. */
	options.identifier.hash_later = false;
	gather(&g, &g.facts, &options, &again);
	assert_int_equal(again.files[0].trust, FILE_TRUSTED);
	facts_release(&again);
	release(&g);
	temporary_free(d);
}

/* FILES_OF_PATTERN_MAX and one more. */
static void make_many(const char *directory)
{
	char name[32];

	for (int i = 0; i <= FILES_OF_PATTERN_MAX; i++) {
		snprintf(name, sizeof(name), "many/%04d", i);
		make_file(directory, name, "", 0755);
	}
}

/* The bound is the pattern's own: what else is named is looked at all the same. */
static void test_too_wide(void **state)
{
	char *d = temporary_new("files");
	struct gathered g = { 0 };
	const struct pattern_fact *pattern;

	(void)state;
	make_file(d, "main", "x", 0755);
	make_directory(d, "many", 0755);
	make_many(d);
	add_policy(&g, d, us(),
		   "  many: \"${root}/many/*\"\n"
		   "  narrow: \"${root}/many/*7\"\n"
		   "  main: { path: \"${root}/main\", entry: true }\n");
	run(&g);
	pattern = facts_pattern(&g.facts, 0, 0);
	assert_int_equal(pattern->excess, PATTERN_TOO_WIDE);
	assert_false(pattern->kept);
	assert_int_equal(pattern->file_count, 0);
	pattern = facts_pattern(&g.facts, 0, 1);
	assert_int_equal(pattern->excess, PATTERN_WHOLE);
	assert_int_equal(pattern->file_count, 409);
	assert_trust(only(&g, 0, 2), FILE_TRUSTED);
	release(&g);
	temporary_free(d);
}

/* A directory that grows while its policy is in force takes nothing from what it had. */
static void test_grows_too_wide(void **state)
{
	char *d = temporary_new("files");
	struct gathered g = { 0 };
	struct gather_options options = { .identifier = { .in_force = true } };
	const struct pattern_fact *pattern;
	struct facts again;

	(void)state;
	make_directory(d, "many", 0755);
	make_file(d, "many/0001", "x", 0755);
	make_file(d, "many/zzzz", "x", 0755);
	add_policy(&g, d, us(), "  many: { path: \"${root}/many/*\", entry: true }\n");
	run(&g);
	make_many(d);
	assert_int_equal(unlink(in(d, "many/0001")), 0);
	gather(&g, &g.facts, &options, &again);
	pattern = facts_pattern(&again, 0, 0);
	assert_int_equal(pattern->excess, PATTERN_TOO_WIDE);
	assert_true(pattern->kept);
	assert_int_equal(pattern->file_count, 1);
	assert_string_equal(again.files[pattern->files[0]].path, in(d, "many/zzzz"));
	facts_release(&again);
	release(&g);
	temporary_free(d);
}

/* No number is left, while a file of the pattern still has the one it had. */
static void test_unnumbered(void **state)
{
	char *d = temporary_new("files");
	struct gathered g = { 0 };
	const struct pattern_fact *pattern;
	char path[32];
	uint32_t number;

	(void)state;
	make_directory(d, "bin", 0755);
	make_file(d, "bin/a", "x", 0755);
	make_file(d, "bin/b", "x", 0755);
	add_policy(&g, d, us(), "  bin: { path: \"${root}/bin/*\", entry: true }\n");
	g.registry = file_registry_new();
	assert_int_equal(file_registry_number(g.registry, in(d, "bin/b"), &number), 0);
	for (uint32_t i = 2; i < CW_FILES_MAX; i++) {
		snprintf(path, sizeof(path), "/file/%u", i);
		assert_int_equal(file_registry_number(g.registry, path, &number), 0);
	}
	run(&g);
	pattern = facts_pattern(&g.facts, 0, 0);
	assert_int_equal(pattern->excess, PATTERN_UNNUMBERED);
	assert_string_equal(only(&g, 0, 0)->path, in(d, "bin/b"));
	release(&g);
	temporary_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_glob),
		cmocka_unit_test(test_one_file_two_names),
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_group_writable),
		cmocka_unit_test(test_two_policies),
		cmocka_unit_test(test_identifier),
		cmocka_unit_test(test_young),
		cmocka_unit_test(test_numbers_stay),
		cmocka_unit_test(test_hash_once),
		cmocka_unit_test(test_hash_later),
		cmocka_unit_test(test_too_wide),
		cmocka_unit_test(test_grows_too_wide),
		cmocka_unit_test(test_unnumbered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
