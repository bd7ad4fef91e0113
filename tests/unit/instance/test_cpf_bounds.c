/* SPDX-License-Identifier: GPL-2.0-only */
/* What is too much of a cpf, and files that are none. */
#include <fcntl.h>
#include <sys/stat.h>

#include "host/temporary.h"
#include "instance/cpf.h"
#include "instance/instances.h"

static void test_long_line(void **state)
{
	const size_t length = 4u << 20;
	char *text = malloc(length + 32);
	struct diagnostics diagnostics = { 0 };
	struct cpf *cpf = NULL;
	size_t at;

	(void)state;
	assert_non_null(text);
	at = (size_t)sprintf(text, "[Map.X]\nk=");
	memset(text + at, 'x', length);
	at += length;
	text[at++] = '\n';
	assert_int_equal(cpf_read("cache.cpf", text, at, &diagnostics, &cpf), 0);
	assert_int_equal(strlen(cpf->settings[0].value), length);
	check_nothing_said(&diagnostics);
	cpf_free(cpf);
	free(text);
}

/* More than may be: refused with a message, whatever the lines are. */
static void check_too_much(const char *line, size_t count, const char *message)
{
	struct diagnostics diagnostics = { 0 };
	size_t length = strlen(line);
	char *text = malloc(16 + count * length);
	struct cpf *cpf = NULL;

	assert_non_null(text);
	memcpy(text, "[S]\n", 4);
	for (size_t i = 0; i < count; i++)
		memcpy(text + 4 + i * length, line, length);
	assert_int_equal(cpf_read("cache.cpf", text, 4 + count * length, &diagnostics, &cpf),
			 -EINVAL);
	assert_null(cpf);
	assert_non_null(strstr(diagnostics.items[diagnostics.count - 1].message, message));
	diagnostics_release(&diagnostics);
	free(text);
}

static void test_too_much(void **state)
{
	(void)state;
	check_too_much("k=v\n", CPF_SETTINGS_MAX + 1, "settings");
	check_too_much("[S]\n", CPF_SECTIONS_MAX, "sections");
	check_too_much("0123456789012345678901234567890\n", CPF_SIZE_MAX / 32, "larger than");
}

/* A file of 100 MiB is refused by its size, and by what is read where the size says nothing. */
static void test_large_file(void **state)
{
	char *directory = temporary_new("cpf-large");
	const char *path = in(directory, "cache.cpf");
	struct diagnostics diagnostics = { 0 };
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	struct cpf *cpf = NULL;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 100 << 20), 0);
	assert_int_equal(cpf_read_file(path, &diagnostics, &cpf), -EFBIG);
	assert_null(cpf);
	check_said(&diagnostics, &(struct said){ SEVERITY_ERROR, 0, 0, "larger than" }, 1);
	temporary_free(directory);
}

static void test_files(void **state)
{
	char *directory = temporary_new("cpf-files");
	struct diagnostics diagnostics = { 0 };
	struct cpf *cpf = NULL;

	(void)state;
	make_file(directory, "cache.cpf", CACHE_2017, 0644);
	assert_int_equal(cpf_read_file(in(directory, "cache.cpf"), &diagnostics, &cpf), 0);
	assert_int_equal(cpf->kind, CPF_CONFIGURATION);
	check_nothing_said(&diagnostics);
	cpf_free(cpf);
	assert_int_equal(cpf_read_file(in(directory, "none"), &diagnostics, &cpf), -ENOENT);
	check_said(&diagnostics, &(struct said){ SEVERITY_ERROR, 0, 0, "cannot be opened" }, 1);
	assert_int_equal(cpf_read_file(directory, &diagnostics, &cpf), -EINVAL);
	check_said(&diagnostics, &(struct said){ SEVERITY_ERROR, 0, 0, "a directory" }, 1);
	/* Nobody writes to it: opening must not wait. */
	assert_int_equal(mkfifo(in(directory, "pipe.cpf"), 0600), 0);
	assert_int_equal(cpf_read_file(in(directory, "pipe.cpf"), &diagnostics, &cpf), -EINVAL);
	check_said(&diagnostics, &(struct said){ SEVERITY_ERROR, 0, 0, "no regular file" }, 1);
	temporary_free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_large_file),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
