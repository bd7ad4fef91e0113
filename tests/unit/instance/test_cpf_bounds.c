/* SPDX-License-Identifier: GPL-2.0-only */
/* What is too much of a cpf, and files that are none. */
#include <fcntl.h>
#include <sys/stat.h>

#include "host/temporary.h"
#include "instance/config.h"
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

#define FIELDS 32 /* that a value is cut into */

/* What is behind the last stays in it, where it is no port: told, and not put where there is no room. */
static void test_fields(void **state)
{
	struct diagnostics diagnostics = { 0 };
	struct config *config = NULL;
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	(void)state;
	assert_non_null(stream);
	fprintf(stream, CACHE_2017 "[LicenseServers]\nL=");
	for (unsigned int i = 0; i < 2 * FIELDS; i++)
		fprintf(stream, "%s10.0.0.%u,4001", i ? ";" : "", i);
	fclose(stream);
	assert_int_equal(config_read("cache.cpf", text, length, &diagnostics, &config), 0);
	assert_int_equal(config->license_servers.count, FIELDS);
	assert_string_equal(config->license_servers.items[FIELDS - 2].address, "10.0.0.30");
	assert_int_equal(config->license_servers.items[FIELDS - 2].port, 4001);
	assert_int_equal(diagnostics.errors, 1);
	assert_non_null(strstr(diagnostics.items[0].message, "is no port"));
	assert_int_equal(diagnostics.items[0].where.line, 5);
	config_free(config);
	diagnostics_release(&diagnostics);
	free(text);
}

#define SECTIONS_TOLD 20

/* A file of nothing else has many sections that nobody knows: those behind the first are not told as well. */
static void test_unknown_sections(void **state)
{
	struct diagnostics diagnostics = { 0 };
	struct config *config = NULL;
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	(void)state;
	assert_non_null(stream);
	fprintf(stream, CACHE_2017);
	for (unsigned int i = 0; i < 2 * SECTIONS_TOLD; i++)
		fprintf(stream, "[Strange%u]\n", i);
	fclose(stream);
	assert_int_equal(config_read("cache.cpf", text, length, &diagnostics, &config), 0);
	assert_int_equal(diagnostics.count, SECTIONS_TOLD);
	for (size_t i = 0; i < diagnostics.count; i++)
		assert_non_null(strstr(diagnostics.items[i].message, "no section that is known"));
	config_free(config);
	diagnostics_release(&diagnostics);
	free(text);
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
		cmocka_unit_test(test_long_line),  cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_fields),	   cmocka_unit_test(test_unknown_sections),
		cmocka_unit_test(test_large_file), cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
