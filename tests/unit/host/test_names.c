/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of hosts and users, and the numbers of files. */
#include "temporary.h"

#include <netinet/in.h>

#include "host/names.h"
#include "host/registry.h"

static struct policy *read_policy(const char *rest)
{
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL;
	char text[4096];

	snprintf(text, sizeof(text),
		 "version: 1\ninstance: A\nmode: audit\n"
		 "executables: { a: { path: /a, entry: true } }\n%s",
		 rest);
	if (policy_read("p.yaml", text, strlen(text), &diagnostics, &policy))
		diagnostics_print(&diagnostics, stderr, false);
	assert_non_null(policy);
	diagnostics_release(&diagnostics);
	return policy;
}

static void test_accounts(void **state)
{
	struct policy *policy = read_policy(
		"owner: root\ntrust_groups: [root, no-such-group]\n"
		"exec: [{ allow: a, user: [no-such-user, 4711, root] }]\n"
		"guard: { bind: { ports: [tcp/1], users: [4711, 4712] } }\n");
	struct facts facts = { 0 };

	(void)state;
	assert_int_equal(accounts_gather(&policy, 1, NULL, &facts), 0);
	assert_int_equal(facts.user_count, 4);
	assert_true(facts_user(&facts, "root")->known);
	assert_int_equal(facts_user(&facts, "root")->id, 0);
	assert_int_equal(facts_user(&facts, "4711")->id, 4711);
	assert_true(facts_user(&facts, "4712")->known);
	assert_false(facts_user(&facts, "no-such-user")->known);
	assert_null(facts_user(&facts, "nobody"));
	assert_int_equal(facts.group_count, 2);
	assert_true(facts_group(&facts, "root")->known);
	assert_false(facts_group(&facts, "no-such-group")->known);
	facts_release(&facts);
	policy_free(policy);
}

/* `.invalid` never resolves (RFC 6761). */
static void test_names(void **state)
{
	struct policy *policy = read_policy(
		"connect:\n  - { allow: tcp/1, to: [host.invalid, 10.0.0.0/8] }\n"
		"  - { allow: tcp/2, to: host.invalid }\n");
	struct policy *other =
		read_policy("connect:\n  - { allow: tcp/1, to: localhost.localdomain }\n");
	struct facts before = { 0 }, after = { 0 };
	struct name_fact *kept;

	(void)state;
	assert_int_equal(names_gather(&policy, 1, NULL, false, &before), 0);
	assert_true(before.name_count >= 1);
	kept = (struct name_fact *)facts_name(&before, "host.invalid");
	assert_non_null(kept);
	assert_non_null(kept->error);
	assert_int_equal(kept->address_count, 0);

	/* As if it had resolved the last time: the answer stays, and the failure is told. */
	kept->addresses = calloc(1, sizeof(*kept->addresses));
	kept->addresses[0] = (struct resolved_address){ AF_INET, { 192, 0, 2, 1 } };
	kept->address_count = 1;
	free(kept->error);
	kept->error = NULL;
	assert_int_equal(names_gather(&policy, 1, &before, false, &after), 0);
	assert_non_null(facts_name(&after, "host.invalid")->error);
	assert_int_equal(facts_name(&after, "host.invalid")->address_count, 1);
	facts_release(&after);

	/* Told to keep what is known, it does not ask. */
	assert_int_equal(names_gather(&policy, 1, &before, true, &after), 0);
	assert_null(facts_name(&after, "host.invalid")->error);
	assert_int_equal(facts_name(&after, "host.invalid")->address_count, 1);
	facts_release(&after);

	/* Nor for what is not known. */
	assert_int_equal(names_gather(&other, 1, &before, true, &after), 0);
	assert_string_equal(facts_name(&after, "localhost.localdomain")->error, NAME_UNANSWERED);
	assert_int_equal(facts_name(&after, "localhost.localdomain")->address_count, 0);
	facts_release(&after);
	facts_release(&before);
	policy_free(other);
	policy_free(policy);
}

static void test_network(void **state)
{
	struct facts facts = { 0 };
	unsigned int low = 32768, high = 60999;
	FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");

	(void)state;
	if (file) {
		assert_int_equal(fscanf(file, "%u %u", &low, &high), 2);
		fclose(file);
	}
	assert_int_equal(network_gather(&facts), 0);
	assert_int_equal(facts.ephemeral_low, low);
	assert_int_equal(facts.ephemeral_high, high);
	for (size_t i = 0; i < facts.local_count; i++)
		assert_true(facts.local[i].family == AF_INET || facts.local[i].family == AF_INET6);
	facts_release(&facts);
}

static void test_registry(void **state)
{
	struct file_registry *registry = file_registry_new();
	uint32_t number, again;
	char path[32];

	(void)state;
	assert_non_null(registry);
	assert_null(file_registry_path(registry, CW_FILE_UNKNOWN));
	for (uint32_t i = 1; i < CW_FILES_MAX; i++) {
		snprintf(path, sizeof(path), "/file/%u", i);
		assert_int_equal(file_registry_number(registry, path, &number), 0);
		assert_int_equal(number, i);
	}
	assert_int_equal(file_registry_number(registry, "/one/more", &number), -ENOSPC);
	assert_int_equal(file_registry_number(registry, "/file/77", &again), 0);
	assert_int_equal(again, 77);
	assert_string_equal(file_registry_path(registry, 77), "/file/77");
	assert_null(file_registry_path(registry, CW_FILES_MAX));
	/* What is taken back makes room, and what stays is found again. */
	file_registry_forget(registry, 1000);
	assert_int_equal(file_registry_count(registry), 1000);
	assert_null(file_registry_path(registry, 1000));
	assert_int_equal(file_registry_number(registry, "/one/more", &number), 0);
	assert_int_equal(number, 1000);
	for (uint32_t i = 1; i < 1000; i++) {
		snprintf(path, sizeof(path), "/file/%u", i);
		assert_int_equal(file_registry_number(registry, path, &number), 0);
		assert_int_equal(number, i);
	}
	file_registry_free(registry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accounts),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_registry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
