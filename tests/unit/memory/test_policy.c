/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policies, what they mean on this host, and configurations, while memory runs out, at each allocation in turn until it has
 * all it wants: it says -ENOMEM (or what its header says of such a case), leaves nothing half made, and
 * the next call is as good as the first. Leaks are the sanitizer's to find (make check runs this with it).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "failing.h"

#include "host/temporary.h"

#include "event/show.h"
#include "host/gather.h"
#include "host/policyfile.h"
#include "instance/config.h"
#include "policy/image.h"
#include "policy/merge.h"
#include "util/buffer.h"

/* ------------------------------------------------------------------ policies */

static char *directory; /* of the files that the policy names */

#define POLICY \
	"version: 1\ninstance: CACHE\nroot: %s\nmode: enforce\nowner: %u\ntrust_groups: [root]\n" \
	"executables:\n" \
	"  cache: { path: \"${root}/cache\", entry: true }\n" \
	"  tools: \"${root}/bin/*\"\n" \
	"  gone: \"${root}/gone\"\n" \
	"  pinned: { path: \"${root}/pinned\", sha256: " \
	"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 }\n" \
	"exec: [{ id: x, allow: [tools, gone], by: cache, user: [root], why: w }]\n" \
	"bind: [{ allow: \"tcp/1,2\", at: 127.0.0.1 }, { allow: tcp/ephemeral }]\n" \
	"connect: [{ allow: tcp/1, to: [localhost, 10.0.0.0/8, \"2001:db8::/32\"] }]\n" \
	"library: { except: tools }\nsockets: [unix, inet/stream]\n" \
	"guard: { bind: tcp/1, connect: { ports: tcp/1, users: root }, exec: cache }\n" \
	"on_stop: release\nallow_partial: [library]\n"

static char text[2048];

static int read_policy(void *context)
{
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL;
	int r = policy_read("p.yaml", text, strlen(text), &diagnostics, &policy);

	assert_true((r == 0) == (policy != NULL));
	/* A text that could not be kept only misses in what is printed. */
	if (!r && memory_failed)
		r = -ENOMEM;
	if (context && !r)
		*(struct policy **)context = policy;
	else
		policy_free(policy);
	diagnostics_release(&diagnostics);
	return r;
}

static void test_read(void **state)
{
	(void)state;
	assert_true(sweep(read_policy, NULL) > 40);
}

static struct policy *policies[1];

static void policies_read(void)
{
	assert_int_equal(read_policy(&policies[0]), 0);
}

static int gather_facts(void *context)
{
	struct file_registry *registry = file_registry_new();
	struct gather_options options = { .identifier = { .hash_all = true } };
	struct facts facts = { 0 };
	int r = registry ? host_facts_gather(policies, 1, registry, &options, NULL, &facts)
			 : -ENOMEM;

	if (context && !r)
		*(struct facts *)context = facts;
	else
		facts_release(&facts);
	file_registry_free(registry);
	return r;
}

static void test_gather(void **state)
{
	struct facts facts = { 0 };

	(void)state;
	policies_read();
	assert_true(sweep(gather_facts, NULL) > 40);
	assert_int_equal(gather_facts(&facts), 0);
	assert_int_equal(facts.file_count, 5);
	facts_release(&facts);
	policy_free(policies[0]);
}

struct compiled {
	struct facts facts;
	struct image image;
};

#define IMAGE_SIZE ((size_t)CW_PAGES * CW_PAGE_SIZE)

static int compile(void *context)
{
	struct compiled *compiled = context;
	struct policy_set set = { .policies = policies, .count = 1 };
	struct diagnostics diagnostics = { 0 };
	struct catalogue *catalogue = NULL;
	int r;

	madvise(compiled->image.memory, IMAGE_SIZE, MADV_DONTNEED); /* zero again */
	r = image_compile(&set, &compiled->facts, 1, &compiled->image, &diagnostics, &catalogue);
	assert_true((r == 0) == (catalogue != NULL));
	/* A warning that could not be kept is counted as dropped. */
	if (!r && memory_failed)
		r = diagnostics.dropped || diagnostics.out_of_memory ? -ENOMEM : r;
	catalogue_free(catalogue);
	diagnostics_release(&diagnostics);
	return r;
}

static void test_compile(void **state)
{
	struct compiled compiled = { 0 };

	(void)state;
	policies_read();
	assert_int_equal(gather_facts(&compiled.facts), 0);
	compiled.image.memory = mmap(NULL, IMAGE_SIZE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(compiled.image.memory != MAP_FAILED);
	assert_true(sweep_any(compile, &compiled) > 20);
	munmap(compiled.image.memory, IMAGE_SIZE);
	facts_release(&compiled.facts);
	policy_free(policies[0]);
}

static int read_directory(void *context)
{
	struct diagnostics diagnostics = { 0 };
	struct policy_list list = { 0 };
	int r = policy_list_read(&list, context, &diagnostics);

	if (!r && memory_failed)
		r = -ENOMEM;
	policy_list_release(&list);
	diagnostics_release(&diagnostics);
	return r;
}

/* One of which has mistakes, and one another name. */
static int read_bad_directory(void *context)
{
	struct diagnostics diagnostics = { 0 };
	struct policy_list list = { 0 };
	int r = policy_list_read(&list, context, &diagnostics);

	if (memory_failed) {
		r = -ENOMEM;
	} else {
		assert_int_equal(r, -EINVAL);
		assert_int_equal(list.half_count, 1);
		assert_int_equal(diagnostics.warnings, 1);
		r = 0;
	}
	policy_list_release(&list);
	diagnostics_release(&diagnostics);
	return r;
}

static void test_directory(void **state)
{
	char *policies_directory = temporary_new("memory-policies");

	(void)state;
	make_file(policies_directory, "a.yaml", text, 0644);
	make_file(policies_directory, "b.yaml", text, 0644);
	assert_true(sweep(read_directory, policies_directory) > 80);
	make_file(policies_directory, "c.yaml", "version: *x\nexce: [{ alow: tcp/0 }, 7]\n", 0644);
	make_file(policies_directory, "d.yml", text, 0644);
	assert_true(sweep(read_bad_directory, policies_directory) > 80);
	temporary_free(policies_directory);
}

#define CPF \
	"[ConfigFile]\nVersion=2018.10\n[Databases]\nCACHESYS=/usr/cachesys/mgr/\n" \
	"USER=/usr/cachesys/mgr/user/,,1\n[Namespaces]\nUSER=USER\n[Startup]\nDefaultPort=1972\n" \
	"DefaultPort=1973\nWebServerPort=57772\nnonsense\n"

static int read_configuration(void *context)
{
	struct diagnostics diagnostics = { 0 };
	_cleanup_config_ struct config *config = NULL;
	int r = config_read("cache.cpf", CPF, strlen(CPF), &diagnostics, &config);

	(void)context;
	assert_true(r != 0 || config);
	if (!r && memory_failed)
		r = diagnostics.dropped || diagnostics.out_of_memory ? -ENOMEM : r;
	diagnostics_release(&diagnostics);
	return r;
}

static void test_configuration(void **state)
{
	(void)state;
	assert_true(sweep_any(read_configuration, NULL) > 10);
}

static int show(void *context)
{
	struct policy_set set = { .policies = policies, .count = 1 };
	struct show_report report = { .set = &set, .facts = context };
	int r = 0;

	for (int json = 0; json < 2; json++) {
		_cleanup_buffer_ struct buffer buffer = { 0 };

		(json ? show_json : show_text)(&report, &buffer);
		r = buffer_failed(&buffer) ? -ENOMEM : r;
	}
	return r;
}

static void test_show(void **state)
{
	struct facts facts = { 0 };

	(void)state;
	policies_read();
	assert_int_equal(gather_facts(&facts), 0);
	assert_true(sweep(show, &facts) > 4);
	facts_release(&facts);
	policy_free(policies[0]);
}

/* Generated once, edited, and generated again. */
static int merge(void *context)
{
	_cleanup_buffer_ struct buffer existing = { 0 }, made = { 0 }, ret = { 0 }, told = { 0 };
	int r;

	(void)context;
	buffer_add_string(&existing, text);
	merge_mark(&existing);
	buffer_add_string(&made, text);
	merge_mark(&made);
	if (buffer_failed(&existing) || buffer_failed(&made))
		return -ENOMEM;
	/* A setting is changed, another one is taken out. */
	memcpy(strstr(existing.data, "release"), "keep   ", 7);
	memcpy(strstr(existing.data, "allow_partial"), "allow_partiel", 13);
	r = merge_policy(existing.data, existing.length, &made, &ret, &told);
	assert_true(r == -ENOMEM || (r == 0 && strstr(ret.data, "on_stop: keep") &&
				     strstr(told.data, "allow_partial: taken out by you")));
	return r;
}

static void test_merge(void **state)
{
	(void)state;
	assert_true(sweep(merge, NULL) > 10);
}

static int setup(void **state)
{
	(void)state;
	directory = temporary_new("memory");
	snprintf(text, sizeof(text), POLICY, directory, geteuid());
	make_file(directory, "cache", "x", 0755);
	make_file(directory, "pinned", "x", 0755);
	make_directory(directory, "bin", 0755);
	make_file(directory, "bin/a", "x", 0755);
	make_file(directory, "bin/b", "x", 0755);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	temporary_free(directory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),	cmocka_unit_test(test_gather),
		cmocka_unit_test(test_compile), cmocka_unit_test(test_directory),
		cmocka_unit_test(test_show),	cmocka_unit_test(test_configuration),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
