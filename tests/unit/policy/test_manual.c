/* SPDX-License-Identifier: GPL-2.0-only */
/* cachewarden-policy(5) lists every key of the grammar in the words of the grammar's tables. */
#include "reading.h"

#include "policy/schema.h"
#include "policy/words.h"
#include "util/buffer.h"

#define PAGE "user/man/cachewarden-policy.5"

static char *page_text(void)
{
	_cleanup_fclose_ FILE *file = fopen(PAGE, "re");
	_cleanup_buffer_ struct buffer buffer = { 0 };
	char part[4096];
	size_t length;

	assert_non_null(file);
	while ((length = fread(part, 1, sizeof(part), file)))
		buffer_add(&buffer, part, length);
	return buffer_take(&buffer);
}

static void test_tables(void **state)
{
	_cleanup_free_ char *page = page_text();

	(void)state;
	for (size_t s = 0; policy_schemas[s]; s++) {
		const struct schema *schema = policy_schemas[s];
		_cleanup_buffer_ struct buffer table = { 0 };

		buffer_printf(&table, ".\\\" %s\n.Bl -tag -width Ds\n", schema->name);
		for (size_t k = 0; k < schema->count; k++)
			buffer_printf(&table, ".It Cm %s%s\n%s\n(%s).\n", schema->keys[k].name,
				      schema->keys[k].required ? " Pq required" : "",
				      schema->keys[k].help, schema->keys[k].expected);
		buffer_add_string(&table, ".El\n");
		if (!strstr(page, table.data))
			fail_msg(PAGE " should have:\n%s", table.data);
	}
}

static void assert_listed(const char *page, const struct vocabulary *words)
{
	const char *list = strstr(page, "\nThe families are\n");

	assert_non_null(list);
	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->words[i];
		_cleanup_buffer_ struct buffer item = { 0 };

		if (!word)
			continue;
		buffer_printf(&item, "\n.Li %s ", word);
		if (!strstr(list, item.data))
			fail_msg(PAGE " does not list `%s`", word);
	}
}

static void test_words(void **state)
{
	_cleanup_free_ char *page = page_text();

	(void)state;
	assert_listed(page, &words_family);
	assert_listed(page, &words_socket_type);
}

/* The example is a policy. */
static void test_example(void **state)
{
	_cleanup_free_ char *page = page_text();
	char *begin = strstr(page, "version: 1\n");
	char *end = begin ? strstr(begin, ".Ed\n") : NULL;

	(void)state;
	assert_non_null(end);
	policy_free(read_good_bytes(begin, (size_t)(end - begin)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
